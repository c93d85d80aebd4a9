"""What is searched in full (`tests.search.searching`): small scenarios, and larger ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.search.plan import CLAIMED_S, DAY_S, EXPIRED_S, Offer, Person, change, loaded, paid
from tests.search.state import Bounds, Rules
from tests.search.story import Story
from tests.search.world import World

A, B, C, D = range(4)
ENDS: Final = (0, CLAIMED_S + 1, EXPIRED_S + 1)
"""At the start; when what was paid then can be claimed no more; when nothing can."""


_UNBOUND: Final = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """People, the payments that may be made, and bounds; times in seconds from the start."""

    people: tuple[Person, ...]
    offers: tuple[Offer, ...]
    bounds: Bounds = _UNBOUND
    times_s: tuple[int, ...] = ENDS

    def world(self, rules: Rules | None = None) -> World:
        """The scenario's states and moves."""
        story = Story(people=self.people, offers=self.offers, times_s=self.times_s)
        return World(story, self.bounds, rules or Rules())


_HONEST_PAIR: Final = (Person("A", (100,)), Person("B"))
_COPIED: Final = (Person("A", (100,), honest=False), Person("B"), Person("C"))
_TWICE: Final = (Offer(A, B, ((loaded(A), 60),)), Offer(A, C, ((loaded(A), 100),)))
_TWO_DEADLINES: Final = (
    Offer(A, B, ((loaded(A), 40),)),
    Offer(B, C, ((paid(0), 40), (loaded(B), 30))),
    Offer(B, D, ((change(1, 1), 20),), slot=1),
)
"""B pays with a coin of A's, which is due soon, and one of its own; later it pays with the change of that."""
_REFUSED_AND_PASSED_ON: Final = (Offer(A, B, ((loaded(A), 60),)), Offer(B, C, ((paid(0), 60),)))
_NOTHING: Final = Bounds(claims=frozenset(), shows=frozenset())
"""Dishonest people pay, are paid, and are silent to operators."""

SMALL: Final[Mapping[str, Scenario]] = {
    "one payment": Scenario(people=_HONEST_PAIR, offers=(Offer(A, B, ((loaded(A), 60),)),)),
    "one payment, clocks that are wrong": Scenario(
        people=(Person("A", (100,)), Person("B", clock_s=40 * DAY_S)),
        offers=(Offer(A, B, ((loaded(A), 60),)),),
        bounds=Bounds(refusable=frozenset([0])),
    ),
    "one payment, handed in at either operator or both": Scenario(
        people=_HONEST_PAIR,
        offers=(Offer(A, B, ((loaded(A), 60),)),),
        bounds=Bounds(anywhere=True, refusable=frozenset([0])),
        times_s=(0, CLAIMED_S, CLAIMED_S + 1, EXPIRED_S + 1),
    ),
    "a payment that is passed on": Scenario(
        people=(Person("A", (100,)), Person("B"), Person("C")),
        offers=(Offer(A, B, ((loaded(A), 100),)), Offer(B, C, ((paid(0), 100),))),
        bounds=Bounds(refusable=frozenset([1])),
    ),
    "a payment of which a part is passed on": Scenario(
        people=(Person("A", (100,)), Person("B"), Person("C")),
        offers=(Offer(A, B, ((loaded(A), 90),)), Offer(B, C, ((paid(0), 70),))),
        bounds=Bounds(refusable=frozenset([1])),
    ),
    "two payers, one payee": Scenario(
        people=(Person("A", (100,)), Person("B", (100,)), Person("C")),
        offers=(Offer(A, C, ((loaded(A), 60),)), Offer(B, C, ((loaded(B), 60),))),
        bounds=Bounds(refusable=frozenset([1])),
    ),
    "lost devices": Scenario(
        people=(Person("A", (100,)), Person("B"), Person("C")),
        offers=_REFUSED_AND_PASSED_ON,
        bounds=Bounds(may_be_lost=frozenset([A, B])),
    ),
    "a copied payer": Scenario(
        people=_COPIED,
        offers=_TWICE,
        bounds=Bounds(claims=frozenset([loaded(A)]), shows=frozenset([1])),
    ),
    "a copied payer, a lost payee, and one that claims late": Scenario(
        people=(Person("A", (100,), honest=False), Person("B"), Person("C", honest=False)),
        offers=_TWICE,
        bounds=Bounds(claims=frozenset([paid(1)]), shows=frozenset([0]), may_be_lost=frozenset([B])),
    ),
    "a copied payer, and a fund that pays 50 fen": Scenario(
        people=_COPIED,
        offers=_TWICE,
        bounds=Bounds(claims=frozenset([change(0)]), shows=frozenset([1]), cap_fen=50),
    ),
    "a payee that refuses, passes on and claims": Scenario(
        people=(Person("A", (100,)), Person("B", honest=False), Person("C")),
        offers=_REFUSED_AND_PASSED_ON,
        bounds=Bounds(claims=frozenset([paid(0)]), shows=frozenset()),
    ),
    "the same, coins going back one by one, and a fund that pays nothing": Scenario(
        people=(Person("A", (100,)), Person("B", honest=False), Person("C")),
        offers=_REFUSED_AND_PASSED_ON,
        bounds=Bounds(claims=frozenset(), shows=frozenset(), cap_fen=0, most=1),
    ),
    "two coins, two deadlines": Scenario(
        people=(Person("A", (40,), honest=False), Person("B", (60,)), Person("C"), Person("D")),
        offers=_TWO_DEADLINES,
        bounds=_NOTHING,
    ),
    "two coins, change of the one that is due soon": Scenario(
        people=(Person("A", (40,)), Person("B", (60,)), Person("C", honest=False)),
        offers=(Offer(A, B, ((loaded(A), 40),)), Offer(B, C, ((paid(0), 10), (loaded(B), 60)))),
        bounds=Bounds(claims=frozenset([paid(1, 0)]), shows=frozenset()),
    ),
    "both branches of a fork at one payer": Scenario(
        people=(Person("A", (100,), honest=False), Person("B"), Person("C"), Person("D")),
        offers=(
            Offer(A, B, ((loaded(A), 100),)),
            Offer(A, B, ((loaded(A), 100),)),
            Offer(B, C, ((paid(0), 100),)),
            Offer(B, D, ((paid(1), 100),)),
        ),
        bounds=_NOTHING,
    ),
    "both branches of a fork in one payment": Scenario(
        people=(Person("A", (100, 50), honest=False), Person("B"), Person("C"), Person("D")),
        offers=(
            Offer(A, B, ((loaded(A, 0), 100), (loaded(A, 1), 50))),
            Offer(B, C, ((paid(0, 0), 100),)),
            Offer(A, B, ((loaded(A, 0), 100),)),
            Offer(B, D, ((paid(0, 1), 50), (paid(2), 100))),
        ),
        bounds=_NOTHING,
    ),
    "two forks, one below the other": Scenario(
        people=(Person("A", (100,), honest=False), Person("B", honest=False), Person("C"), Person("D")),
        offers=(
            Offer(A, B, ((loaded(A), 100),)),
            Offer(A, C, ((loaded(A), 100),)),
            Offer(B, C, ((paid(0), 100),)),
            Offer(B, D, ((paid(0), 100),)),
        ),
        bounds=Bounds(claims=frozenset([paid(0)]), shows=frozenset()),
    ),
    "somebody else's coin beside an own one": Scenario(
        people=(Person("A", (100,)), Person("B", (50,), honest=False), Person("C", honest=False)),
        offers=(Offer(A, B, ((loaded(A), 40),)), Offer(B, C, ((loaded(B), 50), (change(0), 60)))),
        bounds=Bounds(claims=frozenset(), shows=frozenset([1])),
        times_s=(0, EXPIRED_S + 1),
    ),
}
LARGE: Final[Mapping[str, Scenario]] = {
    "a payee that refuses, passes on and claims, all of it": Scenario(
        people=(Person("A", (100,)), Person("B", honest=False), Person("C")), offers=_REFUSED_AND_PASSED_ON
    ),
    "a copied payer that redeems whatever it can": Scenario(
        people=_COPIED, offers=_TWICE, bounds=Bounds(shows=frozenset())
    ),
    "a payment that is passed on, at either operator or both": Scenario(
        people=(Person("A", (100,)), Person("B"), Person("C")),
        offers=(Offer(A, B, ((loaded(A), 100),)), Offer(B, C, ((paid(0), 100),))),
        bounds=Bounds(anywhere=True),
        times_s=(0, EXPIRED_S + 1),
    ),
    "two coins, two deadlines, an honest payee": Scenario(
        people=(Person("A", (40,)), Person("B", (60,)), Person("C"), Person("D")), offers=_TWO_DEADLINES
    ),
    "two coins, two deadlines, a payee that claims late": Scenario(
        people=(Person("A", (40,), honest=False), Person("B", (60,)), Person("C", honest=False), Person("D")),
        offers=_TWO_DEADLINES,
        bounds=Bounds(claims=frozenset([paid(1, 1)]), shows=frozenset()),
    ),
    "two coins, both split, a copied payer": Scenario(
        people=(Person("A", (40,)), Person("B", (60,), honest=False), Person("C"), Person("D")),
        offers=(
            Offer(A, B, ((loaded(A), 40),)),
            Offer(B, C, ((paid(0), 10), (loaded(B), 30))),
            Offer(B, D, ((change(1, 0), 30), (change(1, 1), 30))),
            Offer(B, D, ((loaded(B), 60),)),
        ),
        bounds=Bounds(claims=frozenset([paid(0)]), shows=frozenset()),
    ),
}
