"""Explores every state of small settlement scenarios, and writes what was found into the documentation.

    python scripts/explore_settlement.py

Takes some minutes. The search, the scenarios and the rules that are switched off are those of the tests
(`tests/search`). The tables stand in docs/explanation/settlement-search.md, between the marks.
"""

import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.search.scenarios import LARGE, SMALL  # noqa: E402 - found from the root
from tests.search.searching import search  # noqa: E402
from tests.search.switched_off import SWITCHED_OFF  # noqa: E402

PAGE: Final = ROOT / "docs" / "explanation" / "settlement-search.md"
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
    _write(STATES, "\n".join(lines))
    told = [off.told(off.without_the_rule()) for off in SWITCHED_OFF]
    print("\n" + "\n".join(told))
    _write(RULES, "\n".join(told).rstrip())


def _write(mark: str, text: str) -> None:
    before, rest = PAGE.read_text(encoding="utf-8").split(mark)
    _, after = rest.split(LAST, maxsplit=1)
    PAGE.write_text(f"{before}{mark}\n\n{text}\n\n{LAST}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
