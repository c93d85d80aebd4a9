"""The tables of losses in the issuer's database; reads and writes happen inside its transaction."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shuangli.database.database import Database
from shuangli.issuer.facts import Frozen, OpenCoin, Place
from shuangli.issuer.losses.set_off import Debt, Holding, SetOff, Share
from shuangli.issuer.losses.tables import RECEIVABLES, RECOVERIES


class Totals(NamedTuple):
    """Sums over all rows, in fen: of receivables, and what is left of what was taken."""

    claimed_fen: int
    open_fen: int
    written_off_fen: int
    left_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivable:
    """What a culprit owes for one case, in fen.

    Attributes:
        coin_key: the key of the coin that was forked
        culprit: the key that signed twice
        debtor: the person who holds it, by pseudonym; the key itself while no operator has named one
        claimed_fen: what the guarantee fund has paid on the case
        set_off_fen: the part of it that frozen value has covered
        recovered_fen: the part of it that was paid back
        written_off_fen: the part of it that the fund bears for good
    """

    coin_key: bytes
    culprit: bytes
    debtor: bytes
    claimed_fen: int
    set_off_fen: int
    recovered_fen: int
    written_off_fen: int

    @property
    def open_fen(self) -> int:
        """What is still owed; never below zero."""
        return self.claimed_fen - self.set_off_fen - self.recovered_fen - self.written_off_fen


class LossStore:
    """Holders of keys, frozen coins, receivables and recoveries."""

    def __init__(self, database: Database) -> None:
        """Use the tables in `database`."""
        self._database = database

    # --- holders ------------------------------------------------------------------------------

    def name_holders(self, holders: Iterable[tuple[bytes, bytes]]) -> None:
        """Note who holds keys: (key, person); the newest word counts."""
        self._database.many(
            "INSERT INTO holders VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET person = excluded.person",
            list(holders),
        )

    def name_new_holders(self, holders: Iterable[tuple[bytes, bytes]]) -> None:
        """Note who holds keys that nobody is known to hold: (key, person)."""
        self._database.many("INSERT INTO holders VALUES (?, ?) ON CONFLICT DO NOTHING", list(holders))

    def holders(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The persons who hold keys, by key, as far as they are known."""
        return dict(self._database.lookup("SELECT key, person FROM holders WHERE key", keys))

    # --- the guarantee fund -------------------------------------------------------------------

    def add_fund_paid(self, person: bytes, paid_fen: int) -> None:
        """Count what the guarantee fund pays to a person."""
        self._database.execute(
            "INSERT INTO fund_claims VALUES (?, ?) ON CONFLICT (person)"
            " DO UPDATE SET paid_fen = fund_claims.paid_fen + excluded.paid_fen",
            person,
            paid_fen,
        )

    def fund_paid_fen(self, person: bytes) -> int:
        """What the guarantee fund has paid to a person so far."""
        row = self._database.row("SELECT paid_fen FROM fund_claims WHERE person = ?", person)
        return int(row[0]) if row else 0

    def fund_paid_by_person_fen(self) -> dict[bytes, int]:
        """What the guarantee fund has paid to each person so far."""
        return dict(self._database.rows("SELECT person, paid_fen FROM fund_claims"))

    # --- what is frozen -----------------------------------------------------------------------

    def freeze(self, coins: Iterable[Frozen]) -> list[Frozen]:
        """Note coins that only culprits would get; gives those that are new. What is noted stays as it is."""
        return [
            coin
            for coin in coins
            if self._database.execute(
                "INSERT INTO frozen VALUES (?, ?, ?, ?, 0, 0, NULL) ON CONFLICT DO NOTHING",
                *(*coin.place[:2], coin.creditor, coin.due_s),
            )
        ]

    def is_frozen(self, parent_no: int, position: int) -> bool:
        """Say whether the coin at this place is noted as frozen."""
        query = "SELECT 1 FROM frozen WHERE parent_no = ? AND position = ?"
        return self._database.row(query, parent_no, position) is not None

    def due(self, up_to_s: int, *, most: int, left: Collection[int] = ()) -> list[OpenCoin]:
        """The first so many frozen coins, still open, that nobody can claim in time after `up_to_s`.

        Those of the epochs in `left` are left where they are.
        """
        others = f" AND epoch NOT IN ({', '.join('?' * len(left))})" if left else ""
        rows = self._database.rows(
            "SELECT parent_no, position, forked, value_fen, epoch, frozen.due_s"  # noqa: S608
            " FROM frozen JOIN open_coins USING (parent_no, position)"
            f" WHERE frozen.due_s <= ?{others} ORDER BY parent_no, position LIMIT ?",
            *(up_to_s, *left, most),
        )
        return [
            OpenCoin(Place(parent_no, position, bool(forked)), value_fen, epoch, due_s)
            for parent_no, position, forked, value_fen, epoch, due_s in rows
        ]

    def take(self, place: Place, taken_fen: int, *, now_s: int) -> None:
        """Note what was taken from a culprit with a frozen coin: nothing if it lay on a fork."""
        self._database.execute(
            "UPDATE frozen SET taken_fen = ?, taken_s = ? WHERE parent_no = ? AND position = ?",
            taken_fen,
            now_s,
            *place[:2],
        )

    def holdings(self) -> list[Holding]:
        """What is left of what was taken, the first first; the creditor is a person where one is known."""
        rows = self._database.rows(
            "SELECT parent_no, position, coalesce(person, creditor), taken_fen - used_fen"
            " FROM frozen LEFT JOIN holders ON key = creditor WHERE taken_fen > used_fen"
            " ORDER BY taken_s, parent_no, position"
        )
        return [Holding(*row) for row in rows]

    def frozen_fen(self) -> dict[bytes, int]:
        """What is frozen in the supply and what is left of what was taken, by person, else by key."""
        rows = self._database.rows(
            "SELECT coalesce(person, creditor), sum(taken_fen - used_fen + coalesce(value_fen, 0))"
            " FROM frozen LEFT JOIN holders ON key = creditor"
            " LEFT JOIN open_coins ON open_coins.parent_no = frozen.parent_no"
            " AND open_coins.position = frozen.position AND forked = 0 GROUP BY 1"
        )
        return {creditor: int(amount_fen) for creditor, amount_fen in rows}

    # --- receivables --------------------------------------------------------------------------

    def claim(self, coin_key: bytes, culprit: bytes, amount_fen: int) -> None:
        """Add to what a culprit owes for a case."""
        self._database.execute(
            "INSERT INTO receivables VALUES (?, ?, ?, 0, 0, 0) ON CONFLICT (coin_key)"
            " DO UPDATE SET claimed_fen = receivables.claimed_fen + excluded.claimed_fen",
            coin_key,
            culprit,
            amount_fen,
        )

    def receivables(self) -> list[Receivable]:
        """All of them, in the order of their coins."""
        rows = self._database.rows(
            "SELECT coin_key, culprit, coalesce(person, culprit), claimed_fen, set_off_fen, recovered_fen,"
            " written_off_fen FROM receivables LEFT JOIN holders ON key = culprit ORDER BY coin_key"
        )
        names = ("coin_key", "culprit", "debtor", *tuple(RECEIVABLES.columns)[2:])
        return [Receivable(**dict(zip(names, row, strict=True))) for row in rows]

    def debts(self, debtor: bytes | None = None) -> list[Debt]:
        """What is open, the oldest coin first; of one person if `debtor` is given."""
        return [
            Debt(one.coin_key, one.debtor, one.open_fen)
            for one in self.receivables()
            if one.open_fen and debtor in (None, one.debtor)
        ]

    def set_off(self, covered: Sequence[SetOff]) -> None:
        """Use holdings for debts."""
        self._database.many(
            "UPDATE receivables SET set_off_fen = set_off_fen + ? WHERE coin_key = ?",
            [(one.amount_fen, one.debt.coin_key) for one in covered],
        )
        self._database.many(
            "UPDATE frozen SET used_fen = used_fen + ? WHERE parent_no = ? AND position = ?",
            [(one.amount_fen, one.holding.parent_no, one.holding.position) for one in covered],
        )

    def recover(self, shares: Sequence[Share]) -> None:
        """Debts were paid."""
        self._database.many(
            "UPDATE receivables SET recovered_fen = recovered_fen + ? WHERE coin_key = ?",
            [(amount_fen, debt.coin_key) for debt, amount_fen in shares],
        )

    def write_off(self, debts: Sequence[Debt]) -> None:
        """Debts will not be paid."""
        self._database.many(
            "UPDATE receivables SET written_off_fen = written_off_fen + ? WHERE coin_key = ?",
            [(debt.open_fen, debt.coin_key) for debt in debts],
        )

    def recovered_fen(self, operator: str, reference: bytes) -> int | None:
        """What an operator has passed on before under this reference."""
        row = self._database.row(
            "SELECT amount_fen FROM recoveries WHERE operator = ? AND reference = ?", operator, reference
        )
        return int(row[0]) if row else None

    def add_recovery(self, operator: str, reference: bytes, debtor: bytes, amount_fen: int) -> None:
        """Keep a payment under its operator's reference."""
        self._database.insert(RECOVERIES, [(operator, reference, debtor, amount_fen)])

    def change_policy(self, name: str, digest: bytes) -> bool:
        """Note which policy holds, by the digest of its text; says whether another one has held so far."""
        changed = self._database.execute(
            "INSERT INTO policies VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET digest = excluded.digest"
            " WHERE policies.digest <> excluded.digest",
            name,
            digest,
        )
        return changed > 0

    def totals(self) -> Totals:
        """The sums that the accounts of losses have to show."""
        claimed_fen, open_fen, written_off_fen = self._database.rows(
            "SELECT coalesce(sum(claimed_fen), 0),"
            " coalesce(sum(claimed_fen - set_off_fen - recovered_fen - written_off_fen), 0),"
            " coalesce(sum(written_off_fen), 0) FROM receivables"
        )[0]
        (left_fen,) = self._database.rows("SELECT coalesce(sum(taken_fen - used_fen), 0) FROM frozen")[0]
        return Totals(int(claimed_fen), int(open_fen), int(written_off_fen), int(left_fen))
