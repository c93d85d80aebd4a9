"""What a simulated day holds in memory, and what it costs to let wallets sleep.

    .venv/bin/python bench/sim_memory.py [TRIPS]

Plays a day in one process, once with wallets that sleep and once with wallets that never do, and counts what
Python has allocated when the last window has been played (`tracemalloc`: without what SQLite and the like
hold). Then takes the time to fall asleep and to wake up, beside that of the wallet file's own records.
"""

import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.devices import Network
from shuangli.sims.catalogue import make_scenario
from shuangli.sims.engine import play
from shuangli.sims.pocket import Pocket, fall_asleep, wake_up
from shuangli.sims.system import System
from shuangli.wallet.record_codec import decode_record, encode_record
from shuangli.wallet.wallet import Wallet

TRIPS: Final = 3_000
LINES: Final = 12
TURNS: Final = 500
BATCHES: Final = 7
VALUES_FEN: Final = (2_000, 1_000, 500, 500, 200, 200, 100)


def _stay_awake(self: Pocket) -> None:
    """In place of `Pocket.rest`."""


def held_bytes(trips: int, *, sleep: bool) -> int:
    """What is held after the last window, but before the devices are gone."""
    scenario = make_scenario("transit", {"trips": str(trips)}, seed=1, demand=None, network=None)
    held = [0]

    def progress(done: int, of: int, _: int) -> None:
        if done == of:
            snapshot = tracemalloc.take_snapshot()
            held[0] = sum(trace.size for trace in snapshot.traces)
            print(
                f"  {held[0] / trips:,.0f} bytes a trip{'' if sleep else ', all wallets awake'}; most of it:"
            )
            for line in snapshot.statistics("lineno")[:LINES]:
                frame = line.traceback[0]
                place = "/".join(Path(frame.filename).parts[-3:])
                print(f"    {line.size / trips:6,.0f}  {place}:{frame.lineno}")

    rest = Pocket.rest
    if not sleep:
        Pocket.rest = _stay_awake  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as directory:
        system = System(scenario.system, Path(directory))
        tracemalloc.start()
        try:
            play(system, scenario.plans, workers=0, progress=progress)
        finally:
            tracemalloc.stop()
            system.close()
            Pocket.rest = rest  # type: ignore[method-assign]
    return held[0]


def microseconds(act: Callable[[], object]) -> float:
    """Processor time of one call, of the fastest batch."""
    best_s = float("inf")
    for _ in range(BATCHES):
        before_s = time.process_time()
        for _ in range(TURNS):
            act()
        best_s = min(best_s, time.process_time() - before_s)
    return 1e6 * best_s / TURNS


def times(wallet: Wallet) -> None:
    """Print how long it takes to let a wallet sleep and to wake it up; the same with its file's records."""
    asleep = fall_asleep(wallet.purse)
    if asleep is None:
        raise RuntimeError("a wallet with coins as minted, and nothing under way, falls asleep")
    data = encode_record(wallet.purse.checkpoint())
    terms = {epoch.number: epoch.terms for epoch in wallet.trust.epochs}
    for what, act in (
        ("fall asleep", lambda: fall_asleep(wallet.purse)),
        ("wake up", lambda: wake_up(asleep, wallet)),
        ("write a checkpoint", lambda: encode_record(wallet.purse.checkpoint())),
        ("read a checkpoint", lambda: decode_record(data, terms.__getitem__)),
    ):
        print(f"  {what}: {microseconds(act):.1f} µs")


def main(trips: int) -> None:
    """Print all of it."""
    awake, sleeping = (held_bytes(trips, sleep=sleep) for sleep in (False, True))
    print(f"{trips:,} trips: {awake / trips:,.0f} bytes a trip awake, {sleeping / trips:,.0f} with sleep")
    times(Network().wallet(VALUES_FEN))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TRIPS)
