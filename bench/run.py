"""All benchmarks, each with the limit it is held against: `make bench` writes `build/bench.json`."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench import (
    api,
    coin_choice,
    memory,
    payment,
    peers,
    reports,
    settle_profile,
    settlement,
    sim_scale,
    sim_signatures,
    sim_sweep,
    sim_transit,
)
from bench.result import Measured, Wanted

BENCHMARKS: dict[str, Callable[[Wanted, bool], list[Measured]]] = {
    "payment": lambda _wanted, _by_name: payment.measure(),
    "coins": lambda _wanted, _by_name: coin_choice.measure(),
    "settle": lambda wanted, _by_name: settlement.measure(wanted),
    "settle.profile": lambda _wanted, _by_name: settle_profile.measure(),
    "api": lambda wanted, _by_name: api.measure(wanted),
    "memory": lambda wanted, by_name: memory.measure(wanted, by_name=by_name),
    "report": lambda wanted, _by_name: reports.measure(wanted),
    "sim.transit": lambda _wanted, _by_name: sim_transit.measure(),
    "sim.signatures": lambda wanted, _by_name: sim_signatures.measure(wanted),
    "sim.sweep": lambda wanted, _by_name: sim_sweep.measure(wanted),
    "sim.scale": lambda wanted, _by_name: sim_scale.measure(wanted),
    "sim.peers": lambda wanted, _by_name: peers.measure(wanted),
}
"""By the beginning of the names of their lines; told which are wanted, and whether they were asked for."""
OUTPUT = Path("build") / "bench.json"


def main(names: list[str]) -> int:
    """Run the benchmarks whose lines these are, or all, and write what was measured."""
    unknown = [name for name in names if not any(_within(name, known) for known in BENCHMARKS)]
    if unknown:
        known = ", ".join(BENCHMARKS)
        print(f"bench: there is no benchmark {unknown[0]!r}; there are {known}", file=sys.stderr)
        return 2

    def wanted(line: str) -> bool:
        return not names or any(_within(line, name) for name in names)

    measured: list[Measured] = []
    for known, measure in BENCHMARKS.items():
        if not names or any(_within(name, known) or _within(known, name) for name in names):
            measured += measure(wanted, bool(names))
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps([entry.as_json() for entry in measured], indent=2) + "\n", encoding="utf-8")
    for entry in measured:
        print(f"{entry.name}: {entry.value:,} {entry.unit}, limit {entry.limit_value:,} ({entry.limit})")
    print(f"written to {OUTPUT}")
    return 0


def _within(name: str, beginning: str) -> bool:
    """Say whether a name is `beginning`, or begins with it and a dot."""
    return name == beginning or name.startswith(f"{beginning}.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
