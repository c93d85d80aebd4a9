"""The issuer's tables of epochs and of operators' certificates.

epochs                 the state of each epoch, why and since when; what its signed terms say of times
operator_certificates  log of the wallet certificates that operators have reported as they signed them
revoked_operators      operators' keys that are revoked
operators              certificates of all operators that were ever in a key set; when the root left one out
kept_packs             packs of objects that an archived epoch has left behind (`issuer.archive.deleting`)
past_culprits          keys of cases that are archived: they stay revoked
returns_seen           the number up to which an operator has said it has booked what went back
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Table

EPOCHS: Final = Table(
    name="epochs",
    columns={
        "number": NUMBER,
        "state": TEXT,
        "certificate": BYTES,
        "coin_life_s": NUMBER,
        "grace_s": NUMBER,
        "minted_until_s": NUMBER,
        "changed_s": NUMBER,
        "why": TEXT,
    },
    key=("number",),
)
CERTIFICATES: Final = Table(
    name="operator_certificates",
    columns={"certificate_id": BYTES, "logged_s": NUMBER},
    key=("certificate_id",),
)
REVOKED_OPERATORS: Final = Table(
    name="revoked_operators",
    columns={"key": BYTES, "operator": TEXT, "revoked_s": NUMBER},
    key=("key",),
)
OPERATORS: Final = Table(
    name="operators",
    columns={"key": BYTES, "operator": TEXT, "certificate": BYTES, "dismissed_s": NUMBER},
    key=("key",),
    optional=("dismissed_s",),
)
RETURNS_SEEN: Final = Table(
    name="returns_seen", columns={"operator": TEXT, "number": NUMBER}, key=("operator",)
)
PAST_CULPRITS: Final = Table(
    name="past_culprits", columns={"culprit": BYTES, "archived_s": NUMBER}, key=("culprit",)
)
KEPT_PACKS: Final = Table(name="kept_packs", columns={"first_no": NUMBER}, key=("first_no",))
EPOCH_TABLES: Final = (
    EPOCHS,
    CERTIFICATES,
    REVOKED_OPERATORS,
    RETURNS_SEEN,
    PAST_CULPRITS,
    KEPT_PACKS,
)
