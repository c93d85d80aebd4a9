"""`/sandbox`: a clock that can be put forward, and made-up persons. There only if it was asked for."""

import threading
from collections.abc import Callable
from typing import Final, NamedTuple

from fastapi import APIRouter, Response

from shuangli.api.asked import ClockOrder
from shuangli.api.told_service import ClockTold, Persons, PersonView
from shuangli.crypto import sha256
from shuangli.errors import BadInput
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.resources.common import PREFIX, shows, told

MOST_AHEAD_S: Final = 10 * 366 * 86_400


class Person(NamedTuple):
    """A made-up customer, and the tier for which they have shown who they are."""

    name: str
    tier: int

    @property
    def record(self) -> bytes:
        """The digest of their record, to enrol a wallet with."""
        return sha256(b"shuangli/sandbox person/" + self.name.encode())


PERSONS: Final = (
    Person("Li Ming", 1),
    Person("Wang Fang", 2),
    Person("Zhang Wei", 3),
    Person("Liu Yang", 4),
    Person("Weihai Road Tea Company", 0),
)


class TestClock:
    """A clock that runs, and can be put forward; never back.

    Attributes:
        ahead_s: by how much it is ahead of the real one
    """

    __test__ = False

    def __init__(self, now_s: Callable[[], int]) -> None:
        """Start at the time of the real one, which `now_s` gives."""
        self._real_s = now_s
        self._guard = threading.Lock()
        self.ahead_s = 0

    def now_s(self) -> int:
        """What time it is, in whole seconds since 1970."""
        return self._real_s() + self.ahead_s

    def advance(self, by_s: int) -> int:
        """Put it forward; gives the new time.

        Raises:
            BadInput: it would be too far ahead (`bad-value`).
        """
        with self._guard:
            if self.ahead_s + by_s > MOST_AHEAD_S:
                raise BadInput("bad-value", f"the clock goes at most {MOST_AHEAD_S} s ahead: start anew")
            self.ahead_s += by_s
        return self.now_s()


def routes(desk: Desk, clock: TestClock) -> APIRouter:
    """The resources of a sandbox at `desk` with this clock."""
    router = APIRouter(prefix=f"{PREFIX}/sandbox", tags=["sandbox"])

    @router.get("/clock", **shows(ClockTold))
    def now() -> Response:
        """What time it is for the operator and its issuer."""
        return told(ClockTold(now_s=clock.now_s()))

    @router.post("/clock", **shows(ClockTold))
    def advance(asked: ClockOrder) -> Response:
        """Put the clock forward, such as over an expiry."""
        return told(ClockTold(now_s=clock.advance(asked.advance_s)))

    @router.get("/persons", **shows(Persons))
    def persons() -> Response:
        """Made-up persons to enrol wallets with, each with a new code; those from before hold no more."""
        return told(Persons(items=[_identified(desk, each) for each in PERSONS]))

    return router


def _identified(desk: Desk, person: Person) -> PersonView:
    told = desk.identify(person.record, person.tier)
    return PersonView(name=person.name, record=told.person, tier=told.tier, code=told.code)
