"""What Shuangli depends on, as far as it is installed here: pyproject.toml, and the metadata of packages.

Both the list of licences and the audit start from it, so that neither forgets what the other knows.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).resolve().parents[1]
PROJECT: Final = "shuangli"
CORE: Final = "core"
TOOLS: Final = ("bench", "dev", "docs")
"""Extras for work on the code: they come to nobody who uses Shuangli."""
Groups = Mapping[str, list[Requirement]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What a group needs: the packages that are installed, and the names of those that are not."""

    installed: dict[str, Distribution] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)


def groups(pyproject: str) -> dict[str, list[Requirement]]:
    """The requirements of the core, and of each extra, as the text of a pyproject.toml has them."""
    project = tomllib.loads(pyproject)["project"]
    listed = {CORE: project["dependencies"], **project["optional-dependencies"]}
    return {name: [Requirement(text) for text in texts] for name, texts in listed.items()}


def users(found: Groups) -> dict[str, list[Requirement]]:
    """The groups that users install."""
    return {name: requirements for name, requirements in found.items() if name not in TOOLS}


def own_groups() -> dict[str, list[Requirement]]:
    """The groups of this repository."""
    return groups((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def needed(requirements: Iterable[Requirement], own: Groups) -> Needed:
    """Everything that requirements bring with them, all the way down, where this Python needs it."""
    found = Needed()
    waiting = [(requirement, frozenset({""})) for requirement in requirements]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement, asked_with = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset({"", *requirement.extras})
        marker = requirement.marker
        wanted = marker is None or any(marker.evaluate({"extra": extra}) for extra in asked_with)
        if not wanted or (name, extras) in seen:
            continue
        seen.add((name, extras))
        if name == PROJECT:
            waiting += [(below, frozenset({""})) for extra in requirement.extras for below in own[extra]]
            continue
        try:
            found.installed[name] = distribution(name)
        except PackageNotFoundError:
            found.absent.add(name)
            continue
        waiting += [(Requirement(text), extras) for text in found.installed[name].requires or ()]
    return found
