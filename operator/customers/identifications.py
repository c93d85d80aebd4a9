"""Whom the operator has identified: a code for one wallet, which it has handed to that person (ADR 0087).

    code = the first 20 letters of base32(secret(number, tier, person)), shown in groups of four

The digest of a person's record names them in enrolments, and is no secret: whoever knows it must not be able
to open a wallet for them, and so get what they are owed for wallets that they have closed. So a wallet is
opened with a code, which holds for one person, up to one tier, for a day, once. Only somebody who is new here
may have an anonymous wallet (tier IV) without one.

The operator keeps no code: it makes it anew from its own key. The first letters find it; of the others, few
tries are wrong before it is void. Every method is called inside `store.transaction()`, which is kept also
where the answer is no: wrong tries count.
"""

import base64
import hmac
import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from shuangli.crypto import sha256
from shuangli.database.database import only
from shuangli.days import DAY_S
from shuangli.errors import BadInput, Refused
from shuangli.messages.enrolment import Enrolment
from shuangli.offline.limits import COMPANY
from shuangli.operator.accounts import NOBODY, Accounts
from shuangli.operator.customers.tables import IDENTIFICATIONS
from shuangli.operator.pseudonyms import is_same

ANONYMOUS: Final = 4
"""The tier for which nobody shows who they are."""
LIFE_S: Final = DAY_S
MOST_WRONG: Final = 5
CODE_LETTERS: Final = 20
SELECTOR_LETTERS: Final = 8
_GROUP: Final = 4
_CODE: Final = re.compile(f"[A-Z2-7]{{{CODE_LETTERS}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A person whom the operator has identified for wallets of a tier, and the code that they were given."""

    person: bytes
    tier: int
    code: str = field(repr=False)
    expires_at_s: int


class _Row(NamedTuple):
    number: int
    person: bytes
    tier: int
    wrong: int
    expires_at_s: int


class Identifications:
    """The codes that one operator has given to persons."""

    def __init__(self, bank: Accounts) -> None:
        """Keep them for future customers of `bank`."""
        self._bank = bank
        self._database = bank.store.database

    def identify(self, person: bytes, tier: int, *, now_s: int) -> Identified:
        """Note that a person has shown who they are, for wallets up to a tier: their code, shown once.

        A code that they were given before is void.

        Raises:
            BadInput: it is nobody (`bad-value`).
        """
        if person == NOBODY:
            raise BadInput("bad-value", "the digest of 32 zero bytes is nobody's: give that of a record")
        self._database.execute("UPDATE identifications SET expires_at_s = 0 WHERE person = ?", person)
        self.forget_expired(now_s=now_s)
        number = self._next_no()
        row = _Row(number=number, person=person, tier=tier, wrong=0, expires_at_s=now_s + LIFE_S)
        code = self._code_of(row)
        self._database.insert(
            IDENTIFICATIONS,
            [(number, code[:SELECTOR_LETTERS], person, tier, row.wrong, row.expires_at_s)],
        )
        return _shown(row, code)

    def make_up(self, tier: int, *, now_s: int) -> Identified:
        """The same for somebody who does not exist, and has no wallet anywhere."""
        purpose = b"made-up person/" + self._next_no().to_bytes(8, "big")
        return self.identify(sha256(self._bank.secret_for(purpose)), tier, now_s=now_s)

    def look_up(self, code: str, *, now_s: int) -> Identified | Refused:
        """For whom and for what a code is, or why it is for nothing."""
        row = self._find(code, now_s)
        return row if isinstance(row, Refused) else _shown(row, self._code_of(row))

    def admit(self, enrolment_data: bytes, code: str, *, now_s: int) -> Refused | None:
        """Use a code up for the wallet that an enrolment opens in this transaction; or why that may not be.

        An enrolment whose wallet was opened before needs none: it opens nothing.

        Raises:
            Malformed: it is no enrolment.
        """
        enrolment, store = Enrolment.parse(enrolment_data), self._bank.store
        if store.wallet(enrolment.key) is not None:
            return None
        if not code:
            if enrolment.tier == ANONYMOUS and not store.knows(enrolment.person):
                return None
            return Refused("not-identified", "open it with the code that the operator gave to the person")
        row = self._find(code, now_s)
        if isinstance(row, Refused):
            return row
        if not is_same(row.person, enrolment.person) or not _covers(row.tier, enrolment.tier):
            return Refused("not-identified", f"the code is for another person, or for tier {row.tier}")
        self._void(row)
        return None

    def forget_expired(self, *, now_s: int) -> None:
        """Forget of whom codes were that hold no more; the newest number stays, so that none comes twice."""
        self._database.execute(
            "DELETE FROM identifications WHERE expires_at_s <= ?"
            " AND number < (SELECT max(number) FROM identifications)",
            now_s,
        )
        self._database.execute("UPDATE identifications SET person = ? WHERE expires_at_s <= ?", NOBODY, now_s)

    def _next_no(self) -> int:
        return 1 + int(only(self._database.row("SELECT coalesce(max(number), 0) FROM identifications")))

    def _find(self, code: str, now_s: int) -> _Row | Refused:
        """The row of a code that holds now. A wrong one counts against the code that it begins like."""
        letters = re.sub("[- ]", "", code).upper()
        found = self._database.row(
            "SELECT number, person, tier, wrong, expires_at_s FROM identifications"
            " WHERE selector = ? AND expires_at_s > ?",
            *(letters[:SELECTOR_LETTERS], now_s),
        )
        if found is not None and _CODE.fullmatch(letters):
            number, person, tier, wrong, expires_at_s = found
            row = _Row(number, bytes(person), tier, wrong, expires_at_s)
            if hmac.compare_digest(self._code_of(row), letters):
                return row
            self._count_wrong(row)
        return Refused("not-identified", "the code is wrong, was used or has expired: ask for another one")

    def _count_wrong(self, row: _Row) -> None:
        if row.wrong + 1 >= MOST_WRONG:
            self._void(row)
            return
        self._database.execute(
            "UPDATE identifications SET wrong = ? WHERE number = ?", row.wrong + 1, row.number
        )

    def _void(self, row: _Row) -> None:
        self._database.execute("UPDATE identifications SET expires_at_s = 0 WHERE number = ?", row.number)

    def _code_of(self, row: _Row) -> str:
        numbers = row.number.to_bytes(8, "big") + row.tier.to_bytes(1, "big")
        secret = self._bank.secret_for(b"opening code/" + numbers + row.person)
        return base64.b32encode(secret).decode()[:CODE_LETTERS]


def _covers(identified: int, wanted: int) -> bool:
    """Whether who is identified for a tier may have a wallet of this one: a lower one, and no company's."""
    if COMPANY in (identified, wanted):
        return identified == wanted
    return wanted >= identified


def _shown(row: _Row, code: str) -> Identified:
    groups = (code[at : at + _GROUP] for at in range(0, CODE_LETTERS, _GROUP))
    return Identified(person=row.person, tier=row.tier, code="-".join(groups), expires_at_s=row.expires_at_s)
