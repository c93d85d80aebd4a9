"""Payments between customers online: transfers, purchases, refunds, and what goes to a bank account.

Each is one entry of the books, and a row that says who paid whom; the entry's number is the receipt's. Limits
are those of the payer's tier, counted per person over all wallets here (F29); a sub-wallet has its parent's
besides. Every method is called inside `store.transaction()`.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from shuangli.database.database import only
from shuangli.days import day_of
from shuangli.errors import BadInput, Refused
from shuangli.operator.accounts import CASH, Accounts
from shuangli.operator.customers.tables import TRANSFERS
from shuangli.operator.store import WalletRow

_RECEIPTS: Final = (
    "SELECT receipt_no, kind, payer_no, payee_no, amount_fen, at_s, note, refunds_no,"
    " (SELECT coalesce(sum(back.amount_fen), 0) FROM transfers AS back"
    " WHERE back.refunds_no = transfers.receipt_no) FROM transfers"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One payment between two customers; `refunded_fen` is what has gone back of it, `refunds_no` of what.

    `payer` and `payee` are the keys of their wallets.
    """

    receipt_no: int
    kind: str
    payer: bytes
    payee: bytes
    amount_fen: int
    at_s: int
    note: str
    refunds_no: int | None
    refunded_fen: int


class Used(NamedTuple):
    """What a wallet's limits are, and what is left of them, in fen."""

    payment_fen: int
    day_fen: int
    paid_today_fen: int
    balance_fen: int
    balance_limit_fen: int

    @property
    def left_today_fen(self) -> int:
        """What may still be paid today."""
        return max(0, self.day_fen - self.paid_today_fen)


class Payments:
    """Moves money of one operator's customers."""

    def __init__(self, bank: Accounts) -> None:
        """Pay between the customers of `bank`."""
        self._bank = bank
        self._store = bank.store

    def transfer(
        self,
        payer: bytes,
        payee: bytes,
        amount_fen: int,
        *,
        note: str,
        now_s: int,
        kind: str = "transfer",
    ) -> Receipt:
        """Pay from one wallet's account to another's.

        Raises:
            BadInput: a wallet pays itself, or nothing (`bad-value`).
            Refused: a wallet is unknown (`unknown-wallet`) or frozen (`frozen`), over a limit (`over-limit`),
                or the account holds too little (`insufficient-funds`).
        """
        if payer == payee:
            raise BadInput("bad-value", "payer and payee are one wallet: name another payee")
        source, target = self._bank.active(payer), self._bank.wallet(payee)
        self.count(source, amount_fen, now_s=now_s)
        self.check_room(target, amount_fen)
        return self._move(source, target, amount_fen, kind=kind, note=note, now_s=now_s)

    def refund(
        self, receipt_no: int, amount_fen: int, *, by: bytes, note: str, now_s: int, forced: bool = False
    ) -> Receipt:
        """Give back a payment, or a part of it, out of the account of its payee, `by`.

        `forced` is an operator's decision in a dispute: the payee may be frozen, or have closed the wallet,
        and then it is out of the account that has got its money.

        Raises:
            Refused: no such payment to this wallet (`not-found`), more than is left of it (`nothing-due`),
                the account holds too little (`insufficient-funds`), or nobody knows any more who has paid
                it (`unknown-wallet`).
        """
        paid = self.receipt(receipt_no, of=by)
        left_fen = paid.amount_fen - paid.refunded_fen
        if paid.payee != by or paid.refunds_no is not None:
            raise Refused("not-found", f"receipt {receipt_no} is no payment to this wallet")
        if amount_fen > left_fen:
            raise Refused("nothing-due", f"{left_fen} fen of receipt {receipt_no} can be refunded")
        source = self._bank.heir(self._bank.row_of(by)) if forced else self._bank.active(by)
        target = self._bank.heir(self._bank.row_of(paid.payer))
        return self._move(
            source, target, amount_fen, kind="refund", note=note, now_s=now_s, refunds_no=receipt_no
        )

    def pull(self, parent: bytes, child: bytes, amount_fen: int, *, now_s: int) -> Receipt:
        """Take money back out of a sub-wallet; the caller has made sure that it is one of this parent.

        Raises:
            Refused: unknown or frozen, or the account holds too little (`insufficient-funds`).
        """
        source, target = self._bank.active(child), self._bank.active(parent)
        return self._move(source, target, amount_fen, kind="pull", note="", now_s=now_s)

    def withdraw(self, wallet: bytes, amount_fen: int, *, now_s: int) -> int:
        """Pay out to the holder's bank account; gives the number of the entry in the books.

        Raises:
            Refused: as `transfer`.
        """
        source = self._bank.active(wallet)
        self.count(source, amount_fen, now_s=now_s)
        self._bank.check_funds(source.account, amount_fen, of=wallet)
        number = self._store.ledger.next_no()
        reference = self._bank.enrolment_id(wallet)
        self._bank.book("withdrawal", source.account, CASH, amount_fen, now_s, reference)
        return number

    def deposit(self, wallet: bytes, amount_fen: int, *, now_s: int) -> int:
        """Take money in from the holder's bank account; gives the number of the entry in the books.

        Raises:
            Refused: an unknown wallet, or more than its tier may hold (`over-limit`).
        """
        self.check_room(self._bank.wallet(wallet), amount_fen)
        number = self._store.ledger.next_no()
        self._bank.deposit(wallet, amount_fen, now_s=now_s)
        return number

    def used(self, wallet: bytes, *, now_s: int) -> Used:
        """The limits of a wallet and what is left of them.

        Raises:
            Refused: an unknown wallet (`unknown-wallet`).
        """
        row = self._bank.wallet(wallet)
        limits = self._bank.terms.limits.limits(row.tier)
        payment_fen, day_fen = limits.payment_fen, limits.day_fen
        paid_fen = self._paid_fen(row.person, day_of(now_s))
        if (own := self._own_limits(row)) is not None:
            payment_fen, paid_fen = min(payment_fen, own[0]), self._paid_fen(row.key, day_of(now_s))
            day_fen = min(day_fen, own[1])
        return Used(
            payment_fen=payment_fen,
            day_fen=day_fen,
            paid_today_fen=paid_fen,
            balance_fen=-self._store.ledger.balance_fen(row.account),
            balance_limit_fen=limits.balance_fen,
        )

    def receipt(self, receipt_no: int, *, of: bytes) -> Receipt:
        """A payment that the wallet `of` has made or received.

        Raises:
            Refused: it has none of this number (`not-found`).
        """
        row = self._store.database.row(f"{_RECEIPTS} WHERE receipt_no = ?", receipt_no)
        found = None if row is None else self._read(row)
        if found is None or of not in (found.payer, found.payee):
            raise Refused("not-found", f"this wallet has no receipt {receipt_no}")
        return found

    def receipts(self, wallet: WalletRow, *, after: int, most: int) -> list[Receipt]:
        """What a wallet has paid and received, by number, after a number: the first so many."""
        rows = self._store.database.rows(
            f"{_RECEIPTS} WHERE (payer_no = ? OR payee_no = ?) AND receipt_no > ?"
            " ORDER BY receipt_no LIMIT ?",
            *(wallet.wallet_no, wallet.wallet_no, after, most),
        )
        return [self._read(row) for row in rows]

    def _read(self, row: tuple[object, ...]) -> Receipt:
        values = dict(zip(Receipt.__slots__, row, strict=True))
        values["refunded_fen"] = int(str(values["refunded_fen"]))
        for name in ("payer", "payee"):
            values[name] = self._store.wallet_by_no(int(str(values[name]))).key
        return Receipt(**values)  # type: ignore[arg-type]

    def _move(
        self,
        source: WalletRow,
        target: WalletRow,
        amount_fen: int,
        *,
        kind: str,
        note: str,
        now_s: int,
        refunds_no: int | None = None,
    ) -> Receipt:
        self._bank.check_funds(source.account, amount_fen, of=source.key)
        number = self._store.ledger.next_no()
        booked = "refund" if refunds_no is not None else "payment"
        reference = self._bank.enrolment_id(target.key)
        self._bank.book(booked, source.account, target.account, amount_fen, now_s, reference)
        row = (number, kind, source.wallet_no, target.wallet_no, amount_fen, now_s, note, refunds_no)
        self._store.database.insert(TRANSFERS, [row])
        return self._read((*row, 0))

    def count(self, row: WalletRow, amount_fen: int, *, now_s: int) -> None:
        """Count a payment against the payer's limits, and those of a parent for its sub-wallet.

        Raises:
            Refused: it is over one of them (`over-limit`).
        """
        limits, day = self._bank.terms.limits.limits(row.tier), day_of(now_s)
        rules = [("tier", row.person, limits.payment_fen, limits.day_fen)]
        own = self._own_limits(row)
        if own is not None:
            rules.append(("sub-wallet", row.key, *own))
        for whose, payer, payment_fen, day_fen in rules:
            total_fen = self._paid_fen(payer, day) + amount_fen
            for what, asked_fen, most_fen in (
                ("payment", amount_fen, payment_fen),
                ("day", total_fen, day_fen),
            ):
                if asked_fen > most_fen:
                    over_fen = asked_fen - most_fen
                    raise Refused(
                        "over-limit", f"{over_fen} fen over the {whose}'s {what} limit of {most_fen} fen"
                    )
            self._store.database.execute(
                "INSERT INTO paid_by_day VALUES (?, ?, ?) ON CONFLICT (payer, day)"
                " DO UPDATE SET paid_fen = paid_by_day.paid_fen + excluded.paid_fen",
                *(payer, day, amount_fen),
            )

    def uncount(self, row: WalletRow, amount_fen: int, *, counted_s: int) -> None:
        """A payment that was counted then has come back: it uses up no limit."""
        self._store.database.many(
            "UPDATE paid_by_day SET paid_fen = paid_fen - ? WHERE payer = ? AND day = ? AND paid_fen >= ?",
            [(amount_fen, payer, day_of(counted_s), amount_fen) for payer in (row.person, row.key)],
        )

    def _paid_fen(self, payer: bytes, day: int) -> int:
        row = self._store.database.row(
            "SELECT paid_fen FROM paid_by_day WHERE payer = ? AND day = ?", payer, day
        )
        return 0 if row is None else int(only(row))

    def _own_limits(self, row: WalletRow) -> tuple[int, int] | None:
        """What a parent lets a sub-wallet pay at once and in a day, in fen; None if it is none."""
        found = self._store.database.row(
            "SELECT payment_fen, day_fen FROM sub_wallets WHERE wallet_no = ?", row.wallet_no
        )
        return None if found is None else (int(found[0]), int(found[1]))

    def check_room(self, row: WalletRow, amount_fen: int) -> None:
        """Make sure that a wallet's tier may hold so much more.

        Raises:
            Refused: it may not (`over-limit`).
        """
        most_fen = self._bank.terms.limits.limits(row.tier).balance_fen
        over_fen = amount_fen - self._store.ledger.balance_fen(row.account) - most_fen
        if over_fen > 0:
            raise Refused("over-limit", f"{over_fen} fen over the payee's balance limit of {most_fen} fen")
