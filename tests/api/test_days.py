"""Limits count by the day in Beijing, and their table is that of the day."""

from datetime import date

import pytest

from shuangli.api.asked import TransferOrder
from shuangli.days import day_of, start_of
from shuangli.errors import Refused
from shuangli.offline.limits import LIMITS_2020, LIMITS_2022, TABLES, limits_on
from tests.api.service import Service


def to_midnight(service: Service) -> None:
    """Put the clock to the last second of the day in Beijing."""
    now_s = service.clock.now_s()
    service.clock.advance(start_of(day_of(now_s) + 1) - 1 - now_s)


def test_what_is_paid_in_a_day_is_counted_from_midnight_in_beijing(service: Service) -> None:
    payer, payee = service.wallet("payer", tier=4, holds_fen=900_000), service.wallet("payee", tier=1)
    to_midnight(service)

    def pay(amount_fen: int, once: str) -> None:
        order = TransferOrder(payee=payee.public.hex(), amount_fen=amount_fen)
        service.desk.transfer(payer.public, order, idempotency_key=once)

    for number in range(6):
        pay(83_333, f"{number}")
    with pytest.raises(Refused, match="day limit"):
        pay(3, "too much")
    assert service.desk.limits(payer.public).left_today_fen == 2
    service.clock.advance(1)
    assert service.desk.limits(payer.public).left_today_fen == 500_000
    pay(3, "the next day")
    # Midnight in UTC, eight hours later, changes nothing.
    service.clock.advance(8 * 3_600)
    assert service.desk.limits(payer.public).left_today_fen == 499_997


def test_a_merchants_day_ends_at_midnight_in_beijing(service: Service) -> None:
    shop, buyer = service.wallet("shop", tier=0), service.wallet("buyer", holds_fen=1_000)
    path = f"/v1/merchants/{shop.public.hex()}"
    entry = {"name": "Shop", "category": "5814"}
    service.ask("PUT", path, json=entry, token=service.token("merchants:manage"))
    to_midnight(service)
    first_day = day_of(service.clock.now_s())
    for number in range(2):
        sale = {"order_id": f"A-{number}", "amount_fen": 100}
        assert service.ask("POST", f"{path}/sales", json=sale, key=shop).status_code == 200
        bought = {"merchant": shop.public.hex(), "order_id": f"A-{number}"}
        told = service.ask(
            "POST", f"/v1/wallets/{buyer.public.hex()}/purchases", json=bought, key=buyer, once=f"{number}"
        )
        assert told.status_code == 200, told.text
        service.clock.advance(1)
    settled = service.ask("GET", f"{path}/settlement?first_day={first_day}&days=2", key=shop).json()["items"]
    days = [date.fromordinal(date(1970, 1, 1).toordinal() + first_day + more) for more in (0, 1)]
    assert [each["day"] for each in settled] == [day.isoformat() for day in days]
    assert [each["payments"] for each in settled] == [1, 1]


@pytest.mark.parametrize(
    ("day", "table"),
    [
        (date(2019, 1, 1), LIMITS_2020),
        (date(2020, 8, 29), LIMITS_2020),
        (date(2022, 1, 3), LIMITS_2020),
        (date(2022, 1, 4), LIMITS_2022),
        (date(2026, 11, 29), LIMITS_2022),
    ],
)
def test_the_table_in_force_is_that_of_the_day(day: date, table: object) -> None:
    assert limits_on(day) is table


def test_all_tables_are_told_with_their_days(service: Service) -> None:
    told = service.ask("GET", "/v1/limits").json()
    assert told["in_force"] == LIMITS_2022.profile
    assert {each["profile"]: each["since"] for each in told["tables"]} == {
        number: table.since for number, table in TABLES.items()
    }
