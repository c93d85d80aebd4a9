"""The desks of a `World`'s two operators, each with a line to the issuer's desk that can be cut."""

from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Final, cast

from shuangli.api.http_link import NotHeard
from shuangli.api.models import NetworkDescription
from shuangli.errors import StoreError
from shuangli.issuer.readers import Readers
from shuangli.issuer.service.desk import IssuerDesk
from shuangli.operator.flow import ServiceLink
from shuangli.operator.service.desk import Desk
from tests.setting import NETWORK, NOW
from tests.world import World


class State(Enum):
    """What happens to what is asked over a line."""

    UP = auto()
    CUT = auto()
    ANSWERS_LOST = auto()


CUTS: Final = (State.CUT, State.ANSWERS_LOST)
"""What can go wrong on a line."""


class CuttableLine:
    """A line to the issuer.

    Attributes:
        state: what happens to what is asked
        only: the one call that this happens to; every one if it is empty
        lost: a call that is lost on its way, and nobody knows whether it was
        asked: the names of all calls
    """

    def __init__(self, issuer: IssuerDesk) -> None:
        self._issuer = issuer
        self.state = State.UP
        self.only = ""
        self.lost = ""
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(self._issuer, name)

        def cuttable(*args: Any, **kwargs: Any) -> Any:
            self.asked.append(name)
            concerned = self.only in ("", name)
            if concerned and self.state is State.CUT:
                raise NotHeard("unavailable", "cut")
            if name == self.lost:
                raise StoreError("unavailable", "lost")
            answer = call(*args, **kwargs)
            if concerned and self.state is State.ANSWERS_LOST:
                raise StoreError("unavailable", "the answer was lost")
            return answer

        return cuttable


class Desks:
    """Desks on the banks of a world.

    Attributes:
        now_s: the time on every clock
        issuer: the issuer's desk
        lines: each operator's line to it
        at: the operators' desks
    """

    def __init__(self, world: World, *, readers: Readers | None = None) -> None:
        """Let what operators are handed be read by `readers`, if there are any."""
        self.now_s = NOW
        self.key_set = world.authority.sign_key_set(
            1, issued_at_s=NOW, operators=world.operators, centres=[world.centre], epochs=world.epochs
        ).signed.data
        self.issuer = IssuerDesk(world.issuer, read_key_set=lambda: self.key_set, now_s=lambda: self.now_s)
        self.lines: dict[str, CuttableLine] = {}
        self.at: dict[str, Desk] = {}
        for name, bank in world.banks.items():
            line = self.lines[name] = CuttableLine(self.issuer)
            self.at[name] = Desk(
                bank=bank,
                issuer=cast("ServiceLink", line),
                description=NetworkDescription(network=NETWORK, operator=name, currency="CNY", sandbox=True),
                key_set=self.key_set,
                now_s=lambda: self.now_s,
                readers=readers,
            )

    def cut(self, state: State, *, only: str = "", operator: str = "OP01") -> None:
        """Do something to a line."""
        self.lines[operator].state, self.lines[operator].only = state, only

    def mend(self) -> None:
        """All lines are as they should be."""
        for name in self.lines:
            self.cut(State.UP, operator=name)
