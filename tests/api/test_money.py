"""Money that moves online: double entry, once, within limits, and told to whom it concerns."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.messages.loads import LoadOrder
from shuangli.operator.accounts import CASH
from shuangli.operator.service.auth.codes import FROM_FEN as SECOND_FACTOR_FROM_FEN
from tests.api.customers import at, pay, second_factor
from tests.api.service import Service


def test_f12_a_deposit_is_booked_once_however_often_it_is_asked_for(service: Service) -> None:
    key = service.wallet("saver")
    answers = [
        service.ask("POST", at(key, "/deposits"), json={"amount_fen": 700}, key=key, once="a")
        for _ in range(3)
    ]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[0].json()["balance_fen"] == 700 == service.balance_fen(key)
    assert service.desk.bank.store.ledger.balance_fen(CASH) == 700
    other = service.ask("POST", at(key, "/deposits"), json={"amount_fen": 701}, key=key, once="a")
    assert (other.status_code, other.json()["code"]) == (409, "nonce-used")
    service.check_books()


def test_one_key_means_one_order_of_one_wallet(service: Service) -> None:
    one, two = service.wallet("one"), service.wallet("two")
    for key in (one, two):
        told = service.ask("POST", at(key, "/deposits"), json={"amount_fen": 5}, key=key, once="same")
        assert told.status_code == 200
    assert (service.balance_fen(one), service.balance_fen(two)) == (5, 5)


def test_f13_the_same_transfer_many_times_at_once_is_one(service: Service) -> None:
    payer, payee = service.wallet("payer", holds_fen=1_000), service.wallet("payee")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: pay(service, payer, payee, 300, "a"), range(12)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert (service.balance_fen(payer), service.balance_fen(payee)) == (700, 300)
    service.check_books()


def test_a_transfer_is_one_entry_told_to_both_and_logged(service: Service) -> None:
    payer, payee = service.wallet("payer", holds_fen=1_000), service.wallet("payee")
    before = service.desk.bank.store.audit.size
    receipt = pay(service, payer, payee, 300, "a").json()
    assert (receipt["kind"], receipt["amount_fen"], receipt["note"]) == ("transfer", 300, "lunch")
    for key in (payer, payee):
        shown = service.ask("GET", at(key, f"/receipts/{receipt['receipt_no']}"), key=key).json()
        assert shown == receipt
        events = service.ask("GET", at(key, "/events"), key=key).json()["items"]
        assert events[-1]["entry_no"] == receipt["receipt_no"]
        assert events[-1]["amount_fen"] == (-300 if key is payer else 300)
    stranger = service.wallet("stranger")
    told = service.ask("GET", at(stranger, f"/receipts/{receipt['receipt_no']}"), key=stranger)
    assert (told.status_code, told.json()["code"]) == (404, "not-found")
    log = service.desk.bank.store.audit
    kinds = [Event.decode(data).kind for data in log.entries(before, log.size)]
    assert kinds.count(EventKind.POSTING) == 1
    service.check_books()


@pytest.mark.parametrize(
    ("amount_fen", "holds_fen", "tier", "code", "words"),
    [
        (301, 300, 2, "insufficient-funds", "1 fen short"),
        (200_001, 900_000, 4, "over-limit", "1 fen over the tier's payment limit"),
    ],
)
def test_what_a_payer_may_not(
    service: Service, amount_fen: int, holds_fen: int, tier: int, code: str, words: str
) -> None:
    payer = service.wallet("payer", tier=tier, holds_fen=holds_fen)
    payee, second = service.wallet("payee"), second_factor(service, payer)
    told = pay(service, payer, payee, amount_fen, "a", code=second.now())
    assert (told.status_code, told.json()["code"]) == (422, code)
    assert words in told.json()["detail"]
    assert (service.balance_fen(payer), service.balance_fen(payee)) == (holds_fen, 0)


def test_f29_limits_count_by_person_over_all_wallets(service: Service) -> None:
    one = service.wallet("one", tier=4, person="Li", holds_fen=500_000)
    two = service.wallet("two", tier=4, person="Li", holds_fen=500_000)
    payee = service.wallet("payee", tier=1)
    for number in range(5):
        assert pay(service, one, payee, 90_000, f"one {number}").status_code == 200
    told = pay(service, two, payee, 90_000, "two")
    assert (told.status_code, told.json()["code"]) == (422, "over-limit")
    assert "40000 fen over the tier's day limit" in told.json()["detail"]
    left = service.ask("GET", at(two, "/limits"), key=two).json()
    assert (left["left_today_fen"], left["since"], left["profile"]) == (50_000, "2022-01-04", 1)
    service.clock.advance(86_400)
    assert pay(service, two, payee, 90_000, "tomorrow").status_code == 200


def test_a_payee_holds_no_more_than_its_tier_may(service: Service) -> None:
    payer, payee = service.wallet("payer", tier=0, holds_fen=10_000_000), service.wallet("payee", tier=4)
    told = service.ask("POST", at(payee, "/deposits"), json={"amount_fen": 1_000_001}, key=payee, once="a")
    assert told.json()["code"] == "over-limit"
    service.desk.deposit(payee.public, 950_000, idempotency_key="b")
    assert pay(service, payer, payee, 50_001, "c").json()["code"] == "over-limit"
    assert pay(service, payer, payee, 50_000, "d").status_code == 200


def test_f23_large_amounts_need_a_code_each_used_once(service: Service) -> None:
    payer, payee = service.wallet("payer", holds_fen=900_000), service.wallet("payee")
    small = pay(service, payer, payee, SECOND_FACTOR_FROM_FEN - 1, "small")
    assert small.status_code == 200
    without = pay(service, payer, payee, SECOND_FACTOR_FROM_FEN, "large")
    assert (without.status_code, without.json()["code"]) == (403, "second-factor")
    second = second_factor(service, payer)
    code = second.now()
    paid = pay(service, payer, payee, SECOND_FACTOR_FROM_FEN, "large", code=code)
    assert paid.status_code == 200
    again = pay(service, payer, payee, SECOND_FACTOR_FROM_FEN, "large")
    assert again.content == paid.content, "what is done is told again without a code"
    used = pay(service, payer, payee, SECOND_FACTOR_FROM_FEN, "another", code=code)
    assert (used.status_code, used.json()["code"]) == (403, "second-factor")
    for _ in range(5):
        wrong = pay(service, payer, payee, SECOND_FACTOR_FROM_FEN, "wrong", code="000000")
        assert wrong.status_code in (403, 422)
    locked = pay(service, payer, payee, SECOND_FACTOR_FROM_FEN, "locked", code=second.now())
    assert locked.json()["code"] == "locked"
    service.clock.advance(900)
    assert pay(service, payer, payee, SECOND_FACTOR_FROM_FEN, "later", code=second.now()).status_code == 200
    replaced = service.ask("POST", at(payer, "/second-factor"), key=payer)
    assert (replaced.status_code, replaced.json()["code"]) == (403, "second-factor")


def test_a_redemption_goes_to_the_bank_account(service: Service) -> None:
    key = service.wallet("saver", holds_fen=500)
    told = service.ask("POST", at(key, "/redemptions"), json={"amount_fen": 200}, key=key, once="a")
    assert told.json()["balance_fen"] == 300
    assert service.desk.bank.store.ledger.balance_fen(CASH) == 300
    more = service.ask("POST", at(key, "/redemptions"), json={"amount_fen": 301}, key=key, once="b")
    assert (more.status_code, more.json()["code"]) == (422, "insufficient-funds")
    service.check_books()


def test_who_has_lost_a_second_factor_gets_another_one_from_the_operator(service: Service) -> None:
    payer, payee = service.wallet("payer", holds_fen=3 * SECOND_FACTOR_FROM_FEN), service.wallet("payee")
    second_factor(service, payer)
    path = at(payer, "/second-factor")
    assert service.ask("DELETE", path, key=payer).status_code == 403, "not on the word of the key alone"
    staff = service.token("wallets:manage")
    assert service.ask("DELETE", path, token=staff).json() == {"done": True}
    refused = pay(service, payer, payee, SECOND_FACTOR_FROM_FEN, "a", code="123456")
    assert (refused.status_code, refused.json()["code"]) == (403, "second-factor")
    second = second_factor(service, payer)
    assert pay(service, payer, payee, SECOND_FACTOR_FROM_FEN, "b", code=second.now()).status_code == 200
    kinds = [event["kind"] for event in service.ask("GET", at(payer, "/events"), key=payer).json()["items"]]
    assert "second-factor-ended" in kinds


def test_what_is_ordered_offline_is_not_paid_online_meanwhile(service: Service) -> None:
    """An order that the issuer has not answered yet counts against the account."""
    payer, payee = service.wallet("payer", holds_fen=500), service.wallet("payee")
    order = LoadOrder.sign(
        payer, operator="OP01", values_fen=(400,), nonce=bytes(16), ordered_at_s=service.clock.now_s()
    ).signed.data
    with service.desk.transaction() as now_s:
        next(service.desk.bank.load_flow(order, now_s=now_s))
    told = pay(service, payer, payee, 101, "a")
    assert (told.status_code, told.json()["code"]) == (422, "insufficient-funds")
    assert pay(service, payer, payee, 100, "b").status_code == 200


def test_a_statement_is_whole_in_pages_and_as_csv(service: Service) -> None:
    payer, payee = service.wallet("payer", holds_fen=1_000), service.wallet("payee")
    for number in range(7):
        service.clock.advance(10)
        pay(service, payer, payee, 10 + number, f"{number}")
    lines: list[dict[str, Any]] = []
    cursor, opening = "", []
    while cursor is not None:
        page = service.ask("GET", at(payer, f"/statement?limit=3&cursor={cursor}"), key=payer).json()
        lines += page["lines"]
        opening.append(page["opening_fen"])
        assert page["closing_fen"] == page["lines"][-1]["balance_fen"]
        cursor = page["next"]
    assert [line["amount_fen"] for line in lines] == [1_000, *(-10 - number for number in range(7))]
    assert opening == [0, 979, 940]
    assert lines[-1]["balance_fen"] == service.balance_fen(payer)
    assert {line["counterparty"] for line in lines[1:]} == {payee.public.hex()}
    told = service.ask("GET", at(payer, "/statement?format=csv"), key=payer)
    assert told.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(told.text)))
    assert [int(row["amount_fen"]) for row in rows] == [line["amount_fen"] for line in lines]
    first = service.clock.now_s() - 30
    some = service.ask("GET", at(payer, f"/statement?from={first}"), key=payer).json()
    assert (len(some["lines"]), some["opening_fen"]) == (4, lines[3]["balance_fen"])
    none = service.ask("GET", at(payer, f"/statement?from={first + 10**6}"), key=payer).json()
    assert (none["lines"], none["opening_fen"]) == ([], service.balance_fen(payer))


def test_a_formula_in_a_note_is_text_in_a_table(service: Service) -> None:
    payer, payee = service.wallet("payer", holds_fen=100), service.wallet("payee")
    asked = {"payee": payee.public.hex(), "amount_fen": 1, "note": "=1+1"}
    service.ask("POST", at(payer, "/transfers"), json=asked, key=payer, once="a")
    told = service.ask("GET", at(payee, "/statement?format=csv"), key=payee)
    assert next(csv.DictReader(io.StringIO(told.text)))["note"] == "'=1+1"


def test_the_feed_goes_on_where_its_reader_has_stopped(service: Service) -> None:
    key, staff = service.wallet("reader", holds_fen=100), service.token("wallets:manage")
    service.ask("PUT", at(key, "/freeze"), json={"reason": "lost"}, key=key)
    service.ask("DELETE", at(key, "/freeze"), token=staff)
    service.desk.deposit(key.public, 5, idempotency_key="b")
    seen, cursor = [], ""
    for _ in range(5):
        page = service.ask("GET", at(key, f"/events?limit=1&cursor={cursor}"), key=key).json()
        seen += [event["kind"] for event in page["items"]]
        cursor = page["next"]
    assert seen == ["deposit", "frozen", "released", "deposit"]
    whole = service.ask("GET", at(key, "/events"), key=key).json()
    assert [event["kind"] for event in whole["items"]] == seen
    assert whole["next"] == cursor


def test_a_screen_sees_movements_first_and_what_it_notes_is_kept(service: Service) -> None:
    from shuangli.errors import Refused
    from shuangli.operator.customers.movements import Movement

    payer, payee = service.wallet("payer", holds_fen=100), service.wallet("payee")
    seen: list[Movement] = []

    class Careful:
        def judge(self, movement: Movement) -> Refused | None:
            seen.append(movement)
            return Refused("frozen", "held for a look") if movement.amount_fen > 50 else None

    service.desk.screens = (Careful(),)
    assert pay(service, payer, payee, 50, "a").status_code == 200
    held = pay(service, payer, payee, 40, "a")
    assert held.json()["code"] == "nonce-used"
    assert pay(service, payer, payee, 51, "b").json()["detail"] == "held for a look"
    assert [(each.kind, each.payer, each.payee, each.amount_fen) for each in seen] == [
        ("transfer", payer.public, payee.public, 50),
        ("transfer", payer.public, payee.public, 51),
    ]
    assert service.balance_fen(payee) == 50


def test_a_screen_sees_what_was_let_through_before_although_all_ask_at_once(service: Service) -> None:
    """Else a mule that pays all on in one moment is judged each time as if nothing had left yet."""
    from shuangli.errors import Refused
    from shuangli.operator.customers.movements import Movement

    payer, payee = service.wallet("payer", holds_fen=100), service.wallet("payee")

    class LetsOneThrough:
        def judge(self, movement: Movement) -> Refused | None:
            has_paid = service.balance_fen(payer) < 100
            return Refused("held", f"{movement.amount_fen} fen more") if has_paid else None

    service.desk.screens = (LetsOneThrough(),)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: pay(service, payer, payee, 10, f"n{number}"), range(12)))
    assert sorted(answer.json().get("code", "paid") for answer in answers) == ["held"] * 11 + ["paid"]
    assert (service.balance_fen(payer), service.balance_fen(payee)) == (90, 10)


def test_f12_a_large_transfer_many_times_at_once_uses_one_code(service: Service) -> None:
    payer, payee = service.wallet("payer", holds_fen=400_000), service.wallet("payee")
    code = second_factor(service, payer).now()
    with ThreadPoolExecutor(8) as pool:
        asked = pool.map(lambda _: pay(service, payer, payee, 150_000, "a", code=code), range(12))
        answers = list(asked)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert service.balance_fen(payer) == 250_000


def test_a_company_pays_by_a_program_without_codes(service: Service) -> None:
    company, worker = service.wallet("company", tier=0, holds_fen=900_000), service.wallet("worker")
    token = service.token("payments:make", wallet=company.public)
    asked = {"payee": worker.public.hex(), "amount_fen": 500_000}
    told = service.ask("POST", at(company, "/transfers"), json=asked, token=token, once="wages")
    assert told.status_code == 200
    assert service.balance_fen(worker) == 500_000
