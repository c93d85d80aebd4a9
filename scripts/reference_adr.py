"""The first page of docs/adr: a table of all decisions, made of their own first lines."""

import re
from pathlib import Path
from typing import Final

START: Final = """\
<!-- Written by scripts/make_reference.py; do not edit. -->

# Decisions

One page for each choice between real ways: what was asked, what was decided, what was turned down and why. A
decision is not rewritten when another takes its place; its second line says so. Numbers go up, with gaps.

| number | decision | state |
|---|---|---|
"""
_HEAD: Final = re.compile(r"# (?P<number>\d+)\. (?P<title>.+)\n\n(?P<status>Accepted, \d{4}-\d\d-\d\d\.)")


def decisions_page(folder: Path) -> str:
    """The page as it should be. A decision whose first lines have another form is an error."""
    rows = []
    for path in sorted(folder.glob("[0-9]*.md")):
        head = _HEAD.match(path.read_text(encoding="utf-8"))
        if head is None or int(head["number"]) != int(path.name[:4]):
            raise ValueError(f"{path.name} must begin: # {int(path.name[:4])}. Title, then: Accepted, date.")
        rows.append(f"| {head['number']} | [{head['title']}]({path.name}) | {head['status'].rstrip('.')} |\n")
    return START + "".join(rows)
