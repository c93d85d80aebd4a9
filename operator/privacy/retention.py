"""Personal data is erased when its retention ends: of wallets that have been closed for so long.

What is erased is what leads from a wallet to a person: the digest of the customer's record, the enrolment
that the holder signed, what risk control and requests for identities say of it. Books, log and certificates
stay: they name a number and a key, which lead to nobody from then on. So reports verify as before.

How long that is stands in the table of regimes (`shuangli.operator.regimes.table`).
"""

from typing import Final

from shuangli.messages.event_kinds import EventKind
from shuangli.operator.accounts import NOBODY
from shuangli.operator.bank import Bank

DAY_S: Final = 86_400
_AT_ONCE: Final = 1_000
_OF_WALLETS: Final = (
    "DELETE FROM merchants WHERE wallet_no = ?",
    "DELETE FROM recovery_keys WHERE wallet_no = ?",
    "DELETE FROM second_factors WHERE wallet_no = ?",
    "DELETE FROM identity_requests WHERE wallet_no = ?",
    "UPDATE transfers SET note = '' WHERE payer_no = ?",
    "UPDATE transfers SET note = '' WHERE payee_no = ?",
)
_OF_PERSONS: Final = (
    "DELETE FROM loads_by_day WHERE person = ?",
    "DELETE FROM paid_by_day WHERE payer = ?",
    "DELETE FROM risk_cases WHERE event_no IN (SELECT event_no FROM risk_events WHERE person = ?)",
    "DELETE FROM risk_events WHERE person = ?",
)


def erase_due(bank: Bank, *, retention_days: int, now_s: int) -> int:
    """Erase what is due of at most 1,000 wallets, and log how many; says how many there were.

    Call it in a transaction. A wallet whose holder is still owed something, or has another wallet here that
    is not due, keeps its records. Called again, it goes on; where nothing is due, nothing is logged.
    """
    before_s = now_s - retention_days * DAY_S
    database, ledger = bank.store.database, bank.store.ledger
    rows = database.rows(
        "SELECT wallet_no, person FROM wallets WHERE closed_at_s <= ? AND person <> ? AND NOT EXISTS"
        " (SELECT 1 FROM wallets AS others WHERE others.person = wallets.person"
        "  AND (others.closed_at_s IS NULL OR others.closed_at_s > ?)) ORDER BY wallet_no LIMIT ?",
        *(before_s, NOBODY, before_s, _AT_ONCE),
    )
    due = [
        (number, bytes(person))
        for number, person in rows
        if not ledger.balance_fen(bank.store.wallet_by_no(number).account)
    ]
    for number, person in due:
        database.execute(
            "UPDATE wallets SET person = ?, enrolment = ? WHERE wallet_no = ?", NOBODY, b"", number
        )
        for statement in _OF_WALLETS:
            database.execute(statement, number)
        for statement in _OF_PERSONS:
            database.execute(statement, person)
    if due:
        bank.log(EventKind.ERASURE, now_s, wallets=len(due), closed_before_s=before_s)
    return len(due)
