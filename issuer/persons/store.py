"""The tables of persons in the issuer's database; reads and writes happen inside its transaction."""

from collections.abc import Mapping, Sequence

from shuangli.database.database import Database
from shuangli.issuer.persons.limits import DayBreach, Paid


class PersonStore:
    """What persons have loaded, and what was paid and redeemed under their keys."""

    def __init__(self, database: Database) -> None:
        """Use the tables in `database`."""
        self._database = database

    def loaded_fen(self, person: bytes, day: int) -> int:
        """What a person has loaded on a day (days since 1970), over all operators."""
        row = self._database.row(
            "SELECT loaded_fen FROM loaded_by_day WHERE day = ? AND person = ?", day, person
        )
        return int(row[0]) if row else 0

    def add_load(self, person: bytes, day: int, amount_fen: int) -> None:
        """Count a load for a person."""
        self._database.execute(
            "INSERT INTO loaded_by_day VALUES (?, ?, ?) ON CONFLICT (day, person)"
            " DO UPDATE SET loaded_fen = loaded_by_day.loaded_fen + excluded.loaded_fen",
            day,
            person,
            amount_fen,
        )

    def counted_no(self) -> int:
        """The number of the last signed object whose payments have been counted; 0 if there is none."""
        row = self._database.row("SELECT last_no FROM counted WHERE what = 'payments'")
        return int(row[0]) if row else 0

    def set_counted_no(self, last_no: int) -> None:
        """Payments have been counted up to this object."""
        self._database.execute(
            "INSERT INTO counted VALUES ('payments', ?) ON CONFLICT (what)"
            " DO UPDATE SET last_no = excluded.last_no",
            last_no,
        )

    def counts_now(self, day: int, transfer_id: bytes) -> bool:
        """Say whether a payment of several coins has not been counted before, and note that it is now."""
        statement = "INSERT INTO counted_parts VALUES (?, ?) ON CONFLICT DO NOTHING"
        return self._database.execute(statement, day, transfer_id) == 1

    def add_paid(self, paid: Mapping[tuple[int, bytes], Paid]) -> None:
        """Count payments by day and key."""
        self._database.many(
            "INSERT INTO paid_by_day VALUES (?, ?, ?, ?) ON CONFLICT (day, key) DO UPDATE"
            " SET paid_fen = paid_by_day.paid_fen + excluded.paid_fen, limit_fen = CASE"
            " WHEN excluded.limit_fen > paid_by_day.limit_fen THEN excluded.limit_fen"
            " ELSE paid_by_day.limit_fen END",
            [(*at, *amounts) for at, amounts in sorted(paid.items())],
        )

    def add_redeemed(self, redeemed_fen: Mapping[bytes, int]) -> None:
        """Count redemptions by key."""
        self._database.many(
            "INSERT INTO redeemed VALUES (?, ?) ON CONFLICT (key)"
            " DO UPDATE SET redeemed_fen = redeemed.redeemed_fen + excluded.redeemed_fen",
            sorted(redeemed_fen.items()),
        )

    def breaches(self) -> list[DayBreach]:
        """What persons paid offline beyond their limits of a day; a key without a known holder is its own."""
        rows = self._database.rows(
            "SELECT coalesce(person, paid_by_day.key) AS payer, day, sum(paid_fen), max(limit_fen)"
            " FROM paid_by_day LEFT JOIN holders ON holders.key = paid_by_day.key"
            " GROUP BY 1, 2 HAVING sum(paid_fen) > max(limit_fen) ORDER BY 2, 1"
        )
        return [DayBreach(person, day, int(paid), int(limit)) for person, day, paid, limit in rows]

    def redeemed_fen(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        """What was handed in to be redeemed under these keys, and under all others of their holders."""
        persons = [row[0] for row in self._database.lookup("SELECT person FROM holders WHERE key", keys)]
        others = [row[0] for row in self._database.lookup("SELECT key FROM holders WHERE person", persons)]
        wanted = list(dict.fromkeys([*keys, *others]))
        return dict(self._database.lookup("SELECT key, redeemed_fen FROM redeemed WHERE key", wanted))

    def forget_before(self, day: int) -> None:
        """Drop what was counted for days before this one."""
        for table in ("loaded_by_day", "paid_by_day", "counted_parts"):
            self._database.execute(f"DELETE FROM {table} WHERE day < ?", day)  # noqa: S608
