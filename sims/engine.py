"""The engine: plays cells in parallel with the online half, window by window, reproducibly.

In window w the cells play in worker processes, each cell from its own seed, while this process settles
what they asked for in window w - 1; the answers reach the cells at the beginning of window w + 1. So
the outcome depends on the plan and its seed only, not on how many processes there are or which one is
fast. Asks are settled in order of time, then cell.
"""

import gc
import multiprocessing
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final

from shuangli.sims.cell import Cell, CellReport, Played
from shuangli.sims.payments import PaymentLog
from shuangli.sims.plan import CellPlan
from shuangli.sims.system import Anchors, System
from shuangli.sims.uplink import Answer, Ask

WINDOWS_AFTER_CLOSE: Final = 4
"""Windows after the close in which no device speaks of itself, so that all answers arrive."""

Progress = Callable[[int, int, int], None]
"""Called after each window with: windows played, windows in all, payments attempted so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run brought forth: every payment attempted, and each cell's report."""

    payments: PaymentLog
    reports: list[CellReport]


def play(system: System, plans: Sequence[CellPlan], *, workers: int, progress: Progress) -> Run:
    """Play all cells to the end, with at most `workers` processes beside this one."""
    calendar = plans[0].calendar
    last_s = calendar.closes_s + calendar.close_takes_s + WINDOWS_AFTER_CLOSE * calendar.window_s
    starts = range(calendar.start_s, last_s, calendar.window_s)
    crews = [plans[index::workers] for index in range(min(workers, len(plans)))]
    owner = {plan.number: index for index, crew in enumerate(crews) for plan in crew}
    payments = PaymentLog()
    with _Workers(crews, system.anchors) as pool:
        asks: list[Ask] = []
        answers: list[Answer] = []
        for done, start_s in enumerate(starts, 1):
            end_s = start_s + calendar.window_s
            pool.start_window(start_s, end_s, _by_cell(answers, plans), owner)
            answers = system.handle(asks, now_s=start_s)
            played = pool.finish_window()
            for _, part in played:
                payments.add(part.payments)
            asks = [ask for _, part in played for ask in part.asks]
            asks.sort(key=lambda ask: ask.at_s)
            progress(done, len(starts), payments.count)
        reports = pool.reports()
    return Run(payments=payments, reports=reports)


def _by_cell(answers: Sequence[Answer], plans: Sequence[CellPlan]) -> dict[int, list[Answer]]:
    """Sort answers by the cell in which their device lives; devices are numbered cell after cell."""
    bounds = [(plan.first_device, plan.first_device + len(plan.devices), plan.number) for plan in plans]
    sorted_answers: dict[int, list[Answer]] = {plan.number: [] for plan in plans}
    for answer in answers:
        for first, last, number in bounds:
            if first <= answer.device < last:
                sorted_answers[number].append(answer)
    return sorted_answers


class _Workers:
    """The worker processes, each with some of the cells."""

    def __init__(self, crews: Sequence[Sequence[CellPlan]], anchors: Anchors) -> None:
        self._processes: list[BaseProcess] = []
        self._pipes: list[Connection] = []
        context = multiprocessing.get_context("spawn")
        for crew in crews:
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, list(crew), anchors), daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
            self._pipes.append(ours)

    def __enter__(self) -> "_Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.terminate()
            process.join()

    def start_window(
        self, start_s: int, end_s: int, answers: dict[int, list[Answer]], owner: dict[int, int]
    ) -> None:
        for index, pipe in enumerate(self._pipes):
            mine = {number: part for number, part in answers.items() if owner[number] == index}
            pipe.send((start_s, end_s, mine))

    def finish_window(self) -> list[tuple[int, Played]]:
        played: list[tuple[int, Played]] = []
        for pipe in self._pipes:
            played += pipe.recv()
        return sorted(played, key=lambda part: part[0])

    def reports(self) -> list[CellReport]:
        reports: list[tuple[int, CellReport]] = []
        for pipe in self._pipes:
            pipe.send(None)
            reports += pipe.recv()
        return [report for _, report in sorted(reports, key=lambda part: part[0])]


def _work(pipe: Connection, plans: list[CellPlan], anchors: Anchors) -> None:
    """A worker process: play windows until told to report."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Millions of small objects that hold no cycles: collecting them costs a third of the time.
    gc.disable()
    cells = {plan.number: Cell(plan, anchors) for plan in plans}
    try:
        while (order := pipe.recv()) is not None:
            start_s, end_s, answers = order
            pipe.send(
                [(number, cell.play(start_s, end_s, answers[number])) for number, cell in cells.items()]
            )
        pipe.send([(number, cell.report()) for number, cell in cells.items()])
    except (EOFError, BrokenPipeError):
        return
