"""What can be said of scenarios and studies: as data, as text for a terminal, and as tables for the docs."""

from collections.abc import Iterable
from inspect import getdoc
from pathlib import Path
from typing import Any, Final

from shuangli.sims.catalogue import CONFIGS
from shuangli.sims.scenario_file import KEYS, Key, Setup, preset_names, read_preset, read_setup
from shuangli.sims.settings import Concern, Setting, settings_of, unknown_key
from shuangli.sims.studies.measures import MEASURES
from shuangli.sims.studies.study import SWEEP_KEYS, VARY_KEYS

CONCERNS: Final = {
    Concern.WORLD: "the world: who is there, and what people set out to do",
    Concern.ATTACK: "attacks",
    Concern.POLICY: "policies",
    Concern.METHOD: "how it is computed",
}
HEADINGS: Final = {"file": "scenario file", "sweep": "[sweep]", "vary": "[sweep.vary], for each setting"}


def describe(name: str | None = None) -> dict[str, Any]:
    """What there is to say of a scenario, preset or scenario file; of all that there is without a name.

    Raises:
        BadInput: there is no scenario or preset of this name, or the file is wrong.
    """
    if name is None:
        return {
            "scenarios": {each: getdoc(config) for each, config in CONFIGS.items()},
            "presets": {each: read_preset(each).about for each in preset_names()},
            "file": _keys(KEYS.values()),
            "sweep": _keys(SWEEP_KEYS.values()),
            "vary": _keys(VARY_KEYS.values()),
            "measures": {each: [measure.unit, measure.about] for each, measure in MEASURES.items()},
        }
    if name in CONFIGS:
        rows = [_setting(setting) for setting in settings_of(CONFIGS[name]).values()]
        return {"scenario": name, "about": getdoc(CONFIGS[name]), "settings": rows}
    if name.endswith(".toml"):
        return {"file": name, **_settings_as_set(read_setup(Path(name)))}
    if name not in preset_names():
        raise unknown_key(
            name, name, [*CONFIGS, *preset_names()], what="scenario or preset, nor a file .toml"
        )
    return {"preset": name, **_settings_as_set(read_preset(name))}


def _settings_as_set(setup: Setup) -> dict[str, Any]:
    """Every setting, with what a preset or a file makes of it as its default."""
    config = setup.config
    rows = [
        {**_setting(setting), "default": config[setting.name]}
        for setting in settings_of(CONFIGS[setup.scenario]).values()
    ]
    return {"scenario": setup.scenario, "about": setup.about, "settings": rows}


def _keys(keys: Iterable[Key]) -> list[dict[str, str]]:
    return [key._asdict() for key in keys]


def _setting(setting: Setting) -> dict[str, Any]:
    return {
        "name": setting.name,
        "kind": setting.kind,
        "unit": setting.unit,
        "default": setting.default,
        "span": setting.span,
        "concern": setting.concern.value,
        "about": setting.about,
    }


def as_text(described: dict[str, Any]) -> str:
    """What `describe` says, for a terminal."""
    if "settings" in described:
        about = described["about"] or described["scenario"]
        return "\n".join([about, *_settings_text(described["settings"])])
    lines: list[str] = []
    for heading in ("scenarios", "presets"):
        lines += [f"{heading}:", *(f"  {name:16} {about}" for name, about in described[heading].items()), ""]
    for part, heading in HEADINGS.items():
        lines += [f"{heading}:", *(_key_text(key) for key in described[part]), ""]
    lines += ["measures:"]
    for name, (unit, about) in described["measures"].items():
        lines.append(f"  {name:34} {unit or '1':10} {about}")
    return "\n".join(lines)


def _settings_text(rows: list[dict[str, Any]]) -> list[str]:
    lines: list[str] = []
    for concern, heading in CONCERNS.items():
        lines += ["", f"{heading}:"]
        for row in rows:
            if row["concern"] == concern:
                unit = f" {row['unit']}" if row["unit"] else ""
                facts = f"{row['kind']}, {row['span']}{unit}"
                lines += [f"  {row['name']} = {row['default']}", f"      {row['about']} ({facts})"]
    return lines


def _key_text(key: dict[str, str]) -> str:
    facts = [key["kind"], key["span"], f"default {key['default']}" if key["default"] else ""]
    return f"  {key['name']:12} {key['about']} ({', '.join(fact for fact in facts if fact)})"


def as_markdown() -> str:
    """The tables of docs/reference/scenarios.md."""
    parts: list[str] = []
    for name, config in CONFIGS.items():
        parts += [
            "",
            f"### {name}",
            "",
            str(getdoc(config)),
            "",
            "| key | kind | default | range | unit | about | meaning |",
        ]
        parts += ["|---|---|---|---|---|---|---|"]
        for setting in settings_of(config).values():
            cells = (
                *(f"`{setting.name}`", setting.kind, str(setting.default), setting.span),
                *(setting.unit, setting.concern.value, setting.about),
            )
            parts.append(f"| {' | '.join(cells)} |")
    parts += ["", "## Presets", "", "| preset | scenario | about |", "|---|---|---|"]
    for name in preset_names():
        preset = read_preset(name)
        parts.append(f"| `{name}` | {preset.scenario} | {preset.about} |")
    for heading, keys in (("File", KEYS), ("Sweep", SWEEP_KEYS), ("Range of a setting", VARY_KEYS)):
        parts += [
            "",
            f"## {heading}",
            "",
            "| key | kind | default | range | meaning |",
            "|---|---|---|---|---|",
        ]
        parts += [
            f"| `{key.name}` | {key.kind} | {key.default} | {key.span} | {key.about} |"
            for key in keys.values()
        ]
    parts += ["", "## Measures", "", "| measure | unit | meaning |", "|---|---|---|"]
    parts += [f"| `{name}` | {measure.unit} | {measure.about} |" for name, measure in MEASURES.items()]
    parts += ["", "A border has each of them twice: with `abroad.` before its name for the other side."]
    return "\n".join(parts) + "\n"
