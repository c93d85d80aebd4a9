"""What has gone back, and what decides when: returns, watermarks, keys reported lost, disputes."""

from collections.abc import Collection
from itertools import takewhile

from shuangli.database.database import Database, only
from shuangli.issuer.facts import OpenCoin, Place
from shuangli.issuer.returns.due import Owed, Return, first_open_s
from shuangli.issuer.returns.tables import DISPUTES, RETURNS


class ReturnStore:
    """What has gone back, and what decides when; reads and writes happen inside the issuer's transaction."""

    def __init__(self, database: Database) -> None:
        """Use the tables in `database`."""
        self._database = database

    def watermarks(self) -> dict[str, int]:
        """Up to when each operator has passed everything on, in seconds."""
        return dict(self._database.rows("SELECT operator, up_to_s FROM watermarks"))

    def set_watermark(self, operator: str, up_to_s: int, data: bytes) -> None:
        """Keep an operator's watermark, as signed; an older one changes nothing."""
        self._database.execute(
            "INSERT INTO watermarks VALUES (?, ?, ?) ON CONFLICT (operator) DO UPDATE"
            " SET up_to_s = excluded.up_to_s, data = excluded.data"
            " WHERE excluded.up_to_s > watermarks.up_to_s",
            operator,
            up_to_s,
            data,
        )

    def first_open_s(self, operator: str) -> int:
        """The first second that is still open for this operator's hand-ins (`returns.due.first_open_s`)."""
        last_due_s = only(
            self._database.row(
                "SELECT max(due_s) FROM (SELECT due_s FROM returns"
                " UNION ALL SELECT due_s FROM frozen WHERE taken_s IS NOT NULL) AS gone"
            )
        )
        signed = self._database.row("SELECT up_to_s FROM watermarks WHERE operator = ?", operator)
        return first_open_s(watermark_s=signed[0] if signed else None, last_due_s=last_due_s)

    def add(self, goes_to: Owed, coin: OpenCoin, *, from_fund: bool, returned_s: int) -> int:
        """Note that a coin goes back; what comes out of the guarantee fund is paid when it is asked for.

        Gives the return's number at its operator.
        """
        number = only(
            self._database.row(
                "SELECT coalesce(max(number), 0) + 1 FROM returns WHERE operator = ?", goes_to.operator
            )
        )
        row = (
            goes_to.operator,
            number,
            goes_to.owner,
            *coin.place[:2],
            goes_to.parent_id,
            goes_to.coin_id,
            coin.value_fen,
            coin.epoch,
            int(from_fund),
            0 if from_fund else coin.value_fen,
            coin.due_s,
            returned_s,
        )
        self._database.insert(RETURNS, [row])
        return int(number)

    def of_operator(
        self, operator: str, *, after: int, most: int, unpaid: Collection[int] = ()
    ) -> list[Return]:
        """An operator's first so many returns after a number, in their order.

        They end before the first that the guarantee fund is to pay, and cannot now: in an epoch of `unpaid`.
        """
        rows = self._database.rows(
            "SELECT number, owner, parent_id, coin_id, value_fen, from_fund, returned_s,"
            " CASE WHEN from_fund = 1 AND paid_fen = 0 THEN epoch ELSE 0 END FROM returns"
            " WHERE operator = ? AND number > ? ORDER BY number LIMIT ?",
            operator,
            after,
            most,
        )
        return [
            Return(
                operator=operator,
                number=number,
                owner=owner,
                parent_id=parent_id,
                coin_id=coin_id,
                value_fen=value_fen,
                from_fund=bool(from_fund),
                returned_at_s=returned_s,
            )
            for number, owner, parent_id, coin_id, value_fen, from_fund, returned_s, _ in takewhile(
                lambda row: row[-1] not in unpaid, rows
            )
        ]

    def from_fund(self, operator: str, number: int) -> tuple[OpenCoin, bytes, bytes, int] | None:
        """A return out of the guarantee fund: its coin and that's id, whom it goes back to, what was paid."""
        row = self._database.row(
            "SELECT parent_no, position, value_fen, epoch, due_s, coin_id, owner, paid_fen FROM returns"
            " WHERE operator = ? AND number = ? AND from_fund = 1",
            operator,
            number,
        )
        if row is None:
            return None
        parent_no, position, value_fen, epoch, due_s, coin_id, owner, paid_fen = row
        return OpenCoin(Place(parent_no, position, True), value_fen, epoch, due_s), coin_id, owner, paid_fen

    def set_paid(self, operator: str, number: int, paid_fen: int) -> None:
        """Note what the guarantee fund has paid for a return."""
        self._database.execute(
            "UPDATE returns SET paid_fen = ? WHERE operator = ? AND number = ?", paid_fen, operator, number
        )

    def paid_fen(self, parent_no: int, position: int) -> int | None:
        """What was paid for the output at this place when it went back; None if it has not."""
        row = self._database.row(
            "SELECT paid_fen FROM returns WHERE parent_no = ? AND position = ?", parent_no, position
        )
        return int(row[0]) if row else None

    def add_lost_key(self, key: bytes, operator: str, reported_s: int) -> None:
        """Note that the holder of a key has reported it lost to an operator."""
        self._database.execute(
            "INSERT INTO lost_keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING", key, operator, reported_s
        )

    def lost_at(self, key: bytes) -> str | None:
        """The operator at which a key was reported lost."""
        row = self._database.row("SELECT operator FROM lost_keys WHERE key = ?", key)
        return row[0] if row else None

    def settle_dispute(self, place: Place) -> None:
        """A coin waits no more."""
        self._database.delete(DISPUTES, [place[:2]])
