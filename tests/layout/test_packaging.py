"""What is built from this tree holds the five folders inside `shuangli`, as files instead of links."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Final

import pytest

from tests.layout.rules import FOLDERS, ROOT

# Not part of what is installed, wherever it lies.
LEFT_OUT: Final = {"__pycache__", ".gitignore"}


def run(*command: str) -> None:
    """Run a module of this environment at the root of the tree; its error output is the failure's text."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def installed_names(wheel: Path) -> set[str]:
    """Name the files of a wheel, without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def expected() -> set[str]:
    """Name the files that an install must have: those below shuangli, with the links followed."""
    return {
        f"shuangli/{inner}"
        for top in (ROOT / "shuangli", *(ROOT / folder for folder in FOLDERS))
        for path in top.rglob("*")
        if path.is_file() and not LEFT_OUT & set(path.parts)
        for inner in [path.relative_to(ROOT if top.name != "shuangli" else top)]
    }


def test_wheel_by_way_of_sdist(expected: set[str], tmp_path: Path) -> None:
    run("hatchling", "build", "--target", "sdist", "--directory", str(tmp_path))
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        assert not [member.name for member in archive if member.issym() or member.islnk()]

    # Without build isolation and index: hatchling is here, and nothing is downloaded.
    offline = ("--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check")
    run("pip", "wheel", *offline, "--wheel-dir", str(tmp_path), str(sdist))
    (wheel,) = tmp_path.glob("*.whl")
    assert installed_names(wheel) == expected


def test_wheel_from_the_tree(expected: set[str], tmp_path: Path) -> None:
    run("hatchling", "build", "--target", "wheel", "--directory", str(tmp_path))
    (wheel,) = tmp_path.glob("*.whl")
    assert installed_names(wheel) == expected
    with zipfile.ZipFile(wheel) as archive:
        (entry_points,) = (name for name in archive.namelist() if name.endswith("/entry_points.txt"))
        assert "shuangli = shuangli.cli:main" in archive.read(entry_points).decode()
