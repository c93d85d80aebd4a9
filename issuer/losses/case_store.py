"""Cases as they are told, archived ones too, and what their holders have signed, in the database."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from shuangli.database.database import Database, only

_ALL_CASES: Final = (
    "SELECT case_no, coin_key, culprit, operator, face_fen, found_s, 0 AS archived FROM cases UNION ALL"
    " SELECT case_no, coin_key, culprit, operator, face_fen, found_s, 1 FROM past_cases"
)


class CaseTold(NamedTuple):
    """A case as people and operators look at it; what the fund has paid on it and is still owed, in fen.

    `named` says whether the culprit's operator has said who holds its key.
    """

    case_no: int
    coin_key: bytes
    culprit: bytes
    operator: str
    face_fen: int
    found_s: int
    archived: bool
    named: bool
    claimed_fen: int
    open_fen: int


class CaseStore:
    """All cases that were ever found; what writes is called inside the issuer's transaction."""

    def __init__(self, database: Database) -> None:
        """Use the tables in `database`."""
        self._database = database

    def cases(self, *, operator: str, after: int, most: int) -> list[CaseTold]:
        """The first so many cases after a number; of one operator's keys if it is given."""
        which, values = (" AND operator = ?", (operator,)) if operator else ("", ())
        rows = self._database.rows(
            "SELECT case_no, known.coin_key, known.culprit, operator, face_fen, found_s, archived,"  # noqa: S608
            " CASE WHEN person IS NULL THEN 0 ELSE 1 END, coalesce(claimed_fen, 0),"
            " coalesce(claimed_fen - set_off_fen - recovered_fen - written_off_fen, 0)"
            f" FROM ({_ALL_CASES}) AS known LEFT JOIN holders ON key = known.culprit"
            " LEFT JOIN receivables ON receivables.coin_key = known.coin_key"
            f" WHERE case_no > ?{which} ORDER BY case_no LIMIT ?",
            *(after, *values, most),
        )
        return [
            CaseTold(no, coin_key, culprit, of, face_fen, found_s, bool(archived), bool(named), claimed, owed)
            for no, coin_key, culprit, of, face_fen, found_s, archived, named, claimed, owed in rows
        ]

    def culprits_of(self, operator: str) -> list[bytes]:
        """The keys that an operator has certified and a case names, also one that is archived."""
        query = f"SELECT DISTINCT culprit FROM ({_ALL_CASES}) AS known WHERE operator = ? ORDER BY culprit"  # noqa: S608
        return [key for (key,) in self._database.rows(query, operator)]

    def first_case_of(self, key: bytes) -> int:
        """The number of the first case that names a key.

        Raises:
            LookupError: none does.
        """
        query = f"SELECT case_no FROM ({_ALL_CASES}) AS known WHERE culprit = ? ORDER BY case_no LIMIT 1"  # noqa: S608
        return int(only(self._database.row(query, key)))

    def add_enrolment(self, key: bytes, enrolment: bytes) -> bool:
        """Keep what the holder of a key signed at opening; says whether it is new."""
        added = self._database.execute(
            "INSERT INTO enrolments VALUES (?, ?) ON CONFLICT (key) DO NOTHING", key, enrolment
        )
        return added > 0

    def keep_cases(self, numbers: Iterable[int]) -> None:
        """Keep, without what evidence needs, cases that are about to be deleted."""
        self._database.many(
            "INSERT INTO past_cases SELECT case_no, coin_key, culprit, operator, face_fen, found_s FROM cases"
            " WHERE case_no = ?",
            [(number,) for number in numbers],
        )
