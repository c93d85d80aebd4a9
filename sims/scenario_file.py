"""Scenario files: TOML that says what to run, and for a study also what to vary.

    about = "a metro day without an outage"
    scenario = "transit"          # or preset = "metro-day", whose settings are the defaults then
    seed = 1
    demand = "trips.csv"          # paths are relative to the file
    network = "lines.csv"

    [settings]
    outage_h = 0

    [[adversary]]                 # as many as wanted, of different kinds; the same as settings clone.share, …
    kind = "clone"
    share = 0.005
    strategy = "burst"

    [sweep]                       # `sim sweep` only; see `studies.study`

Every key is checked. What is wrong is one line with file, key and reason, and for an unknown key the nearest
one that exists. A preset is such a file, too; those that ship lie in `sims/presets/`.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from shuangli import __version__
from shuangli.errors import BadInput
from shuangli.sims.catalogue import CONFIGS, FILES, digests, make_scenario
from shuangli.sims.scenario import Scenario
from shuangli.sims.scenario_tables import check_attacked, settings_in, settings_set
from shuangli.sims.settings import Value, configured, shown, shown_key, unknown_key, values_of

PRESETS: Final = Path(__file__).parent / "presets"
LARGEST_FILE_BYTES: Final = 1_000_000
LARGEST_SEED: Final = 2**63 - 1


class Key(NamedTuple):
    """A key of a scenario file: kind, default, range and meaning in words."""

    name: str
    kind: str
    default: str
    span: str
    about: str


KEYS: Final = {
    key.name: key
    for key in (
        Key("about", "text", "", "", "what this is for, in a sentence"),
        Key("scenario", "text", "the preset's", " or ".join(CONFIGS), "what is simulated"),
        Key(
            "preset", "text", "none", "a name, or a path to a file", "a file whose settings are the defaults"
        ),
        Key("seed", "whole number", "1", "0 to 2^63 - 1", "where chance starts"),
        Key("demand", "path", "the shipped profile", "", "transit: table of trips or of boardings"),
        Key("network", "path", "laid out by the seed", "", "transit: table of stations on lines"),
        Key("settings", "table", "", "", "settings of the scenario, by name"),
        Key("adversary", "list of tables", "none", "", "attacks: a kind, and the settings under its name"),
        Key("sweep", "table", "none", "", "what `sim sweep` varies"),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """A scenario with everything that decides what comes of it.

    settings: those that differ from the defaults. about: what it is for.
    """

    scenario: str
    settings: Mapping[str, Value] = field(default_factory=dict)
    seed: int = 1
    demand: Path | None = None
    network: Path | None = None
    about: str = ""

    def __post_init__(self) -> None:
        if self.scenario not in CONFIGS:
            raise unknown_key(f"scenario={shown(self.scenario)}", self.scenario, CONFIGS, what="scenario")
        if type(self.seed) is not int or not 0 <= self.seed <= LARGEST_SEED:
            what = "is not a whole number from 0 to 2^63 - 1"
            raise BadInput("bad-option", f"seed={shown(self.seed)} {what}")
        for name in self.files:
            if name not in FILES[self.scenario]:
                raise BadInput("bad-option", f"{name}: is for transit, not for {self.scenario}")
        configured(CONFIGS[self.scenario], self.settings)

    @property
    def files(self) -> dict[str, Path]:
        """The files that it reads, by what they are."""
        given = {"demand": self.demand, "network": self.network}
        return {name: path for name, path in given.items() if path is not None}

    @property
    def config(self) -> dict[str, Value]:
        """Every setting with its value."""
        return values_of(configured(CONFIGS[self.scenario], self.settings))

    def plan(self) -> Scenario:
        """The scenario that this sets up.

        Raises:
            BadInput: a file or a setting is wrong.
        """
        return make_scenario(
            self.scenario, self.settings, seed=self.seed, demand=self.demand, network=self.network
        )

    def identity(self) -> dict[str, object]:
        """All that decides what comes of it, the content of files and the version included."""
        return {
            "scenario": self.scenario,
            "config": self.config,
            "seed": self.seed,
            "files": digests(self.files),
            "version": __version__,
        }


def digest_of(identity: Mapping[str, object]) -> str:
    """The name of a run by what decides what comes of it: 32 hex digits."""
    return sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        BadInput: there is none, it is too large, or it is not TOML.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE_BYTES + 1)
        if len(data) > LARGEST_FILE_BYTES:
            raise BadInput("bad-file", f"{path}: larger than {LARGEST_FILE_BYTES} bytes")
        return tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise BadInput("bad-file", f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BadInput("bad-file", f"{path}: is not UTF-8 text") from error
    except ValueError as error:
        raise BadInput("bad-file", f"{path}: is not TOML: {error}") from error
    except RecursionError as error:
        raise BadInput("bad-file", f"{path}: is nested too deeply") from error


def read_setup(path: Path, overrides: Mapping[str, str] | None = None, *, seed: int | None = None) -> Setup:
    """What a scenario file sets up; `overrides` are settings as text, which hold before those of the file.

    Raises:
        BadInput: something in it is wrong: names file, key and reason.
    """
    return setup_of(read_toml(path), path, overrides, seed=seed)


def setup_of(
    content: Mapping[str, Any],
    path: Path,
    overrides: Mapping[str, str] | None = None,
    *,
    seed: int | None = None,
) -> Setup:
    """What the content of a scenario file sets up."""
    for name in content:
        if name not in KEYS:
            raise unknown_key(f"{path}: {shown_key(name)}", name, KEYS)
    preset = _preset(content, path)
    scenario = _text(content, "scenario", path) or (preset.scenario if preset else "")
    if scenario not in CONFIGS:
        if not scenario:
            raise BadInput("bad-option", f"{path}: lacks the key scenario, or preset")
        raise unknown_key(f"{path}: scenario={shown(scenario)}", scenario, CONFIGS, what="scenario")
    if preset is not None and preset.scenario != scenario:
        raise BadInput("bad-option", f"{path}: scenario={scenario}: the preset is for {preset.scenario}")
    files = {name: _file(content, name, scenario, path) for name in ("demand", "network")}
    settings: dict[str, Value] = dict(preset.settings) if preset else {}
    settings |= settings_in(content, scenario, path)
    settings |= settings_set(overrides or {}, scenario)
    check_attacked(content, settings, scenario, path)
    try:
        return Setup(
            scenario=scenario,
            settings=settings,
            seed=seed if seed is not None else _seed(content, preset, path),
            demand=files["demand"] or (preset.demand if preset else None),
            network=files["network"] or (preset.network if preset else None),
            about=_text(content, "about", path),
        )
    except BadInput as error:
        # Each by itself is right: what does not go together does not say where it stands.
        place = f"{path}: "
        raise BadInput(error.code, f"{place}{str(error).removeprefix(place)}") from error


def _preset(content: Mapping[str, Any], path: Path) -> Setup | None:
    name = _text(content, "preset", path)
    if not name:
        return None
    if not name.endswith(".toml"):
        return read_preset(name, place=f"{path}: preset={shown(name)}")
    below = read_toml(path.parent / name)
    if "preset" in below:
        raise BadInput("bad-option", f"{path}: preset={shown(name)}: a preset has no preset itself")
    return setup_of(below, path.parent / name)


def preset_names() -> list[str]:
    """The presets that ship."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def read_preset(name: str, *, place: str = "") -> Setup:
    """A preset that ships, by its name.

    Raises:
        BadInput: there is none of this name.
    """
    if name not in preset_names():
        raise unknown_key(place or shown_key(name), name, preset_names(), what="preset")
    return read_setup(PRESETS / f"{name}.toml")


def _text(content: Mapping[str, Any], key: str, path: Path) -> str:
    value = content.get(key, "")
    if not isinstance(value, str):
        raise BadInput("bad-option", f"{path}: {key}={shown(value)}: not a text")
    return value


def _file(content: Mapping[str, Any], key: str, scenario: str, path: Path) -> Path | None:
    name = _text(content, key, path)
    if not name:
        return None
    if key not in FILES[scenario]:
        raise BadInput("bad-option", f"{path}: {key}: is for transit, not for {scenario}")
    return path.parent / name


def _seed(content: Mapping[str, Any], preset: Setup | None, path: Path) -> int:
    seed = content.get("seed", preset.seed if preset else 1)
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= LARGEST_SEED:
        raise BadInput("bad-option", f"{path}: seed={shown(seed)} is not a whole number from 0 to 2^63 - 1")
    return seed
