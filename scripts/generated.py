"""Files that a script makes: written, or compared with what is there."""

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
