"""The same online services with the databases on a PostgreSQL server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.customers import Shop, at, pay, second_factor
from tests.api.service import Service, serving_here
from tests.database.servers import Server


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    server = Server()
    try:
        with serving_here(tmp_path, database=server.address()) as service:
            yield service
    finally:
        server.remove()


def test_a_day_at_a_bank(service: Service) -> None:
    shop = Shop(service)
    shop.offer("A-1")
    receipt_no = shop.buy("A-1", "a").json()["receipt_no"]
    assert shop.refund(receipt_no, 600, "b").json()["refunds_no"] == receipt_no
    (day,) = service.ask("GET", shop.at("/settlement"), key=shop.key).json()["items"]
    assert day["net_fen"] == 3_000 == service.balance_fen(shop.key)
    shown = service.ask("GET", at(shop.buyer, f"/receipts/{receipt_no}"), key=shop.buyer).json()
    assert shown["refunded_fen"] == 600
    lines = service.ask("GET", at(shop.buyer, "/statement"), key=shop.buyer).json()["lines"]
    assert [line["amount_fen"] for line in lines] == [90_000, -3_600, 600]
    events = service.ask("GET", at(shop.buyer, "/events?cursor=1.0"), key=shop.buyer).json()["items"]
    assert [event["entry_no"] for event in events] == [line["entry_no"] for line in lines]
    asked = {"receipt_no": receipt_no, "reason": "cold"}
    opened = service.ask("POST", at(shop.buyer, "/disputes"), json=asked, key=shop.buyer).json()
    path = f"/v1/disputes/{opened['dispute_no']}"
    assert service.ask("PUT", path, json={"outcome": "refunded"}, token=shop.staff).status_code == 200
    second = second_factor(service, shop.buyer)
    child = service.wallet("child", person="buyer")
    path = at(shop.buyer, f"/sub-wallets/{child.public.hex()}")
    assert service.ask("PUT", path, json={"payment_fen": 1, "day_fen": 1}, key=shop.buyer).status_code == 200
    service.desk.deposit(shop.buyer.public, 200_000, idempotency_key="c")
    assert pay(service, shop.buyer, child, 100_000, "d", code=second.now()).status_code == 200
    assert service.ask("PUT", at(child, "/freeze"), json={}, key=shop.buyer).json()["state"] == "frozen"
    service.check_books()
