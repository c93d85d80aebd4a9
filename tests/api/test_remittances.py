"""Payments to customers of other operators over HTTP: once, and told only to whom they concern."""

from tests.api.customers import at, second_factor
from tests.api.service import Service

ASKED = {"operator": "OP02", "payee": "00" * 32, "amount_fen": 300, "note": "lunch"}


def test_the_same_remittance_is_one_and_comes_back_where_nobody_is(service: Service) -> None:
    payer = service.wallet("payer", holds_fen=1_000)
    told = [service.ask("POST", at(payer, "/remittances"), json=ASKED, key=payer, once="a") for _ in range(2)]
    assert told[0].content == told[1].content
    shown = told[0].json()
    assert (shown["state"], shown["reason"], shown["decided_at_s"]) == ("under-way", "", None)
    assert service.balance_fen(payer) == 700
    # This network has one operator: the centre knows no other.
    service.desk.remittances.exchange()
    now = service.ask("GET", at(payer, f"/remittances/{shown['entry_no']}"), key=payer).json()
    assert (now["state"], now["reason"]) == ("returned", "not-admitted")
    assert service.balance_fen(payer) == 1_000
    kinds = [each["kind"] for each in service.ask("GET", at(payer, "/events"), key=payer).json()["items"]]
    assert kinds == ["deposit", "remittance", "remittance-returned"]
    service.check_books()


def test_pages_and_who_may_read(service: Service) -> None:
    payer, other = service.wallet("payer", holds_fen=1_000), service.wallet("other")
    for number in range(3):
        service.ask("POST", at(payer, "/remittances"), json=ASKED, key=payer, once=f"{number}")
    first = service.ask("GET", at(payer, "/remittances?limit=2"), key=payer).json()
    rest = service.ask("GET", at(payer, f"/remittances?limit=2&cursor={first['next']}"), key=payer).json()
    entries = [each["entry_no"] for each in (*first["items"], *rest["items"])]
    assert entries == sorted({*entries})
    assert (len(entries), rest["next"]) == (3, None)
    assert service.ask("GET", at(payer, "/remittances?direction=received"), key=payer).json()["items"] == []
    stranger = service.ask("GET", at(other, f"/remittances/{entries[0]}"), key=other)
    assert (stranger.status_code, stranger.json()["code"]) == (404, "not-found")


def test_a_large_one_needs_a_code_and_limits_hold(service: Service) -> None:
    payer = service.wallet("payer", tier=4, holds_fen=900_000)
    large = ASKED | {"amount_fen": 200_001}
    told = service.ask("POST", at(payer, "/remittances"), json=large, key=payer, once="a")
    assert (told.status_code, told.json()["code"]) == (403, "second-factor")
    code = second_factor(service, payer).now()
    told = service.ask("POST", at(payer, "/remittances"), json=large, key=payer, once="a", code=code)
    assert (told.status_code, told.json()["code"]) == (422, "over-limit")


def test_ones_own_operator_is_no_other(service: Service) -> None:
    payer = service.wallet("payer", holds_fen=1_000)
    told = service.ask(
        "POST", at(payer, "/remittances"), json=ASKED | {"operator": "OP01"}, key=payer, once="a"
    )
    assert told.status_code == 400
    assert told.json()["detail"].startswith("operator: OP01 pays its own customers by transfers")
