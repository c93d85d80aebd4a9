"""What a script makes: whole files, written or compared with what is there; parts of other pages."""

import sys
from collections.abc import Mapping
from pathlib import Path


def write_or_check(files: Mapping[Path, str], *, check: bool, script: str) -> int:
    """Write the files, or say which are not what would be written; 0 done, 1 one is not in step."""
    behind = 0
    for path, text in files.items():
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            print(f"{path.name} is not in step: run python scripts/{script}", file=sys.stderr)
            behind = 1
    return behind


def put_between(page: Path, start: str, text: str, end: str) -> None:
    """Put a text between two marks of a page, which stand in lines of their own.

    Raises:
        ValueError: there is no such mark, or the first one stands there twice.
    """
    before, rest = page.read_text(encoding="utf-8").split(start)
    _, after = rest.split(end, maxsplit=1)
    page.write_text(f"{before}{start}\n\n{text}\n\n{end}{after}", encoding="utf-8")
