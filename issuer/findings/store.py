"""The issuer's tables of what is wrong without a case: loads never minted, limits broken; reports filed."""

from collections.abc import Iterable
from typing import Final

from shuangli.database.database import Database
from shuangli.database.tables import BYTES, NUMBER, TEXT, Table
from shuangli.issuer.findings.breaches import Breach
from shuangli.messages.loads import Load

ALARMS: Final = Table(
    name="alarms",
    columns={"load_id": BYTES, "epoch": NUMBER, "operator": TEXT, "raised_s": NUMBER},
    key=("load_id",),
)
BREACHES: Final = Table(
    name="breaches",
    columns={"transfer_no": NUMBER, "payer": BYTES, "over_fen": NUMBER},
    key=("transfer_no",),
)
REPORTS: Final = Table(
    name="filed_reports",
    columns={"report_id": BYTES, "made_at_s": NUMBER, "filed_s": NUMBER},
    key=("report_id",),
)
FINDINGS_TABLES: Final = (ALARMS, BREACHES)


class Findings:
    """The tables of alarms and breaches; reads and writes happen inside the issuer's transaction."""

    def __init__(self, database: Database) -> None:
        """Use the tables in `database`."""
        self._database = database

    def add_alarms(self, loads: Iterable[Load], *, operator: str, raised_s: int) -> None:
        """Note loads that carry a minting key's signature and are not in the mint log."""
        self._database.many(
            "INSERT INTO alarms VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [(load.signed.id, load.epoch, operator, raised_s) for load in loads],
        )

    def add_breaches(self, breaches: Iterable[Breach]) -> None:
        """Note limits that were broken offline."""
        self._database.insert(BREACHES, list(breaches))

    def add_report(self, report_id: bytes, made_at_s: int, filed_s: int) -> bool:
        """Note that a report was filed; says no if it was before."""
        added = self._database.execute(
            "INSERT INTO filed_reports VALUES (?, ?, ?) ON CONFLICT DO NOTHING", report_id, made_at_s, filed_s
        )
        return added > 0

    def alarms(self) -> list[tuple[bytes, int, str, int]]:
        """Loads that were handed in and never minted: load id, epoch, operator, when it was seen first."""
        rows = self._database.rows(
            "SELECT load_id, epoch, operator, raised_s FROM alarms ORDER BY raised_s, load_id"
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    def breaches(self) -> list[Breach]:
        """Limits that were broken offline, in the order in which they came to light."""
        rows = self._database.rows("SELECT transfer_no, payer, over_fen FROM breaches ORDER BY transfer_no")
        return [Breach(*row) for row in rows]
