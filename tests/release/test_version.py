"""The version stands in one place, and the changelog and the citation are in step with it.

While something is unreleased, the version is that of the next release with `.dev0` behind it. So what a tree
that is worked on has built or computed is never taken for that of a release.
"""

import re
import tomllib
from datetime import date

from packaging.version import Version

from shuangli import __version__
from tests.docs.pages import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
RELEASES = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", CHANGELOG, re.MULTILINE)
UNRELEASED = re.findall(r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", CHANGELOG, re.MULTILINE | re.DOTALL)[
    0
].strip()


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "shuangli/__init__.py"


def test_the_changelog_has_its_form() -> None:
    headings = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert headings == ["[Unreleased]", *(f"[{number}] - {day}" for number, day in RELEASES)]
    numbers = [Version(number) for number, _ in RELEASES]
    days = [date.fromisoformat(day) for _, day in RELEASES]
    assert (numbers, days) == (sorted(set(numbers), reverse=True), sorted(days, reverse=True))


def test_the_changelog_is_in_step() -> None:
    newest = RELEASES[0][0] if RELEASES else "0.0.0"
    if UNRELEASED:
        assert re.fullmatch(r"\d+\.\d+\.\d+\.dev0", __version__)
        assert Version(__version__) > Version(newest)
    else:
        assert __version__ == newest


def test_the_citation_is_in_step() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.+)$", citation, re.MULTILINE) == [__version__]
    released = [day for number, day in RELEASES if number == __version__]
    assert re.findall(r'^date-released: "(.+)"$', citation, re.MULTILINE) == released
