"""Asks the official schemas, which live in an environment of their own (tests/interop/requirements.txt)."""

import json
import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PYTHON: Final = Path(os.environ.get("SHUANGLI_INTEROP_PYTHON") or ROOT / ".venv-interop" / "bin" / "python")
needs_schemas: Final = pytest.mark.skipif(
    not PYTHON.exists(), reason=f"{PYTHON} does not exist: `make test` makes .venv-interop"
)


def problems(*messages: tuple[str, bytes]) -> list[list[str]]:
    """What is wrong with each message, given as its name and its bytes."""
    done = subprocess.run(
        [PYTHON, "-I", Path(__file__).with_name("with_schemas.py")],
        input=json.dumps([(name, data.decode()) for name, data in messages]),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[list[str]] = json.loads(done.stdout)
    return answers
