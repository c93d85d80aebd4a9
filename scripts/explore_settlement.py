"""Explores every state of small settlement scenarios, and writes what was found into the documentation.

    python scripts/explore_settlement.py

Takes some minutes. The search, the scenarios and the rules that are switched off are those of the tests
(`tests/search`). The tables stand in docs/explanation/settlement-search.md, between the marks.
"""

import time
from pathlib import Path
from typing import Final

from scripts.generated import put_between
from tests.search.scenarios import LARGE, SMALL
from tests.search.searching import search
from tests.search.switched_off import SWITCHED_OFF

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "explanation" / "settlement-search.md"
STATES: Final = "<!-- scripts/explore_settlement.py writes states from here -->"
RULES: Final = "<!-- scripts/explore_settlement.py writes rules from here -->"
LAST: Final = "<!-- to here -->"


def main() -> None:
    """Explore, print and write the tables; seconds are printed only."""
    lines = ["| scenario | states | moves | ends | deepest |", "|---|--:|--:|--:|--:|"]
    for name, scenario in {**SMALL, **LARGE}.items():
        started = time.perf_counter()
        lines.append(f"| {name} | {search(scenario.world()).row} |")
        print(lines[-1], f"{time.perf_counter() - started:.1f} s", flush=True)
    put_between(PAGE, STATES, "\n".join(lines), LAST)
    told = [off.told(off.without_the_rule()) for off in SWITCHED_OFF]
    print("\n" + "\n".join(told))
    put_between(PAGE, RULES, "\n".join(told).rstrip(), LAST)


if __name__ == "__main__":
    main()
