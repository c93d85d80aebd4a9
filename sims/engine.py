"""The engine: plays cells, operators and the issuer in parallel, window by window, reproducibly.

In window w the cells play in worker processes, each cell from its own seed. Meanwhile the operators, in
processes of their own, and the issuer, in this one, settle what the cells asked for in window w - 1;
the answers reach the cells at the beginning of window w + 1. So the outcome depends on the plan and
its seed only, not on how many processes there are or which one is fast.

Within a window each operator takes its asks in order of time, in batches. The issuer replies to the
first batch of every operator, then to the second of every operator, and so on; while it does, the
operators are already at their next batch.
"""

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Final, NamedTuple

from shuangli.sims.branch import BranchReport
from shuangli.sims.crossing import goes_on
from shuangli.sims.duties import Duties
from shuangli.sims.office import TRADES
from shuangli.sims.payments import PaymentLog
from shuangli.sims.plan import CellPlan
from shuangli.sims.played import CellReport, Played
from shuangli.sims.system import System
from shuangli.sims.uplink import SILENT, Answer, Ask, with_news
from shuangli.sims.workers import Inline, Process, Usage, Workers, batches_of, usage, work_branch, work_cells

WINDOWS_AFTER_CLOSE: Final = 4
"""Windows after the close in which no device speaks of itself, so that all answers arrive."""
BATCH_BYTES: Final = 32_768

Progress = Callable[[int, int, int], None]
"""Called after each window with: windows played, windows in all, payments attempted so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run brought forth: every payment attempted, what cells and operators report, what it has used.

    cpu_s: processor time of the processes of `cells`, of `operators` and of the `issuer`, which is the main
    one; all of it is the main one's where all is played there. peak_rss_kib: peaks of memory, added up.
    abroad: what was played beside it.
    """

    payments: PaymentLog
    cells: list[CellReport]
    branches: list[BranchReport]
    peak_rss_kib: int
    cpu_s: dict[str, float]
    abroad: "Run | None" = None


class Side(NamedTuple):
    """One issuer with its operators, and the cells where its value is paid."""

    system: System
    plans: Sequence[CellPlan]


def play(
    system: System,
    plans: Sequence[CellPlan],
    *,
    workers: int,
    progress: Progress,
    abroad: Side | None = None,
) -> Run:
    """Play all cells to the end, in at most `workers` processes beside the operators' and this one.

    With no `workers`, all of it is played in this process. What is `abroad` is played beside it, by the same
    calendar; each side has as many processes. Only exchanges cross (`crossing`).

    Raises:
        StoreError: a worker died (`worker`), or a database failed.
    """
    calendar = plans[0].calendar
    last_s = calendar.closes_s + calendar.close_takes_s + WINDOWS_AFTER_CLOSE * calendar.window_s
    starts = range(calendar.start_s, last_s, calendar.window_s)
    before = usage()
    with Workers(inline=not workers) as crew, _no_collector():
        home = _Country(crew, Side(system, plans), workers)
        countries = [home] if abroad is None else [home, _Country(crew, abroad, workers)]
        for done, start_s in enumerate(starts, 1):
            end_s = start_s + calendar.window_s
            for country in countries:
                country.begin_window(start_s, end_s)
            for country in countries:
                country.settle(start_s)
            for country, other in permutations(countries, 2):
                other.hear(country.crossing(other, at_s=end_s))
            for country in countries:
                country.finish_window()
            progress(done, len(starts), sum(country.payments.count for country in countries))
        runs = [country.report() for country in countries]
    mine = usage()
    mine = mine._replace(cpu_s=mine.cpu_s - before.cpu_s)
    return _with_abroad(runs, mine)


def _with_abroad(runs: Sequence[tuple[Run, list[Usage]]], mine: Usage) -> Run:
    """The run at home with what was played beside it; the main process and all memory count at home."""
    (home, _), *others = runs
    return replace(
        home,
        peak_rss_kib=_summed([mine, *(each for _, used in runs for each in used)]),
        cpu_s={**home.cpu_s, "issuer": mine.cpu_s},
        abroad=next((run for run, _ in others), None),
    )


def _summed(used: Sequence[Usage]) -> int:
    """The peaks of memory of all processes, each once."""
    return sum({each.process: each.peak_rss_kib for each in used}.values())


def _elsewhere_s(used: Sequence[Usage]) -> float:
    """The processor time of those that worked in processes of their own."""
    return sum(each.cpu_s for each in used if each.process != os.getpid())


@contextmanager
def _no_collector() -> Iterator[None]:
    """Without Python's cycle collector: what waits here by the million holds no cycles."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Country:
    """One side of a run: its cells and its online half, a window apart."""

    def __init__(self, crew: Workers, side: Side, workers: int) -> None:
        self.payments = PaymentLog()
        self._anchors = side.system.anchors
        self._cells = _Cells(crew, side.system, side.plans, workers)
        self._online = _Online(crew, side.system)
        self._asks: list[Ask] = []
        self._answers: list[Answer] = []
        self._heard: list[Ask] = []

    def begin_window(self, start_s: int, end_s: int) -> None:
        """Let the cells play, after handing out the answers of an earlier window."""
        self._cells.start_window(start_s, end_s, self._answers)

    def settle(self, now_s: int) -> None:
        """Answer the asks of the window before."""
        self._answers = self._online.settle(self._asks, now_s=now_s)

    def crossing(self, other: "_Country", *, at_s: int) -> list[Ask]:
        """What of these leads to something on the other side."""
        return goes_on(self._online.traded, other._anchors.device_key, at_s=at_s)

    def hear(self, asks: list[Ask]) -> None:
        """Take what comes from the other side."""
        self._heard = asks

    def finish_window(self) -> None:
        """Take what the window brought forth."""
        self._asks = []
        for played in self._cells.finish_window():
            self.payments.add(played.payments)
            self._asks += played.asks
        self._asks += self._heard
        self._asks.sort(key=lambda ask: ask.at_s)

    def report(self) -> tuple[Run, list[Usage]]:
        """What it brought forth, and what its workers have used."""
        cells, by_cells = self._cells.reports()
        branches, by_operators = self._online.reports()
        run = Run(
            payments=self.payments,
            cells=cells,
            branches=branches,
            peak_rss_kib=0,
            cpu_s={"cells": _elsewhere_s(by_cells), "operators": _elsewhere_s(by_operators), "issuer": 0.0},
        )
        return run, [*by_cells, *by_operators]


class _Cells:
    """The cells, dealt to worker processes."""

    def __init__(self, crew: Workers, system: System, plans: Sequence[CellPlan], workers: int) -> None:
        self._plans = plans
        parts = min(max(1, workers), len(plans))
        shares = [list(plans[index::parts]) for index in range(parts)]
        self._workers = [
            crew.start(f"cells-{index}", work_cells, share, system.anchors)
            for index, share in enumerate(shares)
        ]
        self._owner = {plan.number: index for index, share in enumerate(shares) for plan in share}

    def start_window(self, start_s: int, end_s: int, answers: Sequence[Answer]) -> None:
        """Let all cells play a window, after handing them these answers."""
        shares: list[dict[int, list[Answer]]] = [{} for _ in self._workers]
        for plan in self._plans:
            last = plan.first_device + len(plan.devices)
            mine = [answer for answer in answers if plan.first_device <= answer.device < last]
            shares[self._owner[plan.number]][plan.number] = mine
        for worker, share in zip(self._workers, shares, strict=True):
            worker.send((start_s, end_s, share))

    def finish_window(self) -> list[Played]:
        """What the window brought forth, cell by cell."""
        played: list[tuple[int, Played]] = []
        for worker in self._workers:
            played += worker.receive()
        return [part for _, part in sorted(played, key=lambda part: part[0])]

    def reports(self) -> tuple[list[CellReport], list[Usage]]:
        """All cells' reports in order, and what the workers have used."""
        reports: list[tuple[int, CellReport]] = []
        used: list[Usage] = []
        for worker in self._workers:
            worker.send(None)
            some, each = worker.receive()
            reports += some
            used.append(each)
        return [report for _, report in sorted(reports, key=lambda part: part[0])], used


class _Online:
    """The operators in their processes, and the issuer in this one."""

    def __init__(self, crew: Workers, system: System) -> None:
        self._system = system
        self._duties = Duties(system)
        self._list_number, self._revocations = 0, b""
        self.traded: list[tuple[Ask, Answer]] = []
        self._branches: list[Process | Inline] = [
            crew.start(f"operator-{index}", work_branch, system.plan, system.anchors, index, system.directory)
            for index in range(system.plan.operators)
        ]

    def settle(self, asks: Sequence[Ask], *, now_s: int) -> list[Answer]:
        """Answer a window's asks; everything is on disk when this returns, the issuer's part first."""
        self.traded = []
        by_branch = self._duties.outgoing(asks, now_s=now_s)
        if not any(by_branch):
            return []
        batches = [batches_of(mine, BATCH_BYTES) for mine in by_branch]
        for index, (branch, mine) in enumerate(zip(self._branches, batches, strict=True)):
            branch.send((self._revocations, mine, index == self._duties.dying))
        with self._system.issuer.transaction():
            self._system.keep_up(now_s=now_s)
            last = self._reply_to_batches([len(mine) for mine in batches])
        for branch, replies in zip(self._branches, last, strict=True):
            branch.send(replies)
        number, revocations = self._system.revocations(now_s=now_s)
        # Operators hear of it with the next window, and only if it is news.
        self._revocations = revocations if number > self._list_number else b""
        self._list_number = number
        answers: list[Answer] = []
        heard, told = self._system.published(number, revocations, now_s=now_s)
        for index, (branch, asked) in enumerate(zip(self._branches, by_branch, strict=True)):
            received = branch.receive()
            if index == self._duties.dying:
                self._duties.unanswered(asked)
                continue
            answered = [*zip(asked, received, strict=True)]
            self._duties.heard(index, answered, now_s=now_s)
            for ask, answer in answered:
                if ask.kind in TRADES:
                    self.traded.append((ask, answer))
                elif ask.kind not in SILENT:
                    answers.append(with_news(ask, answer, list_number=heard, revocations=told))
        self._duties.give_back(now_s=now_s)
        return answers

    def _reply_to_batches(self, counts: Sequence[int]) -> list[object]:
        """Reply to all batches but hold back each operator's last replies until the issuer has committed."""
        last: list[object] = [None] * len(counts)
        for number in range(max(counts)):
            for index, branch in enumerate(self._branches):
                if number < counts[index]:
                    questions = branch.receive()
                    if number:
                        branch.send(last[index])
                    last[index] = self._system.reply(questions)
        return last

    def reports(self) -> tuple[list[BranchReport], list[Usage]]:
        """The operators' reports, and what their processes have used."""
        for branch in self._branches:
            branch.send(None)
        said = [branch.receive() for branch in self._branches]
        return [report for report, _ in said], [used for _, used in said]
