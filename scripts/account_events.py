"""Made-up movements on accounts, each labelled: honest, or part of a scheme. For measuring risk control.

These are no wallets and no payments: only the events that risk control would see, drawn from simple habits
with a seed. What honest people do is meant to look like fraud now and then: traders whom many pay and who
take the day's income out, people who collect for a dinner, holidays by plane, a device that tells a wrong
place, savers who wake up, companies' rents just under the reported amount. What is measured on them says
how rules and score do on these habits, and on no others (docs/explanation/risk.md).

| scheme | what they do |
|---|---|
| mule ring | 6 to 30 victims pay within hours; most goes on in 1 to 5 payments |
| structuring | 3 to 8 deposits of 36,000 to 49,990 yuan in 3 to 14 days, then out |
| takeover | somebody else pays 3 to 14 times out of an account, most often from far away |
| sleeping mule | nothing for half a year; then much comes in and goes on at once |
| probing | 10 to 40 small payments to new payees within an hour |
"""

import random
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from shuangli.crypto import sha256
from shuangli.days import DAY_S
from shuangli.operator.risk.events import HOUR_S, LOOKBACK_S, EventKind, History, Place, RiskEvent

DAYS: Final = 270
START_S: Final = 1_767_196_800
"""2026-01-01 in Beijing."""
HONEST: Final = ""
_CITIES: Final = (Place(3990, 11640), Place(3123, 12147), Place(2254, 11406), Place(3057, 10407))


class Labelled(NamedTuple):
    """An event, what came before it, and the scheme that it belongs to; `HONEST` for none."""

    event: RiskEvent
    history: History
    scheme: str


class _Account:
    """One person's events as they are drawn, in no order."""

    def __init__(self, number: int, seed: int) -> None:
        self.random = random.Random(f"{seed}/{number}")  # noqa: S311 - a seed, and no secret
        self.number = number
        self.person = sha256(f"{seed}/person/{number}".encode())
        self.home = self.random.choice(_CITIES)
        self.drawn: list[tuple[RiskEvent, str]] = []
        self.friends = [sha256(self.random.randbytes(8)) for _ in range(12)]

    def add(
        self,
        kind: EventKind,
        yuan: float,
        at_s: float,
        *,
        scheme: str = HONEST,
        other: bytes | None = None,
        place: Place | None = None,
    ) -> None:
        near = Place(
            self.home.north + self.random.randint(-9, 9), self.home.east + self.random.randint(-9, 9)
        )
        tells = self.random.random() < 0.8
        event = RiskEvent(
            wallet_no=self.number,
            person=self.person,
            kind=kind,
            amount_fen=max(1, round(yuan * 100)),
            at_s=START_S + int(at_s),
            counterparty=b"" if kind in (EventKind.DEPOSIT, EventKind.REDEEMED) else other or self.friend(),
            place=(place or near) if tells else None,
        )
        self.drawn.append((event, scheme))

    def friend(self) -> bytes:
        return self.random.choice(self.friends)

    def stranger(self) -> bytes:
        return sha256(self.random.randbytes(8))

    def waking(self, day: int) -> float:
        """A moment of a day when people are up."""
        return day * DAY_S + self.random.triangular(6, 24, 18) * HOUR_S

    def labelled(self) -> Iterator[Labelled]:
        self.drawn.sort(key=lambda each: each[0].at_s)
        events = tuple(event for event, _ in self.drawn)
        first = 0
        for number, (event, scheme) in enumerate(self.drawn):
            while events[first].at_s < event.at_s - LOOKBACK_S:
                first += 1
            history = History(
                events=events[first:number],
                last_at_s=events[number - 1].at_s if number else None,
                first_at_s=events[0].at_s if number else None,
            )
            yield Labelled(event, history, scheme)


Habit = Callable[[_Account], None]


def _resident(one: _Account) -> None:
    salary = one.random.lognormvariate(8.9, 0.5)
    for day in range(one.random.randrange(30), DAYS):
        if day % 30 == 9:
            one.add(EventKind.PAID_IN, salary, one.waking(day), other=one.friends[0])
        for _ in range(one.random.choice((0, 0, 1, 1, 2))):
            shop = one.friend() if one.random.random() < 0.6 else one.stranger()
            one.add(EventKind.PAID_OUT, one.random.lognormvariate(3.6, 1), one.waking(day), other=shop)
        if one.random.random() < 0.08:
            one.add(EventKind.PAID_IN, one.random.lognormvariate(4.5, 1), one.waking(day))
        if one.random.random() < 0.05:
            one.add(EventKind.RECONCILED, one.random.lognormvariate(3.5, 0.8), one.waking(day))
        if one.random.random() < 0.01:
            one.add(EventKind.REDEEMED, salary * one.random.random(), one.waking(day))
        if one.random.random() < 0.006:
            _dinner(one, day)
        if one.random.random() < 0.006:
            _holiday(one, day)
        if one.random.random() < 0.002:
            # The device tells a wrong place.
            one.add(EventKind.PAID_OUT, one.random.lognormvariate(3.6, 1), one.waking(day), place=Place(0, 0))


def _dinner(one: _Account, day: int) -> None:
    evening, guests = day * DAY_S + 19 * HOUR_S, one.random.randrange(5, 16)
    each = one.random.uniform(40, 300)
    for _ in range(guests):
        one.add(EventKind.PAID_IN, each, evening + one.random.random() * HOUR_S, other=one.stranger())
    one.add(EventKind.PAID_OUT, each * (guests + 1), evening + 2 * HOUR_S, other=one.stranger())


def _holiday(one: _Account, day: int) -> None:
    there = one.random.choice(_CITIES)
    lands_s = day * DAY_S + one.random.uniform(9, 20) * HOUR_S
    one.add(EventKind.PAID_OUT, one.random.uniform(20, 90), lands_s - one.random.uniform(2, 5) * HOUR_S)
    for hours in range(one.random.randrange(1, 6)):
        one.add(
            EventKind.PAID_OUT,
            one.random.lognormvariate(5, 1),
            lands_s + hours * HOUR_S,
            other=one.stranger(),
            place=there,
        )


def _trader(one: _Account) -> None:
    for day in range(DAYS):
        if day % 7 == 6:
            continue
        income = 0.0
        for _ in range(one.random.randrange(3, 30)):
            yuan = one.random.lognormvariate(3, 0.8)
            income += yuan
            one.add(
                EventKind.PAID_IN,
                yuan,
                day * DAY_S + one.random.uniform(8, 20) * HOUR_S,
                other=one.stranger(),
            )
        if one.random.random() < 0.7:
            evening = day * DAY_S + one.random.uniform(20, 23) * HOUR_S
            one.add(EventKind.REDEEMED, income * one.random.uniform(0.3, 1), evening)


def _landlord(one: _Account) -> None:
    _resident(one)
    for day in range(5, DAYS, 30):
        for later in range(one.random.randrange(1, 4)):
            kind = one.random.choice((EventKind.DEPOSIT, EventKind.REDEEMED))
            one.add(kind, one.random.uniform(20_000, 60_000), one.waking(min(DAYS, day + 3 * later)))


def _saver(one: _Account) -> None:
    one.add(EventKind.DEPOSIT, one.random.uniform(5_000, 90_000), one.waking(one.random.randrange(10)))
    day = one.random.randrange(60, DAYS - 20)
    for later in range(one.random.randrange(1, 8)):
        one.add(
            EventKind.PAID_OUT,
            one.random.lognormvariate(7.5, 1.2),
            one.waking(day + later),
            other=one.stranger(),
        )


def _mule(one: _Account) -> None:
    for _ in range(one.random.randrange(1, 4)):
        start_s = one.waking(one.random.randrange(30, DAYS))
        came = 0.0
        for _ in range(one.random.randrange(6, 31)):
            yuan = one.random.lognormvariate(7, 0.9)
            came += yuan
            at_s = start_s + one.random.random() * 8 * HOUR_S
            one.add(EventKind.PAID_IN, yuan, at_s, scheme="mule ring", other=one.stranger())
        parts = one.random.randrange(1, 6)
        for part in range(parts):
            kind = one.random.choice((EventKind.PAID_OUT, EventKind.REDEEMED))
            yuan = came * one.random.uniform(0.7, 0.98) / parts
            at_s = start_s + (8 + part * one.random.random()) * HOUR_S
            one.add(kind, yuan, at_s, scheme="mule ring", other=one.stranger())


def _structurer(one: _Account) -> None:
    day, came = one.random.randrange(30, DAYS - 15), 0.0
    for _ in range(one.random.randrange(3, 9)):
        yuan = one.random.uniform(36_000, 49_990)
        came += yuan
        one.add(EventKind.DEPOSIT, yuan, one.waking(day), scheme="structuring")
        day += one.random.randrange(1, 3)
    one.add(EventKind.PAID_OUT, came * 0.95, one.waking(day), scheme="structuring", other=one.stranger())


def _taken_over(one: _Account) -> None:
    start_s = one.random.randrange(30, DAYS) * DAY_S + one.random.random() * DAY_S
    far = one.random.choice(_CITIES) if one.random.random() < 0.7 else one.home
    # It begins while the holder is at it, who has just been lured.
    one.add(EventKind.PAID_OUT, one.random.uniform(10, 99), start_s - one.random.uniform(0.3, 6) * HOUR_S)
    for number in range(one.random.randrange(3, 15)):
        at_s = start_s + number * one.random.uniform(60, 1_200)
        yuan = one.random.lognormvariate(7, 1)
        one.add(EventKind.PAID_OUT, yuan, at_s, scheme="takeover", other=one.stranger(), place=far)


def _sleeper(one: _Account) -> None:
    one.add(EventKind.DEPOSIT, 100, one.waking(0))
    start_s = one.waking(one.random.randrange(181, DAYS))
    came = one.random.lognormvariate(10, 0.6)
    one.add(EventKind.PAID_IN, came, start_s, scheme="sleeping mule", other=one.stranger())
    for part in range(1, 4):
        at_s = start_s + part * one.random.uniform(300, 3_000)
        one.add(EventKind.PAID_OUT, came * 0.32, at_s, scheme="sleeping mule", other=one.stranger())


def _prober(one: _Account) -> None:
    start_s = one.random.randrange(30, DAYS) * DAY_S + one.random.random() * DAY_S
    for _ in range(one.random.randrange(10, 41)):
        at_s = start_s + one.random.random() * HOUR_S
        one.add(EventKind.PAID_OUT, one.random.uniform(0.1, 30), at_s, scheme="probing", other=one.stranger())


HONEST_HABITS: Final[tuple[tuple[Habit, int], ...]] = (
    (_resident, 80),
    (_trader, 5),
    (_landlord, 5),
    (_saver, 10),
)
SCHEMES: Final[tuple[Habit, ...]] = (_mule, _structurer, _taken_over, _prober)


def labelled_events(seed: int, *, hundreds: int = 2, schemers: int = 4) -> Iterator[Labelled]:
    """All events of so many hundreds of honest people, and of so many people in each scheme.

    Most who take part in a scheme live like residents otherwise.
    """
    people: list[tuple[Habit, ...]] = [
        (habit,) for habit, share in HONEST_HABITS for _ in range(share * hundreds)
    ]
    people += [(_resident, scheme) for scheme in SCHEMES for _ in range(schemers)]
    people += [(_sleeper,)] * schemers
    for number, habits in enumerate(people, 1):
        account = _Account(number, seed)
        for habit in habits:
            habit(account)
        yield from account.labelled()
