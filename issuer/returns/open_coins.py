"""The open coins in the issuer's database: what nobody has spent, and when it is due to go back."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from shuangli.database.database import Database
from shuangli.errors import StoreError
from shuangli.issuer.facts import NEVER_S, Given, ObjectKind, OpenCoin, Place
from shuangli.issuer.objects import Objects
from shuangli.issuer.returns.tables import DISPUTES, GIVERS, OPEN_COINS

FIRST: Final = (0, -1)
"""Before every open coin."""


class DueCoin(NamedTuple):
    """An open coin after its time, with the object that made it, and who gave it if not its owner."""

    coin: OpenCoin
    kind: ObjectKind
    parent: bytes
    given: Given | None


class OpenCoins:
    """The table of open coins; reads and writes happen inside the issuer's transaction."""

    def __init__(self, database: Database, objects: Objects) -> None:
        """Use the table in `database`; `objects` has what the coins came about by."""
        self._database = database
        self._objects = objects

    def add(self, coins: Iterable[OpenCoin]) -> None:
        """Coins have come about."""
        self._database.insert(
            OPEN_COINS,
            [
                (place[0], place[1], value_fen, epoch, int(place[2]), due_s)
                for place, value_fen, epoch, due_s in coins
            ],
        )

    def give(self, given: Iterable[tuple[tuple[int, int], Given]]) -> None:
        """Note who gave coins under a condition, by place: they go back there."""
        self._database.insert(GIVERS, [(*place, *giver) for place, giver in given])

    def close(self, places: Sequence[tuple[int, int]]) -> None:
        """Coins are spent, or have gone back.

        Raises:
            StoreError: one of them was not open (`corrupt`).
        """
        if self._database.delete(OPEN_COINS, places) != len(places):
            raise StoreError("corrupt", "a coin that was spent or went back now was not open")

    def hold(self, places: Sequence[tuple[int, int]]) -> None:
        """Let coins, those of them that are open, never go back by themselves."""
        self._database.many(
            "UPDATE open_coins SET due_s = ? WHERE parent_no = ? AND position = ?",
            [(NEVER_S, *place) for place in places],
        )

    def due(self, up_to_s: int, *, after: tuple[int, int], most: int) -> list[DueCoin]:
        """The first so many coins after a place that were due by `up_to_s`, in the order of their places."""
        rows = self._database.rows(
            "SELECT parent_no, position, forked, value_fen, epoch, due_s FROM open_coins"
            " WHERE (parent_no, position) > (?, ?) AND due_s <= ? ORDER BY parent_no, position LIMIT ?",
            *after,
            up_to_s,
            most,
        )
        return [self._due_coin(*row) for row in rows]

    def disputed(self) -> list[DueCoin]:
        """The coins that wait for a decision, in the order of their places."""
        rows = self._database.rows(
            "SELECT parent_no, position, forked, value_fen, epoch, disputes.due_s"
            " FROM disputes JOIN open_coins USING (parent_no, position)"
            " ORDER BY parent_no, position"
        )
        return [self._due_coin(*row) for row in rows]

    def is_held(self, parent_no: int, position: int) -> bool:
        """Say whether an open coin never goes back by itself."""
        row = self._database.row(
            "SELECT due_s FROM open_coins WHERE parent_no = ? AND position = ?", parent_no, position
        )
        return row is not None and row[0] == NEVER_S

    def dispute(self, coin: OpenCoin) -> None:
        """Let a coin wait for a decision."""
        self._database.insert(DISPUTES, [(*coin.place[:2], coin.due_s)])
        self.hold([coin.place[:2]])

    def count_fen(self) -> dict[tuple[int, bool], int]:
        """All of them counted afresh, in fen by (epoch, on a fork)."""
        rows = self._database.rows(
            "SELECT epoch, forked, sum(value_fen) FROM open_coins GROUP BY epoch, forked"
        )
        return {(epoch, bool(forked)): int(total_fen) for epoch, forked, total_fen in rows}

    def _due_coin(
        self, parent_no: int, position: int, forked: int, value_fen: int, epoch: int, due_s: int
    ) -> DueCoin:
        place = Place(parent_no, position, bool(forked))
        given = self._database.row(
            "SELECT giver, operator FROM givers WHERE parent_no = ? AND position = ?", parent_no, position
        )
        kind, parent = self._objects.get(parent_no)
        coin = OpenCoin(place, value_fen, epoch, due_s)
        return DueCoin(coin, kind, parent, None if given is None else Given(*given))
