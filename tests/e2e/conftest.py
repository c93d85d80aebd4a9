"""What the end-to-end tests share: a finished run with double spends, and the real data if they are there."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.command import ROOT, shuangli
from tests.engine.runs import LINE, trips_table

Shared = Callable[[str], Path]


@pytest.fixture
def shared() -> Shared:
    """The path of a file of real data; skips the test where it is absent."""

    def find(name: str) -> Path:
        path = ROOT.parent / "shared" / "data" / name
        if not path.is_file():
            pytest.skip(f"needs ../shared/data/{name}, which is not part of the project")
        return path

    return find


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a finished run; not to be changed."""
    directory = tmp_path_factory.mktemp("finished")
    (directory / "line.csv").write_text(LINE, encoding="utf-8")
    (directory / "od.csv").write_text(trips_table(most=2), encoding="utf-8")
    options = ("--demand", "od.csv", "--network", "line.csv", "--set", "copied_share=0.1", "--out", "out")
    done = shuangli("sim", "run", "transit", *options, cwd=directory)
    assert done.returncode == 0, done.stderr
    return directory / "out"


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A copy of that directory, to be changed."""
    shutil.copytree(finished, tmp_path / "out", ignore=shutil.ignore_patterns("databases"))
    return tmp_path / "out"
