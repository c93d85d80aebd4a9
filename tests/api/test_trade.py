"""Merchants, what they are paid, refunds, and disputes."""

import pytest

from tests.api.customers import Shop, at, pay
from tests.api.service import Service


@pytest.fixture
def shop(service: Service) -> Shop:
    return Shop(service)


def test_an_order_is_paid_once(shop: Shop) -> None:
    service = shop.service
    assert shop.offer("A-1").json()["receipt_no"] is None
    assert shop.offer("A-1").status_code == 200
    assert shop.offer("A-1", 3_601).json()["code"] == "nonce-used"
    shown = service.ask("GET", shop.at("/sales/A-1"), key=shop.buyer).json()
    assert (shown["amount_fen"], shown["description"]) == (3_600, "two teas")
    assert service.ask("GET", shop.at()).json()["name"] == "Tea house"
    paid = shop.buy("A-1", "a")
    assert shop.buy("A-1", "a").content == paid.content
    again = shop.buy("A-1", "b")
    assert (again.status_code, again.json()["code"]) == (422, "nothing-due")
    shown = service.ask("GET", shop.at("/sales/A-1"), key=shop.buyer).json()
    assert shown["receipt_no"] == paid.json()["receipt_no"]
    assert service.balance_fen(shop.key) == 3_600
    assert shop.buy("A-2", "c").json()["code"] == "not-found"
    shop.offer("A-3")
    service.clock.advance(900)
    assert shop.buy("A-3", "d").json()["code"] == "too-late"
    service.check_books()


def test_refunds_are_no_more_than_what_was_paid(shop: Shop) -> None:
    shop.offer("A-1")
    receipt_no = shop.buy("A-1", "a").json()["receipt_no"]
    assert shop.refund(receipt_no, 1_600, "b").json()["refunds_no"] == receipt_no
    assert shop.refund(receipt_no, 1_600, "b").status_code == 200
    more = shop.refund(receipt_no, 2_001, "c")
    assert (more.status_code, more.json()["code"]) == (422, "nothing-due")
    assert shop.refund(receipt_no, 2_000, "d").status_code == 200
    assert shop.service.balance_fen(shop.buyer) == 90_000
    shown = shop.service.ask("GET", at(shop.buyer, f"/receipts/{receipt_no}"), key=shop.buyer).json()
    assert shown["refunded_fen"] == 3_600
    refund_no = shop.service.ask("GET", at(shop.buyer, "/receipts"), key=shop.buyer).json()["items"][-1]
    back = shop.refund(refund_no["receipt_no"], 1, "e")
    assert (back.status_code, back.json()["code"]) == (404, "not-found")


def test_a_settlement_statement_adds_up_by_day(shop: Shop) -> None:
    service = shop.service
    for number in range(3):
        shop.offer(f"A-{number}", 1_000)
        last = shop.buy(f"A-{number}", f"{number}").json()["receipt_no"]
    service.clock.advance(86_400)
    asked = {"receipt_no": last, "amount_fen": 400}
    service.ask("POST", at(shop.key, "/refunds"), json=asked, key=shop.key, once="back")
    items = service.ask("GET", shop.at("/settlement"), key=shop.key).json()["items"]
    first, second = items
    assert (first["payments"], first["paid_fen"], first["net_fen"]) == (3, 3_000, 3_000)
    assert (second["refunds"], second["refunded_fen"], second["net_fen"]) == (1, 400, -400)
    assert sum(item["net_fen"] for item in items) == service.balance_fen(shop.key)


def test_only_companies_become_merchants(shop: Shop) -> None:
    person = shop.service.wallet("person")
    entry = {"name": "Me", "category": "5814"}
    told = shop.service.ask("PUT", f"/v1/merchants/{person.public.hex()}", json=entry, token=shop.staff)
    assert (told.status_code, told.json()["code"]) == (400, "bad-value")
    own = shop.service.token("sales:write", wallet=person.public)
    asked = {"order_id": "A", "amount_fen": 1}
    path = f"/v1/merchants/{person.public.hex()}/sales"
    assert shop.service.ask("POST", path, json=asked, token=own).json()["code"] == "not-found"


@pytest.mark.parametrize("outcome", ["refunded", "rejected"])
def test_a_dispute_is_decided_once_by_the_operator(shop: Shop, outcome: str) -> None:
    service = shop.service
    shop.offer("A-1")
    receipt_no = shop.buy("A-1", "a").json()["receipt_no"]
    asked = {"receipt_no": receipt_no, "reason": "the tea was cold"}
    opened = service.ask("POST", at(shop.buyer, "/disputes"), json=asked, key=shop.buyer).json()
    assert opened["outcome"] == "open"
    twice = service.ask("POST", at(shop.buyer, "/disputes"), json=asked, key=shop.buyer)
    assert (twice.status_code, twice.json()["code"]) == (422, "nothing-due")
    theirs = service.ask("POST", at(shop.key, "/disputes"), json=asked, key=shop.key)
    assert (theirs.status_code, theirs.json()["code"]) == (404, "not-found")
    listed = service.ask("GET", "/v1/disputes", token=shop.staff).json()["items"]
    assert listed == [opened]
    path = f"/v1/disputes/{opened['dispute_no']}"
    for _ in range(2):
        decided = service.ask("PUT", path, json={"outcome": outcome}, token=shop.staff).json()
        assert decided["outcome"] == outcome
    other = {"refunded": "rejected", "rejected": "refunded"}[outcome]
    changed = service.ask("PUT", path, json={"outcome": other}, token=shop.staff)
    assert (changed.status_code, changed.json()["code"]) == (422, "nothing-due")
    assert service.balance_fen(shop.buyer) == (90_000 if outcome == "refunded" else 86_400)
    mine = service.ask("GET", at(shop.buyer, "/disputes"), key=shop.buyer).json()["items"]
    assert mine == [decided]
    service.check_books()


def test_a_dispute_is_decided_for_the_payer_although_the_merchant_has_refunded_all_meanwhile(
    shop: Shop,
) -> None:
    """Nothing is left to give back: the decision stands all the same."""
    service = shop.service
    shop.offer("A-1")
    receipt_no = shop.buy("A-1", "a").json()["receipt_no"]
    asked = {"receipt_no": receipt_no, "reason": "the tea was cold"}
    opened = service.ask("POST", at(shop.buyer, "/disputes"), json=asked, key=shop.buyer).json()
    assert shop.refund(receipt_no, 3_600, "r").status_code == 200
    path = f"/v1/disputes/{opened['dispute_no']}"
    for _ in range(2):
        decided = service.ask("PUT", path, json={"outcome": "refunded"}, token=shop.staff)
        assert (decided.status_code, decided.json().get("outcome")) == (200, "refunded"), decided.text
    assert service.balance_fen(shop.buyer) == 90_000
    service.check_books()


def test_a_payment_is_disputed_for_half_a_year(shop: Shop) -> None:
    receipt_no = pay(shop.service, shop.buyer, shop.key, 5, "a").json()["receipt_no"]
    shop.service.clock.advance(180 * 86_400 + 1)
    asked = {"receipt_no": receipt_no, "reason": "late"}
    told = shop.service.ask("POST", at(shop.buyer, "/disputes"), json=asked, key=shop.buyer)
    assert (told.status_code, told.json()["code"]) == (422, "too-late")


def test_a_merchant_that_closes_its_wallet_gets_out_of_no_dispute(shop: Shop) -> None:
    """Its money has gone to its next wallet, and is given back out of that."""
    service = shop.service
    shop.offer("A-1")
    receipt_no = shop.buy("A-1", "a").json()["receipt_no"]
    asked = {"receipt_no": receipt_no, "reason": "the tea was cold"}
    opened = service.ask("POST", at(shop.buyer, "/disputes"), json=asked, key=shop.buyer).json()
    service.ask("POST", at(shop.key, "/close"), json={"lost": False}, key=shop.key)
    next_one = service.wallet("next shop", tier=0, person="shop")
    assert service.balance_fen(next_one) == 3_600
    path = f"/v1/disputes/{opened['dispute_no']}"
    decided = service.ask("PUT", path, json={"outcome": "refunded"}, token=shop.staff)
    assert decided.status_code == 200, decided.text
    assert (service.balance_fen(shop.buyer), service.balance_fen(next_one)) == (90_000, 0)
    service.check_books()
