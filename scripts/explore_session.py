"""Explores every state of small payment scenarios, and writes how many there are into the documentation.

    python scripts/explore_session.py

Takes about a minute. The search and the scenarios are those of the tests (`tests/protocol/exploring.py`).
The table stands in docs/explanation/protocol.md, between the marks.
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.protocol.scenarios import LARGE, SMALL  # noqa: E402 - found from the root

PAGE: Final = ROOT / "docs" / "explanation" / "protocol.md"
FIRST: Final = "<!-- scripts/explore_session.py writes from here -->"
LAST: Final = "<!-- to here -->"


def main() -> None:
    """Explore, print and write the table."""
    lines = ["| scenario | states | moves | deepest |", "|---|--:|--:|--:|"]
    for name, scenario in {**SMALL, **LARGE}.items():
        with tempfile.TemporaryDirectory() as directory:
            found = scenario.explorer(Path(directory)).explore()
        lines.append(f"| {name} | {found.states:,} | {found.moves:,} | {found.depth} |")
        print(lines[-1], flush=True)
    before, rest = PAGE.read_text(encoding="utf-8").split(FIRST)
    _, after = rest.split(LAST)
    table = "\n".join(lines)
    PAGE.write_text(f"{before}{FIRST}\n\n{table}\n\n{LAST}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
