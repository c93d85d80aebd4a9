"""What users install is listed with its licence, and every licence goes with Apache-2.0."""

import re
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts.dependencies import CORE, own_groups
from scripts.licences import PAGE, allowed, licence_of, problems


def test_the_page_lists_what_users_install() -> None:
    assert list(problems(own_groups(), PAGE.read_text(encoding="utf-8"))) == []


def test_a_new_dependency_is_not_forgotten() -> None:
    own = own_groups()
    own[CORE] = [*own[CORE], Requirement("pytest>=9"), Requirement("not-installed-anywhere")]
    found = list(problems(own, PAGE.read_text(encoding="utf-8")))
    assert "pytest: is not in licences.md" in found
    assert "pluggy: is not in licences.md" in found, "what a dependency brings with it"
    assert "not-installed-anywhere: is not in licences.md" in found


def test_a_licence_that_changed_is_noticed() -> None:
    text, changed = re.subn(
        r"^\| click \| BSD-3-Clause ", "| click | MIT ", PAGE.read_text(), flags=re.MULTILINE
    )
    assert changed
    assert [line for line in problems(own_groups(), text) if line.startswith("click: ")]


@pytest.mark.parametrize(
    ("expression", "goes"),
    [
        ("MIT", True),
        ("BSD", True),
        ("MPL-2.0 AND MIT", True),
        ("GPL-2.0-only OR MIT", True),
        ("MIT AND (GPL-3.0-only OR Apache-2.0)", True),
        ("GPL-3.0-or-later", False),
        ("MIT AND AGPL-3.0-only", False),
        ("MIT AND (GPL-3.0-only OR SSPL-1.0)", False),
        ("Apache-2.0 WITH Something-exception", False),
        ("not stated", False),
    ],
)
def test_a_licence_goes_or_not(expression: str, goes: bool) -> None:
    assert allowed(expression) is goes


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ("License-Expression: mit OR apache-2.0", "MIT OR Apache-2.0"),
        ("License: MPL-2.0 AND MIT", "MPL-2.0 AND MIT"),
        ("License: Do what you like.\nClassifier: License :: OSI Approved :: BSD License", "BSD"),
        ("License: 3-Clause BSD License", "BSD-3-Clause"),
        ("License: Do what you like.", "not stated"),
        ("Classifier: License :: OSI Approved :: GNU General Public License (GPL)", "not stated"),
        ("Summary: nothing said", "not stated"),
    ],
)
def test_the_licence_of_a_package(fields: str, licence: str, tmp_path: Path) -> None:
    (tmp_path / "METADATA").write_text(f"Metadata-Version: 2.4\nName: some\nVersion: 1\n{fields}\n")
    package: Distribution = PathDistribution(tmp_path)
    assert licence_of(package) == licence
