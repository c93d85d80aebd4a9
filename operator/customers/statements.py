"""What a wallet's account did: the lines of its statement, and the feed of its events.

Both are read from the books: whatever was posted to the account, by the number of its entry. The feed has
besides what is no entry, such as a freeze, each after the entry that was the last then.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

from shuangli.database.database import only
from shuangli.errors import BadInput
from shuangli.operator.remittances.store import RemittanceStore
from shuangli.operator.store import OperatorStore, WalletRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry of an account; credits of the customer are positive. `counterparty` is a wallet's key."""

    entry_no: int
    at_s: int
    kind: str
    amount_fen: int
    balance_fen: int
    counterparty: bytes | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A part of what an account did, from `opening_fen` to `closing_fen`; `more` says that it goes on."""

    wallet: bytes
    operator: str
    currency: str
    opening_fen: int
    closing_fen: int
    lines: tuple[Line, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From when up to, and without, when, in seconds since 1970."""

    start_s: int
    end_s: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_s <= self.end_s < 2**62:
            raise BadInput("bad-value", "a period ends after it starts: from is at most until")


class Cursor(NamedTuple):
    """Where a reader of the feed is: the last entry of the books, and the last of the other events."""

    entry_no: int = 0
    tiding_no: int = 0

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a cursor that was given out; an empty one is the beginning.

        Raises:
            BadInput: it is none (`bad-value`).
        """
        parts = text.split(".") if text else ["0", "0"]
        if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
            raise BadInput("bad-value", f"{text[:40]!r} is no cursor: send back `next` of the page before")
        return cls(*map(int, parts))

    def __str__(self) -> str:
        return f"{self.entry_no}.{self.tiding_no}"


class Happened(NamedTuple):
    """One event of the feed; `amount_fen` is 0 where no money moved. `cursor` is after it."""

    kind: str
    at_s: int
    amount_fen: int
    entry_no: int | None
    cursor: Cursor


class Statements:
    """Reads the accounts of one operator's customers."""

    def __init__(self, store: OperatorStore, *, operator: str, currency: str) -> None:
        """Read from `store`, the database of `operator`."""
        self._database = store.database
        self._remittances = RemittanceStore(store.database)
        self._operator = operator
        self._currency = currency

    def statement(
        self, wallet: WalletRow, period: Period, *, after: int = 0, most: int = 1_000_000
    ) -> Statement:
        """What an account did in a period after an entry of this number: the first so many lines."""
        rows = self._database.rows(
            "SELECT entry_no, at_s, entries.kind, -amount_fen, payer_no, payee_no, note FROM postings"
            " JOIN entries USING (entry_no) LEFT JOIN"
            " (SELECT receipt_no, payer_no, payee_no, note FROM transfers) AS paid ON receipt_no = entry_no"
            " WHERE account = ? AND entry_no > ? AND at_s >= ? AND at_s < ? ORDER BY entry_no LIMIT ?",
            *(wallet.account, after, period.start_s, period.end_s, most + 1),
        )
        first = rows[0][0] if rows else None
        opening_fen = balance_fen = self._before(wallet, period, after, first)
        lines = []
        for number, at_s, kind, amount_fen, payer_no, payee_no, note in rows[:most]:
            balance_fen += amount_fen
            other, said = self._other(wallet, payer_no, payee_no), note or ""
            if kind.startswith("remittance"):
                other, said = self._abroad(number, kind)
            lines.append(
                Line(
                    entry_no=number,
                    at_s=at_s,
                    kind=kind,
                    amount_fen=amount_fen,
                    balance_fen=balance_fen,
                    counterparty=other,
                    note=said,
                )
            )
        return Statement(
            wallet=wallet.key,
            operator=self._operator,
            currency=self._currency,
            opening_fen=opening_fen,
            closing_fen=balance_fen,
            lines=tuple(lines),
            more=len(rows) > most,
        )

    def _before(self, wallet: WalletRow, period: Period, after: int, first: int | None) -> int:
        """What the account held before the first line, or without one after `after`, or at the start."""
        if first is not None:
            where, bound = "entry_no < ?", first
        elif after:
            where, bound = "entry_no <= ?", after
        else:
            where, bound = "at_s < ?", period.start_s
        query = f"SELECT coalesce(-sum(amount_fen), 0) FROM postings JOIN entries USING (entry_no) WHERE account = ? AND {where}"  # noqa: E501, S608
        return int(only(self._database.row(query, wallet.account, bound)))

    def _other(self, wallet: WalletRow, payer_no: int | None, payee_no: int | None) -> bytes | None:
        number = payee_no if payer_no == wallet.wallet_no else payer_no
        if number is None:
            return None
        return bytes(only(self._database.row("SELECT key FROM wallets WHERE wallet_no = ?", number)))

    def _abroad(self, entry_no: int, kind: str) -> tuple[bytes | None, str]:
        """Of a remittance, the wallet at the other operator, and the note, or why it has come back."""
        found = self._remittances.of_entry(entry_no)
        if found is None:
            return None, ""
        if kind == "remittance-returned" and found.verdict is not None:
            return found.other, f"returned: {found.verdict.reason}"
        return found.other, found.order.note.decode()

    def newest(self, wallet: WalletRow) -> Cursor:
        """The cursor of a reader of the feed who wants only what happens from now on."""
        entry_no = self._database.row(
            "SELECT coalesce(max(entry_no), 0) FROM postings WHERE account = ?", wallet.account
        )
        tiding_no = self._database.row(
            "SELECT coalesce(max(number), 0) FROM tidings WHERE wallet_no = ?", wallet.wallet_no
        )
        return Cursor(int(only(entry_no)), int(only(tiding_no)))

    def feed(self, wallet: WalletRow, cursor: Cursor, *, most: int) -> list[Happened]:
        """What has happened to a wallet after a cursor: the first so many events, in order."""
        entries = self._database.rows(
            "SELECT entry_no, at_s, entries.kind, -amount_fen FROM postings JOIN entries USING (entry_no)"
            " WHERE account = ? AND entry_no > ? ORDER BY entry_no LIMIT ?",
            *(wallet.account, cursor.entry_no, most),
        )
        tidings = self._database.rows(
            "SELECT number, at_s, kind, after_no FROM tidings"
            " WHERE wallet_no = ? AND number > ? ORDER BY number LIMIT ?",
            *(wallet.wallet_no, cursor.tiding_no, most),
        )
        merged = sorted(
            [(number, 0, 0, row) for row in entries for number in [row[0]]]
            + [(row[3], 1, row[0], row) for row in tidings],
            key=lambda each: each[:3],
        )
        found = []
        for number, is_tiding, tiding_no, row in merged[:most]:
            if is_tiding:
                cursor = cursor._replace(tiding_no=tiding_no)
                found.append(Happened(row[2], row[1], 0, None, cursor))
            else:
                cursor = cursor._replace(entry_no=number)
                found.append(Happened(row[2], row[1], row[3], number, cursor))
        return found
