"""The second factor: codes of six digits that change every 30 seconds (RFC 6238), by pyotp.

The operator keeps no secret: it makes a wallet's anew from its own key. A code is used once, and after some
wrong ones there is a pause. Every method is called inside `store.transaction()`, which is kept also where the
answer is no: wrong codes count.

From an amount on, money leaves a wallet only with a code, whichever way it goes: online, and into the purse.
"""

import base64
import hmac
from typing import Final, NamedTuple

import pyotp

from shuangli.errors import Refused
from shuangli.operator.accounts import Accounts
from shuangli.operator.customers.tables import SECOND_FACTORS
from shuangli.operator.store import WalletRow

FROM_FEN: Final = 100_000
"""From this amount on, money leaves a wallet only with a code."""
STEP_S: Final = 30
STEPS_OFF: Final = 1
"""So many steps the holder's clock may be off."""
MOST_WRONG: Final = 5
PAUSE_S: Final = 900
_SECRET_BYTES: Final = 20
_AT_MOST_OFF: Final = range(-STEPS_OFF, STEPS_OFF + 1)


def needs_code(amount_fen: int) -> bool:
    """Whether so much leaves a wallet with a code only."""
    return amount_fen >= FROM_FEN


class _Factor(NamedTuple):
    number: int
    confirmed: int
    last_step: int
    wrong: int
    locked_until_s: int


class Codes:
    """The second factors of one operator's wallets."""

    def __init__(self, bank: Accounts) -> None:
        """Keep them for the wallets of `bank`."""
        self._bank = bank
        self._database = bank.store.database

    def has(self, row: WalletRow) -> bool:
        """Whether a wallet has a second factor that is in use."""
        found = self._factor(row)
        return found is not None and bool(found.confirmed)

    def start(self, row: WalletRow) -> tuple[str, str]:
        """A new secret, and its address for an app that makes codes; in use once a code was shown.

        Raises:
            Refused: one is in use: only the operator may replace it (`second-factor`).
        """
        found = self._factor(row)
        if found is not None and found.confirmed:
            raise Refused("second-factor", "a second factor is in use: the operator can replace it")
        number = 1 if found is None else found.number + 1
        self._database.execute("DELETE FROM second_factors WHERE wallet_no = ?", row.wallet_no)
        self._database.insert(SECOND_FACTORS, [(row.wallet_no, number, 0, 0, 0, 0)])
        totp = self._totp(row, number)
        address = totp.provisioning_uri(name=row.key.hex()[:16], issuer_name=self._bank.terms.name)
        return totp.secret, address

    def forget(self, row: WalletRow) -> None:
        """Take a second factor out of use, once its holder has shown who they are; another may follow."""
        self._database.execute("UPDATE second_factors SET confirmed = 0 WHERE wallet_no = ?", row.wallet_no)

    def check(self, row: WalletRow, code: str, *, now_s: int, confirm: bool = False) -> Refused | None:
        """Why a code is not accepted, if so; `confirm` puts a new secret into use."""
        found = self._factor(row)
        if found is None or not (found.confirmed or confirm):
            return Refused("second-factor", "set up a second factor first (`shuangli wallet second-factor`)")
        if not code:
            return Refused("second-factor", "give a code of six digits: --code, or a header Second-Factor")
        if now_s < found.locked_until_s:
            return Refused("locked", f"too many wrong codes: wait {found.locked_until_s - now_s} s")
        step = self._step_of(row, found, code, now_s)
        if step is None:
            wrong = found.wrong + 1
            pause_s = now_s + PAUSE_S if wrong >= MOST_WRONG else 0
            self._update(row, found._replace(wrong=wrong % MOST_WRONG, locked_until_s=pause_s))
            return Refused("second-factor", "the code is wrong, expired, or was used before")
        self._update(row, found._replace(confirmed=1, last_step=step, wrong=0))
        return None

    def _step_of(self, row: WalletRow, found: _Factor, code: str, now_s: int) -> int | None:
        totp = self._totp(row, found.number)
        steps = [now_s // STEP_S + off for off in _AT_MOST_OFF]
        holding = [step for step in steps if hmac.compare_digest(totp.at(step * STEP_S), code)]
        return next((step for step in holding if step > found.last_step), None)

    def _totp(self, row: WalletRow, number: int) -> pyotp.TOTP:
        purpose = b"second factor/" + number.to_bytes(8, "big") + row.key
        secret = self._bank.secret_for(purpose)[:_SECRET_BYTES]
        return pyotp.TOTP(base64.b32encode(secret).decode(), interval=STEP_S)

    def _factor(self, row: WalletRow) -> _Factor | None:
        found = self._database.row(
            "SELECT number, confirmed, last_step, wrong, locked_until_s FROM second_factors"
            " WHERE wallet_no = ?",
            row.wallet_no,
        )
        return None if found is None else _Factor(*found)

    def _update(self, row: WalletRow, factor: _Factor) -> None:
        self._database.execute(
            "UPDATE second_factors SET confirmed = ?, last_step = ?, wrong = ?, locked_until_s = ?"
            " WHERE wallet_no = ?",
            *(*factor[1:], row.wallet_no),
        )
