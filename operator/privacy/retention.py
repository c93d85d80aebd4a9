"""Personal data is erased when its retention ends: of wallets that have been closed for so long.

What is erased is what leads from a wallet to a person: the digest of the customer's record, the enrolment
that the holder signed, what risk control and requests for identities say of it, words that people have
written, where events were sent, and reports of large values of that time. Books, log and certificates stay:
they name a number and a key, which lead to nobody from then on. So reports verify as before, and what was
loaded counts on as nobody's.

How long that is stands in the table of regimes (`shuangli.operator.regimes.table`).
"""

from typing import Final

from shuangli.days import DAY_S, day_of
from shuangli.messages.event_kinds import EventKind
from shuangli.operator.accounts import NOBODY
from shuangli.operator.bank import Bank

_AT_ONCE: Final = 1_000
_OF_WALLETS: Final = (
    "DELETE FROM merchants WHERE wallet_no = ?",
    "DELETE FROM recovery_keys WHERE wallet_no = ?",
    "DELETE FROM second_factors WHERE wallet_no = ?",
    "DELETE FROM identity_requests WHERE wallet_no = ?",
    "DELETE FROM deliveries WHERE webhook_no IN (SELECT webhook_no FROM webhooks WHERE wallet_no = ?)",
    "DELETE FROM webhooks WHERE wallet_no = ?",
    "UPDATE disputes SET reason = '' WHERE opened_by = ?",
    "UPDATE payroll_lines SET reference = '', remittance = '' WHERE wallet_no = ?",
    "UPDATE transfers SET note = '' WHERE payer_no = ?",
    "UPDATE transfers SET note = '' WHERE payee_no = ?",
)
_OF_PERSONS: Final = (
    "DELETE FROM loads_by_day WHERE person = ?",
    "DELETE FROM paid_by_day WHERE payer = ?",
    "DELETE FROM risk_cases WHERE event_no IN (SELECT event_no FROM risk_events WHERE person = ?)",
    "DELETE FROM risk_events WHERE person = ?",
)
_OF_PERSONS_TO_NOBODY: Final = (
    # Nettings compare what was ever redeemed of the operator's loads with what it has ever loaded.
    "INSERT INTO loads_by_day SELECT ?, day, loaded_fen FROM loads_by_day WHERE person = ?"
    " ON CONFLICT (person, day) DO UPDATE SET loaded_fen = loads_by_day.loaded_fen + excluded.loaded_fen",
    "UPDATE risk_events SET counterparty = ? WHERE counterparty = ?",
)
_ANSWERS: Final = "DELETE FROM answered WHERE once_key >= ? AND once_key < ?"
_REPORTS: Final = "DELETE FROM large_reports WHERE day <= ? AND day < (SELECT max(day) FROM large_reports)"
"""Reports of large values name customers; the newest one says which days have theirs."""


def erase_due(bank: Bank, *, retention_days: int, now_s: int) -> int:
    """Erase what is due of at most 1,000 wallets, and log how many; says how many there were.

    Call it in a transaction. A wallet whose holder is still owed something, or has another wallet here that
    is not due, keeps its records. Called again, it goes on; where nothing is due, nothing is logged.
    """
    before_s = now_s - retention_days * DAY_S
    database, ledger = bank.store.database, bank.store.ledger
    rows = database.rows(
        "SELECT wallet_no, key, person FROM wallets WHERE closed_at_s <= ? AND person <> ? AND NOT EXISTS"
        " (SELECT 1 FROM wallets AS others WHERE others.person = wallets.person"
        "  AND (others.closed_at_s IS NULL OR others.closed_at_s > ?)) ORDER BY wallet_no LIMIT ?",
        *(before_s, NOBODY, before_s, _AT_ONCE),
    )
    due = [
        (number, bytes(key), bytes(person))
        for number, key, person in rows
        if not ledger.balance_fen(bank.store.wallet_by_no(number).account)
    ]
    for number, key, person in due:
        database.execute(
            "UPDATE wallets SET person = ?, enrolment = ? WHERE wallet_no = ?", NOBODY, b"", number
        )
        for statement in _OF_WALLETS:
            database.execute(statement, number)
        # Answers under its idempotency keys: "0" is the next sign after "/".
        database.execute(_ANSWERS, f"wallet/{key.hex()}/", f"wallet/{key.hex()}0")
        for statement in _OF_PERSONS_TO_NOBODY:
            database.execute(statement, NOBODY, person)
        for statement in _OF_PERSONS:
            database.execute(statement, person)
    if due:
        database.execute(_REPORTS, day_of(before_s))
        bank.log(EventKind.ERASURE, now_s, wallets=len(due), closed_before_s=before_s)
    return len(due)
