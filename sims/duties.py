"""What operators and issuer owe each other besides answers: watermarks and returns; and an operator cut off.

Where a run gives back what nobody has claimed, each window ends with a duty of every operator: it books what
has gone back to its wallets, and signs up to when it has passed everything on. The centre then gives back
what is due by all of these watermarks. What would come out of the guarantee fund stays open. An operator
whose key is revoked signs no watermark that counts: from then on nothing goes back.

An operator that is cut off cannot reach the issuer for a time, while its customers reach it: it takes in what
they hand in (`KEEP`), and passes it on, with the orders of that time, when the line is there again (F52). It
signs no watermark meanwhile, so nothing that it may have received goes back.

An operator that is killed has had the issuer's word on a window's asks, and has not yet written it down
(F11). Nobody is answered. All who asked send the same bytes again, which comes with the next window.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from typing import Any, Final

from shuangli import codec
from shuangli.errors import Unverified
from shuangli.issuer.returns.due import Return
from shuangli.sims.system import System
from shuangli.sims.uplink import Answer, Ask, AskKind

RETURN_FIELDS: Final = tuple(column.name for column in fields(Return))
OPERATOR_ITSELF: Final = -1
"""In place of a device's number."""
WAITS: Final = frozenset((AskKind.SYNC, AskKind.LOAD))
"""What needs the issuer's word, unless it is a mere look at the revocation list."""


class Duties:
    """What goes to the operators of one system in a window, and what of their answers is the issuer's.

    Attributes:
        dying: the position of the operator that is killed in this window
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._waiting: list[Ask] = []
        self._told = [0] * system.plan.operators
        self._to_die = system.plan.killed
        self.dying: int | None = None

    def outgoing(self, asks: Sequence[Ask], *, now_s: int) -> list[list[Ask]]:
        """What each operator is asked in a window that ended at `now_s`, in order."""
        plan = self._system.plan
        by_branch = [[ask for ask in asks if ask.operator == index] for index in range(plan.operators)]
        cut = plan.cut_off.operator if plan.cut_off is not None and plan.cut_off.at(now_s) else None
        for index in range(plan.operators):
            if index == cut:
                by_branch[index] = self._kept(by_branch[index])
                continue
            waited = [ask for ask in self._waiting if ask.operator == index]
            self._waiting = [ask for ask in self._waiting if ask.operator != index]
            by_branch[index] = waited + by_branch[index]
            if plan.returns and now_s > plan.start_s:
                by_branch[index].append(self._duty(index, now_s))
        self.dying = self._dies(by_branch, now_s)
        return by_branch

    def _dies(self, by_branch: Sequence[Sequence[Ask]], now_s: int) -> int | None:
        """Who is killed in this window: whose time has come, once something is handed in to it."""
        due = self._to_die
        if due is None or now_s < due.from_s:
            return None
        if not any(ask.kind is AskKind.SYNC and ask.data for ask in by_branch[due.operator]):
            return None
        self._to_die = None
        return due.operator

    def unanswered(self, asks: Sequence[Ask]) -> None:
        """Let all who asked an operator that was killed ask again; what it owed the issuer it owes anew."""
        self._waiting += [ask for ask in asks if ask.kind is not AskKind.DUTY]
        self._told = [0] * self._system.plan.operators

    def _kept(self, asks: Sequence[Ask]) -> list[Ask]:
        """What an operator that is cut off does at once: it takes uploads in. What needs the issuer waits."""
        self._waiting += [ask for ask in asks if ask.kind in WAITS and ask.data]
        return [
            ask._replace(kind=AskKind.KEEP) if ask.kind is AskKind.SYNC and ask.data else ask
            for ask in asks
            if ask.kind is not AskKind.LOAD
        ]

    def _duty(self, index: int, now_s: int) -> Ask:
        name = self._system.plan.operator_names[index]
        found = self._system.issuer.return_desk.returns_to(name, after=self._told[index])
        self._told[index] = max((back.number for back in found), default=self._told[index])
        data = returns_bytes([back for back in found if not back.from_fund])
        return Ask(now_s, OPERATOR_ITSELF, index, AskKind.DUTY, b"", data)

    def heard(self, index: int, asked: Sequence[tuple[Ask, Answer]], *, now_s: int) -> None:
        """Take what an operator's answers mean to the issuer."""
        self._system.note_opened(index, [answer for _, answer in asked], now_s=now_s)
        self._system.note_lost(index, asked)
        for ask, answer in asked:
            if ask.kind is AskKind.DUTY:
                # Under a key that the root has revoked nobody signs a watermark that counts.
                with suppress(Unverified), self._system.issuer.transaction():
                    self._system.issuer.return_desk.take_watermark(answer.data, now_s=now_s)

    def give_back(self, *, now_s: int) -> None:
        """Give back what is due, once all operators of a window have been heard."""
        place: tuple[int, int] | None = (0, 0)
        while self._system.plan.returns and place is not None:
            with self._system.issuer.transaction():
                place = self._system.issuer.return_desk.return_due(now_s=now_s)


def returns_bytes(returns: Sequence[Return]) -> bytes:
    """Returns as they are sent to their operator."""
    return codec.encode([[getattr(back, name) for name in RETURN_FIELDS] for back in returns])


def read_returns(data: bytes) -> list[Return]:
    """What `returns_bytes` has written."""
    rows: Any = codec.decode(data)
    return [Return(**dict(zip(RETURN_FIELDS, row, strict=True))) for row in rows]
