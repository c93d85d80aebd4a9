"""Reporting certificates: the operator tells the issuer of each wallet certificate as it has signed it (F30).

If the operator's key leaks later, the issuer honours those that it was told of, and no other. How far it has
been told stands in the operator's database, and is noted after it has heard; so what a broken connection may
have swallowed is told again, which changes nothing.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from shuangli.errors import ProtocolError, Refused
from shuangli.issuer.epochs.operator_keys import MOST_CERTIFICATES
from shuangli.operator.flow import IssuerLink
from shuangli.operator.store import OperatorStore


def report_certificates(
    store: OperatorStore,
    issuer: IssuerLink,
    *,
    operator: str,
    transaction: Callable[[], AbstractContextManager[int]],
) -> int:
    """Tell the issuer of the certificates that it does not know of; says how many there were.

    `transaction` is one of the operator's database, and gives the time; none is open while the issuer is
    asked, unless `transaction` keeps it so.

    Raises:
        StoreError: the issuer cannot be reached (`unavailable`); the rest is told the next time.
        Refused: it takes none of this operator's now.
    """
    told = 0
    while True:
        with transaction() as now_s:
            found = store.unreported(MOST_CERTIFICATES)
        if not found:
            return told
        _tell(issuer, [certificate for _, certificate in found], operator=operator, now_s=now_s)
        with transaction():
            store.reported_up_to(found[-1][0])
        told += len(found)


def _tell(issuer: IssuerLink, certificates: Sequence[bytes], *, operator: str, now_s: int) -> None:
    """Tell of some; what is refused for good is left out, and keeps nothing from being told.

    That is what a key has signed that is revoked by now, or was not valid by the time in it (a wrong clock).
    """
    try:
        issuer.log_certificates(certificates, operator=operator, now_s=now_s)
    except (ProtocolError, Refused) as refused:
        if isinstance(refused, Refused) and refused.code != "revoked":
            raise
        for certificate in certificates if len(certificates) > 1 else ():
            _tell(issuer, [certificate], operator=operator, now_s=now_s)
