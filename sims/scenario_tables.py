"""The tables of a scenario file: settings by name, and attacks, of which each table names one kind."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from shuangli.errors import BadInput
from shuangli.sims.adversaries.attack import Kind
from shuangli.sims.catalogue import CONFIGS
from shuangli.sims.settings import Value, flattened, settings_of, shown, shown_key, unknown_key

HOW_MANY: Final = ("share", "number")
"""The settings of an attack that say how many take part; without either, nobody does."""


def settings_in(content: Mapping[str, Any], scenario: str, path: Path) -> dict[str, Value]:
    """What the tables [settings] and [[adversary]] say, as settings by name.

    Raises:
        BadInput: one is wrong, or both say the same thing.
    """
    settings, attacks = _settings(content, scenario, path), _adversaries(content, scenario, path)
    for name in attacks:
        if name in settings:
            raise BadInput("bad-option", f"{path}: settings.{name}: stands in a table [[adversary]], too")
    return settings | attacks


def settings_set(overrides: Mapping[str, str], scenario: str) -> dict[str, Value]:
    """What `--set` says of settings, by name and as text; whether it goes with the file's is not asked here.

    Raises:
        BadInput: an unknown name, or a value that is not of the setting's kind or range.
    """
    known = settings_of(CONFIGS[scenario])
    for name in overrides:
        if name not in known:
            raise unknown_key(f"--set {shown_key(name)}", name, known, what="setting")
    return {name: known[name].read(text, f"--set {name}") for name, text in overrides.items()}


def check_attacked(
    content: Mapping[str, Any], settings: Mapping[str, Value], scenario: str, path: Path
) -> None:
    """Make sure that somebody makes each attack that has a table, but where a sweep may say who.

    Raises:
        BadInput: nothing says how many do.
    """
    if "sweep" in content:
        return
    known = settings_of(CONFIGS[scenario])
    for number, table in enumerate(content.get("adversary", []), 1):
        names = [f"{table['kind']}.{part}" for part in HOW_MANY]
        if not any(name in settings or known[name].default for name in names):
            what = f"kind={table['kind']}: nobody does it; give {' or '.join(HOW_MANY)}"
            raise BadInput("bad-option", f"{path}: adversary {number}: {what}")


def _settings(content: Mapping[str, Any], scenario: str, path: Path) -> dict[str, Value]:
    table = content.get("settings", {})
    if not isinstance(table, dict):
        raise BadInput("bad-option", f"{path}: settings={shown(table)}: not a table")
    flat = flattened(CONFIGS[scenario], table)
    return {name: read_value(scenario, name, value, f"{path}: settings.") for name, value in flat.items()}


def _adversaries(content: Mapping[str, Any], scenario: str, path: Path) -> dict[str, Value]:
    """The settings of the tables [[adversary]]: each names its kind, and no kind stands there twice."""
    tables = content.get("adversary", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadInput("bad-option", f"{path}: adversary={shown(tables)}: not a list of tables [[adversary]]")
    kinds = [kind.value for kind in Kind]
    settings: dict[str, Value] = {}
    seen = set[str]()
    for number, table in enumerate(tables, 1):
        kind = table.get("kind")
        place = f"{path}: adversary {number}: "
        if not isinstance(kind, str) or kind not in kinds:
            if kind is None:
                raise BadInput("bad-option", f"{place}lacks the key kind")
            raise unknown_key(f"{place}kind={shown(kind)}", str(kind), kinds, what="kind of adversary")
        if kind in seen:
            raise BadInput("bad-option", f"{place}kind={kind} stands there twice")
        seen.add(kind)
        for name, value in table.items():
            if name != "kind":
                settings[f"{kind}.{name}"] = read_value(scenario, f"{kind}.{name}", value, place)
    return settings


def read_value(scenario: str, name: str, value: object, place: str) -> Value:
    """A setting's value as TOML has it; `place` is where its name stands.

    Raises:
        BadInput: an unknown name, or a value that is not of the setting's kind or range.
    """
    known = settings_of(CONFIGS[scenario])
    if name not in known:
        raise unknown_key(f"{place}{shown_key(name)}", name, known, what="setting")
    if isinstance(value, str) and known[name].kind in ("whole number", "number"):
        raise BadInput("bad-option", f"{place}{name}='{shown(value)}': not a {known[name].kind}, but a text")
    return known[name].read(value, f"{place}{name}")
