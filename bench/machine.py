"""What the figures of a run were measured on: `build/bench-machine.json`, beside `build/bench.json`."""

import os
import platform
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from bench.processor_time import PROCESSORS
from shuangli import __version__
from tests.database.servers import installed_version

LIBRARIES: Final = ("pynacl", "cbor2", "fastapi", "psycopg", "numpy", "polars", "simpy", "mesa")
_PROCESSOR: Final = "model name"


def machine() -> dict[str, Any]:
    """The machine, how busy it was before the first benchmark, and the versions of what was measured.

    libsodium's own version is not among them: PyNaCl links it in and does not name it, so PyNaCl's stands
    for both.
    """
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "processors": PROCESSORS,
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 10**6,
        "system": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[0], 2),
        "commit": _commit(),
        "versions": {
            "shuangli": __version__,
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "postgresql": installed_version(),
            **{name: found for name in LIBRARIES if (found := _version(name))},
        },
    }


def _processor() -> str:
    """What Linux calls the first processor, or else its architecture."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith(_PROCESSOR)]
    return names[0] if names else platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str:
    """The commit that was measured, with a mark if files differ from it; nothing outside a repository."""
    try:
        head = _git("git", "rev-parse", "--short=12", "HEAD")
        changed = _git("git", "--no-optional-locks", "status", "--porcelain", "--untracked-files=no")
        return f"{head}, changed" if changed else head
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
