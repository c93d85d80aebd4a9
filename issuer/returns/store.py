"""The issuer's tables of what is open and what has gone back.

An open coin is found by where it came about, and says when it is due to go back; whom it goes back to
stands in the signed object that made it. There is no index by time: coins come and go with every
payment, and what is due is looked for once a day, by a scan in the order in which coins came about.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from shuangli.errors import StoreError
from shuangli.issuer.facts import NEVER_S, ObjectKind, OpenCoin, Place
from shuangli.issuer.returns.due import Owed, Return

FIRST: Final = (0, -1)
"""Before every open coin."""

RETURNS_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS open_coins (
    parent_no INTEGER NOT NULL,
    position INTEGER NOT NULL,
    value_fen INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    forked INTEGER NOT NULL,
    due_s INTEGER NOT NULL,
    PRIMARY KEY (parent_no, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS returns (
    operator TEXT NOT NULL,
    number INTEGER NOT NULL,
    owner BLOB NOT NULL,
    parent_no INTEGER NOT NULL,
    position INTEGER NOT NULL,
    parent_id BLOB NOT NULL,
    coin_id BLOB NOT NULL,
    value_fen INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    from_fund INTEGER NOT NULL,
    paid_fen INTEGER NOT NULL,
    due_s INTEGER NOT NULL,
    returned_s INTEGER NOT NULL,
    PRIMARY KEY (operator, number),
    UNIQUE (parent_no, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS returns_by_due ON returns (due_s);
CREATE TABLE IF NOT EXISTS watermarks (
    operator TEXT PRIMARY KEY,
    up_to_s INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lost_keys (
    key BLOB PRIMARY KEY,
    operator TEXT NOT NULL,
    reported_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS disputes (
    parent_no INTEGER NOT NULL,
    position INTEGER NOT NULL,
    due_s INTEGER NOT NULL,
    PRIMARY KEY (parent_no, position)
) STRICT, WITHOUT ROWID;
"""


class DueCoin(NamedTuple):
    """An open coin after its time, with the object that made it."""

    coin: OpenCoin
    kind: ObjectKind
    parent: bytes


class OpenCoins:
    """The table of open coins; reads and writes happen inside the issuer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use the table in an open database."""
        self._connection = connection

    def add(self, coins: Iterable[OpenCoin]) -> None:
        """Coins have come about."""
        self._connection.executemany(
            "INSERT INTO open_coins VALUES (?, ?, ?, ?, ?, ?)",
            [
                (place.parent_no, place.position, value_fen, epoch, int(place.forked), due_s)
                for place, value_fen, epoch, due_s in coins
            ],
        )

    def close(self, places: Sequence[Place]) -> None:
        """Coins are spent, or have gone back.

        Raises:
            StoreError: one of them was not open (`corrupt`).
        """
        closed = self._connection.executemany(
            "DELETE FROM open_coins WHERE parent_no = ? AND position = ?", [place[:2] for place in places]
        )
        if places and closed.rowcount != len(places):
            raise StoreError("corrupt", "a coin that was spent or went back now was not open")

    def hold(self, places: Sequence[Place]) -> None:
        """Let coins, those of them that are open, never go back by themselves."""
        self._connection.executemany(
            "UPDATE open_coins SET due_s = ? WHERE parent_no = ? AND position = ?",
            [(NEVER_S, *place[:2]) for place in places],
        )

    def due(self, up_to_s: int, *, after: tuple[int, int], most: int) -> list[DueCoin]:
        """The first so many coins after a place that were due by `up_to_s`, in the order of their places."""
        rows = self._connection.execute(
            "SELECT parent_no, position, forked, value_fen, epoch, due_s, kind, data"
            " FROM open_coins JOIN objects ON no = parent_no"
            " WHERE (parent_no, position) > (?, ?) AND due_s <= ? ORDER BY parent_no, position LIMIT ?",
            (*after, up_to_s, most),
        )
        return [_due_coin(*row) for row in rows]

    def disputed(self) -> list[DueCoin]:
        """The coins that wait for a decision, in the order of their places."""
        rows = self._connection.execute(
            "SELECT parent_no, position, forked, value_fen, epoch, disputes.due_s, kind, data"
            " FROM disputes JOIN open_coins USING (parent_no, position) JOIN objects ON no = parent_no"
            " ORDER BY parent_no, position"
        )
        return [_due_coin(*row) for row in rows]

    def is_held(self, parent_no: int, position: int) -> bool:
        """Say whether an open coin never goes back by itself."""
        row = self._connection.execute(
            "SELECT due_s FROM open_coins WHERE parent_no = ? AND position = ?", (parent_no, position)
        ).fetchone()
        return row is not None and row[0] == NEVER_S

    def dispute(self, coin: OpenCoin) -> None:
        """Let a coin wait for a decision."""
        self._connection.execute("INSERT INTO disputes VALUES (?, ?, ?)", (*coin.place[:2], coin.due_s))
        self.hold([coin.place])

    def count_fen(self) -> dict[tuple[int, bool], int]:
        """All of them counted afresh, in fen by (epoch, on a fork)."""
        rows = self._connection.execute(
            "SELECT epoch, forked, sum(value_fen) FROM open_coins GROUP BY epoch, forked"
        )
        return {(epoch, bool(forked)): total for epoch, forked, total in rows}


def _due_coin(
    parent_no: int,
    position: int,
    forked: int,
    value_fen: int,
    epoch: int,
    due_s: int,
    kind: int,
    parent: bytes,
) -> DueCoin:
    place = Place(parent_no, position, bool(forked))
    return DueCoin(OpenCoin(place, value_fen, epoch, due_s), ObjectKind(kind), parent)


class ReturnStore:
    """What has gone back, and what decides when; reads and writes happen inside the issuer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use the tables in an open database."""
        self._connection = connection

    def watermarks(self) -> dict[str, int]:
        """Up to when each operator has passed everything on, in seconds."""
        return dict(self._connection.execute("SELECT operator, up_to_s FROM watermarks"))

    def set_watermark(self, operator: str, up_to_s: int, data: bytes) -> None:
        """Keep an operator's watermark, as signed; an older one changes nothing."""
        self._connection.execute(
            "INSERT INTO watermarks VALUES (?, ?, ?) ON CONFLICT (operator) DO UPDATE"
            " SET up_to_s = excluded.up_to_s, data = excluded.data WHERE excluded.up_to_s > up_to_s",
            (operator, up_to_s, data),
        )

    def first_open_s(self, operator: str) -> int:
        """The first second that is still open for this operator's hand-ins.

        It lies after what the operator has said it has passed on, and after the deadline of whatever has gone
        back: so nothing that has gone back is ever claimed in time, whatever an operator says.
        """
        row = self._connection.execute(
            "SELECT max(coalesce((SELECT max(due_s) FROM returns), -1),"
            " coalesce((SELECT up_to_s FROM watermarks WHERE operator = ?), -1))",
            (operator,),
        ).fetchone()
        return int(row[0]) + 1

    def add(self, goes_to: Owed, coin: OpenCoin, *, from_fund: bool, returned_s: int) -> None:
        """Note that a coin goes back; what comes out of the guarantee fund is paid when it is asked for."""
        self._connection.execute(
            "INSERT INTO returns VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM returns"
            " WHERE operator = ?1), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                goes_to.operator,
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
            ),
        )

    def of_operator(self, operator: str, *, after: int, most: int) -> list[Return]:
        """An operator's first so many returns after a number, in their order."""
        rows = self._connection.execute(
            "SELECT number, owner, parent_id, coin_id, value_fen, from_fund, returned_s FROM returns"
            " WHERE operator = ? AND number > ? ORDER BY number LIMIT ?",
            (operator, after, most),
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
            for number, owner, parent_id, coin_id, value_fen, from_fund, returned_s in rows
        ]

    def from_fund(self, operator: str, number: int) -> tuple[OpenCoin, bytes, int] | None:
        """A return out of the guarantee fund: its coin, whom it goes back to, what was paid so far."""
        row = self._connection.execute(
            "SELECT parent_no, position, value_fen, epoch, due_s, owner, paid_fen FROM returns"
            " WHERE operator = ? AND number = ? AND from_fund = 1",
            (operator, number),
        ).fetchone()
        if row is None:
            return None
        parent_no, position, value_fen, epoch, due_s, owner, paid_fen = row
        return OpenCoin(Place(parent_no, position, True), value_fen, epoch, due_s), owner, paid_fen

    def set_paid(self, operator: str, number: int, paid_fen: int) -> None:
        """Note what the guarantee fund has paid for a return."""
        self._connection.execute(
            "UPDATE returns SET paid_fen = ? WHERE operator = ? AND number = ?", (paid_fen, operator, number)
        )

    def paid_fen(self, parent_no: int, position: int) -> int | None:
        """What was paid for the output at this place when it went back; None if it has not."""
        row = self._connection.execute(
            "SELECT paid_fen FROM returns WHERE parent_no = ? AND position = ?", (parent_no, position)
        ).fetchone()
        return row[0] if row else None

    def add_lost_key(self, key: bytes, operator: str, reported_s: int) -> None:
        """Note that the holder of a key has reported it lost to an operator."""
        self._connection.execute(
            "INSERT OR IGNORE INTO lost_keys VALUES (?, ?, ?)", (key, operator, reported_s)
        )

    def lost_at(self, key: bytes) -> str | None:
        """The operator at which a key was reported lost."""
        row = self._connection.execute("SELECT operator FROM lost_keys WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def settle_dispute(self, place: Place) -> None:
        """A coin waits no more."""
        self._connection.execute("DELETE FROM disputes WHERE parent_no = ? AND position = ?", place[:2])
