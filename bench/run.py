"""All benchmarks, each with the limit it is held against: `make bench` writes `build/bench.json`.

What they were measured on goes to `build/bench-machine.json`; `scripts/make_benchmarks_page.py` makes a page
of both.
"""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.machine import machine
from bench.result import Measured, Wanted


def _bench(module: str) -> Any:
    """A benchmark's module, imported when it is its turn: what the others need would count as its memory."""
    return import_module(f"bench.{module}")


BENCHMARKS: dict[str, Callable[[Wanted, bool], list[Measured]]] = {
    "payment": lambda _wanted, _by_name: _bench("payment").measure(),
    "coins": lambda _wanted, _by_name: _bench("coin_choice").measure(),
    "settle": lambda wanted, _by_name: _bench("settlement").measure(wanted),
    "settle.profile": lambda _wanted, _by_name: _bench("settle_profile").measure(),
    "api": lambda wanted, _by_name: _bench("api").measure(wanted),
    "memory": lambda wanted, by_name: _bench("memory").measure(wanted, by_name=by_name),
    "report": lambda wanted, _by_name: _bench("reports").measure(wanted),
    "sim.transit": lambda _wanted, _by_name: _bench("sim_transit").measure(),
    "sim.signatures": lambda wanted, _by_name: _bench("sim_signatures").measure(wanted),
    "sim.sweep": lambda wanted, _by_name: _bench("sim_sweep").measure(wanted),
    "sim.scale": lambda wanted, _by_name: _bench("sim_scale").measure(wanted),
    "sim.peers": lambda wanted, _by_name: _bench("peers").measure(wanted),
}
"""By the beginning of the names of their lines; told which are wanted, and whether they were asked for."""
OUTPUT = Path("build") / "bench.json"
MACHINE = Path("build") / "bench-machine.json"


def main(names: list[str]) -> int:
    """Run the benchmarks whose lines these are, or all, and write what was measured."""
    unknown = [name for name in names if not any(_within(name, known) for known in BENCHMARKS)]
    if unknown:
        known = ", ".join(BENCHMARKS)
        print(f"bench: there is no benchmark {unknown[0]!r}; there are {known}", file=sys.stderr)
        return 2

    def wanted(line: str) -> bool:
        return not names or any(_within(line, name) for name in names)

    measured_on = machine()
    measured: list[Measured] = []
    for known, measure in BENCHMARKS.items():
        if not names or any(_within(name, known) or _within(known, name) for name in names):
            measured += measure(wanted, bool(names))
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps([entry.as_json() for entry in measured], indent=2) + "\n", encoding="utf-8")
    MACHINE.write_text(json.dumps(measured_on, indent=2) + "\n", encoding="utf-8")
    for entry in measured:
        print(f"{entry.name}: {entry.value:,} {entry.unit}, limit {entry.limit_value:,} ({entry.limit})")
    print(f"written to {OUTPUT} and {MACHINE}")
    return 0


def _within(name: str, beginning: str) -> bool:
    """Say whether a name is `beginning`, or begins with it and a dot."""
    return name == beginning or name.startswith(f"{beginning}.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
