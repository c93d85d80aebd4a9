"""What the end-to-end tests share: a finished run with double spends."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.command import shuangli
from tests.engine.runs import LINE, trips_table


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a finished run; not to be changed."""
    directory = tmp_path_factory.mktemp("finished")
    (directory / "line.csv").write_text(LINE, encoding="utf-8")
    (directory / "od.csv").write_text(trips_table(most=2), encoding="utf-8")
    options = ("--demand", "od.csv", "--network", "line.csv", "--set", "clone.share=0.1", "--out", "out")
    done = shuangli("sim", "run", "transit", *options, cwd=directory)
    assert done.returncode == 0, done.stderr
    return directory / "out"


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A copy of that directory, to be changed."""
    shutil.copytree(finished, tmp_path / "out", ignore=shutil.ignore_patterns("databases"))
    return tmp_path / "out"
