"""Explores every state of small payment scenarios, and writes how many there are into the documentation.

    python scripts/explore_session.py

Takes some minutes. The search and the scenarios are those of the tests (`tests/protocol/exploring.py`).
The table stands in docs/explanation/protocol.md, between the marks.
"""

import tempfile
from pathlib import Path
from typing import Final

from scripts.generated import put_between
from tests.protocol.scenarios import LARGE, SMALL

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "explanation" / "protocol.md"
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
    put_between(PAGE, FIRST, "\n".join(lines), LAST)


if __name__ == "__main__":
    main()
