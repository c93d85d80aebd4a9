"""Where customers have paid: at the counters of merchants, and from nowhere else.

No device is asked where it is. A merchant that has a counter tells the bank about where, when it is enlisted;
so a payment to it, online or in what it hands in, was made there. Of the payer that is known for a day and
then forgotten: nobody on earth is farther than that from anywhere.
"""

from typing import Final, NamedTuple

from shuangli.database.database import Database
from shuangli.database.tables import BYTES, NUMBER, Table
from shuangli.days import DAY_S
from shuangli.messages.hand_in import HandIn
from shuangli.messages.transfers import Transfer
from shuangli.operator.risk.events import Place

PLACES: Final = Table(
    name="merchant_places",
    columns={"wallet": BYTES, "north": NUMBER, "east": NUMBER},
    key=("wallet",),
)
"""The counter of the merchant with this wallet, in hundredths of a degree."""
PLACE_TABLES: Final = (
    PLACES,
    "CREATE INDEX risk_events_placed ON risk_events (at_s) WHERE place <> ''",
)
PLACED_BY_PERSON: Final = "CREATE INDEX risk_events_placed_by ON risk_events (person, at_s) WHERE place <> ''"
"""Where a person was last is asked for every movement; without it, all that they ever did is read."""
KNOWN_FOR_S: Final = DAY_S


class PaidAt(NamedTuple):
    """A payment offline at a counter: by which key, how much, when it was signed, and where."""

    payer: bytes
    amount_fen: int
    at_s: int
    place: Place


class Places:
    """The counters of one operator's merchants; what writes is called inside its transaction."""

    def __init__(self, database: Database) -> None:
        """Use the tables in `database`."""
        self._database = database

    def set(self, merchant: bytes, place: Place | None) -> None:
        """Note where a merchant's counter is; None if it has none."""
        self._database.delete(PLACES, [(merchant,)])
        if place is not None:
            self._database.insert(PLACES, [(merchant, *place)])

    def of(self, merchant: bytes) -> Place | None:
        """Where a merchant's counter is, if it has told."""
        row = self._database.row("SELECT north, east FROM merchant_places WHERE wallet = ?", merchant)
        return None if row is None else Place(*row)

    def paid_at(self, merchant: bytes, upload_id: bytes) -> list[PaidAt]:
        """The payments at a merchant's counter that are in an upload which was settled for it."""
        place = self.of(merchant)
        if place is None:
            return []
        row = self._database.row("SELECT data FROM uploads WHERE upload_id = ?", upload_id)
        if row is None:
            return []
        transfers = map(Transfer.parse, HandIn.decode(row[0]).bundle.transfers)
        return [
            PaidAt(each.payer, each.pay_fen, each.signed_at_s, place)
            for each in transfers
            if each.payee == merchant
        ]

    def forget(self, *, now_s: int) -> None:
        """Forget where customers have paid longer ago."""
        self._database.execute(
            "UPDATE risk_events SET place = '' WHERE place <> '' AND at_s < ?", now_s - KNOWN_FOR_S
        )
