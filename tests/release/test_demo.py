"""`shuangli demo`: what it says where it cannot play. That it plays, from the wheel, .ci/run shows."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.command import assert_one_line, environment, shuangli

WITHOUT = """
import sys
sys.modules[sys.argv[1]] = None
from shuangli.cli import main
main(sys.argv[2:])
"""


def without(library: str, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command where a library is not installed."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, library, *words],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("words", [("demo",), ("sim", "run", "transit"), ("sim", "describe", "transit")])
@pytest.mark.parametrize("library", ["polars", "scipy"])
def test_without_the_extra_it_says_what_to_install(
    library: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    assert_one_line(without(library, *words, cwd=tmp_path), "pip install 'shuangli[sim]'")
    assert list(tmp_path.iterdir()) == []


def test_a_module_of_our_own_that_is_missing_is_no_missing_extra(tmp_path: Path) -> None:
    done = without("shuangli.sims.catalogue", "demo", cwd=tmp_path)
    assert "pip install" not in done.stderr
    assert "ModuleNotFoundError" in done.stderr


def test_a_directory_of_something_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear")
    assert_one_line(shuangli("demo", "--out", "mine", cwd=tmp_path), "mine")
    assert (tmp_path / "mine/letter.txt").read_text() == "dear"
