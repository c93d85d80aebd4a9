"""All benchmarks, each with the limit it is held against: `make bench` writes `build/bench.json`."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench import coin_choice, payment, sim_transit
from bench.result import Measured

BENCHMARKS: dict[str, Callable[[], list[Measured]]] = {
    "payment": payment.measure,
    "coins": coin_choice.measure,
    "sim.transit": sim_transit.measure,
}
OUTPUT = Path("build") / "bench.json"


def main(names: list[str]) -> int:
    """Run the benchmarks of these names, or all, and write what was measured."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        known = ", ".join(BENCHMARKS)
        print(f"bench: there is no benchmark {unknown[0]!r}; there are {known}", file=sys.stderr)
        return 2
    measured = [entry for name in names or BENCHMARKS for entry in BENCHMARKS[name]()]
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps([entry.as_json() for entry in measured], indent=2) + "\n", encoding="utf-8")
    for entry in measured:
        print(f"{entry.name}: {entry.value:,} {entry.unit}, limit {entry.limit_value:,} ({entry.limit})")
    print(f"written to {OUTPUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
