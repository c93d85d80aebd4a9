"""Orders under way: what the issuer was asked to mint and has not answered. Written down before it is asked.

What is ordered counts against the deposit of its wallet and the limits of its person. An order stays under
way until the issuer has given the load or has refused it, whatever becomes of this process meanwhile: it is
asked again.
"""

from typing import Final, NamedTuple

from shuangli.database.database import Database, only
from shuangli.database.tables import BYTES, NUMBER, Table

UNDER_WAY: Final = Table(
    name="orders_under_way",
    columns={
        "order_id": BYTES,
        "data": BYTES,
        "wallet": BYTES,
        "person": BYTES,
        "amount_fen": NUMBER,
        "asked_s": NUMBER,
    },
    key=("order_id",),
    clustered=False,
)


class Ordered(NamedTuple):
    """An order under way, by its id: as the wallet has signed it, and when the issuer was asked first."""

    order_id: bytes
    data: bytes
    asked_s: int


class OrdersUnderWay:
    """The orders of one operator's wallets; what writes is called inside the operator's transaction."""

    def __init__(self, database: Database) -> None:
        """Use the table in `database`."""
        self._database = database

    def add(
        self, order_id: bytes, data: bytes, *, wallet: bytes, person: bytes, amount_fen: int, asked_s: int
    ) -> None:
        """Note that the issuer is asked for a load."""
        self._database.insert(UNDER_WAY, [(order_id, data, wallet, person, amount_fen, asked_s)])

    def end(self, order_id: bytes) -> None:
        """Note that the issuer has answered; once is enough."""
        self._database.delete(UNDER_WAY, [(order_id,)])

    def find(self, order_id: bytes) -> Ordered | None:
        """An order under way."""
        row = self._database.row(
            "SELECT order_id, data, asked_s FROM orders_under_way WHERE order_id = ?", order_id
        )
        return Ordered(*row) if row else None

    def after(self, order_id: bytes, *, most: int) -> list[Ordered]:
        """The first so many after one, in the order of ids."""
        rows = self._database.rows(
            "SELECT order_id, data, asked_s FROM orders_under_way WHERE order_id > ?"
            " ORDER BY order_id LIMIT ?",
            order_id,
            most,
        )
        return [Ordered(*row) for row in rows]

    def by_wallet_fen(self, key: bytes) -> int:
        """What a wallet has ordered."""
        query = "SELECT coalesce(sum(amount_fen), 0) FROM orders_under_way WHERE wallet = ?"
        return int(only(self._database.row(query, key)))

    def by_person_fen(self, person: bytes) -> int:
        """What all wallets of a person have ordered."""
        query = "SELECT coalesce(sum(amount_fen), 0) FROM orders_under_way WHERE person = ?"
        return int(only(self._database.row(query, person)))
