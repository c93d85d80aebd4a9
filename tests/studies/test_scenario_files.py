"""Scenario files: what they set up, and that a wrong one is one line with file, key and reason."""

import re
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuangli.cli import main
from shuangli.errors import BadInput
from shuangli.sims.catalogue import CONFIGS
from shuangli.sims.common import Common
from shuangli.sims.describe import as_text, describe
from shuangli.sims.scenario_file import KEYS, preset_names, read_preset, read_setup
from shuangli.sims.settings import Value, configured, settings_of, values_of
from shuangli.sims.studies.study import SWEEP_KEYS, read_study
from tests.studies.scenarios import written


def test_every_preset_that_ships_can_be_read_and_says_what_it_is_for() -> None:
    assert {"metro-day", "payday-month"} <= set(preset_names())
    for name in preset_names():
        preset = read_preset(name)
        assert preset.about.endswith("."), name
        assert preset.scenario in CONFIGS
    assert read_preset("metro-day").config == read_preset_free("transit")
    assert read_preset("payday-month").config == read_preset_free("payroll")


def read_preset_free(scenario: str) -> dict[str, Any]:
    return {name: setting.default for name, setting in settings_of(CONFIGS[scenario]).items()}


def test_the_command_line_holds_before_the_file_and_the_file_before_its_preset(tmp_path: Path) -> None:
    text = 'preset = "metro-clones"\nseed = 7\n[settings]\ntrips = 50\nclone.copies = 2\n'
    setup = read_setup(written(tmp_path, text), {"clone.copies": "9"})
    assert (setup.scenario, setup.seed) == ("transit", 7)
    config = setup.config
    assert (config["clone.share"], config["trips"], config["clone.copies"]) == (0.01, 50, 9)
    assert read_setup(written(tmp_path, text), seed=3).seed == 3


def test_paths_are_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    below = tmp_path / "presets"
    below.mkdir()
    (below / "mine.toml").write_text('scenario = "transit"\ndemand = "../od.csv"\n')
    setup = read_setup(written(tmp_path, 'preset = "presets/mine.toml"\nnetwork = "net/lines.csv"\n'))
    assert setup.network == tmp_path / "net" / "lines.csv"
    assert setup.demand is not None
    assert setup.demand.resolve() == tmp_path / "od.csv"


def test_a_date_may_be_written_as_toml_has_dates(tmp_path: Path) -> None:
    setup = read_setup(written(tmp_path, 'scenario = "transit"\n[settings]\ndate = 2026-02-03\n'))
    assert setup.config["date"] == "2026-02-03"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks the key scenario, or preset"),
        ('scenario = "transport"', "scenario=transport: there is no such scenario; the nearest is transit"),
        ('preset = "metro-dai"', "preset=metro-dai: there is no such preset; the nearest is metro-day"),
        ('preset = "none.toml"', "none.toml: No such file"),
        ('senario = "transit"', "senario: there is no such key; the nearest is scenario"),
        ('scenario = "payroll"\npreset = "metro-day"', "scenario=payroll: the preset is for transit"),
        ('scenario = "payroll"\ndemand = "x.csv"', "demand: is for transit, not for payroll"),
        ('scenario = "transit"\nseed = -1', "seed=-1 is not a whole number from 0 to 2^63 - 1"),
        ('scenario = "transit"\nseed = true', "seed=True is not a whole number"),
        ('scenario = "transit"\nsettings = 5', "settings=5: not a table"),
        ('scenario = "transit"\nabout = 5', "about=5: not a text"),
        ("[settings]\ntrps = 1", "settings.trps: there is no such setting; the nearest is trips"),
        ("[settings]\n'a\\tb c' = 1", "settings.'a\\tb c': there is no such setting"),
        ("[settings]\ntrips = '5'", "settings.trips='5': not a whole number, but a text"),
        ("[settings]\ntrips = 5.0", "settings.trips=5.0: not a whole number"),
        ("[settings]\ntrips = true", "settings.trips=True: not a whole number"),
        ("[settings]\ntrips = 0", "settings.trips=0 is not between 1 and 10^8"),
        ("[settings]\noutage_h = nan", "settings.outage_h=nan is not between 0 and 24"),
        ("[settings]\ndate = '5 May'", "settings.date=5 May: not a date such as 2026-01-05"),
        ("[settings]\nx = [", "is not TOML"),
        ("x = " + "[" * 20_000, "is nested too deeply"),
        ("x = " + "9" * 5_000, "is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_key_and_reason(text: str, message: str, tmp_path: Path) -> None:
    path = written(
        tmp_path, text if "=" not in text or "[settings]" not in text else f'scenario = "transit"\n{text}'
    )
    ran = CliRunner().invoke(main, ["sim", "run", str(path)])
    assert ran.exit_code == 2
    assert message in ran.stderr
    assert "toml" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert ran.stdout == ""


def test_a_preset_has_no_preset_itself(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('preset = "metro-day"\n')
    with pytest.raises(BadInput, match="a preset has no preset itself"):
        read_setup(written(tmp_path, 'preset = "a.toml"\n'))


@pytest.mark.parametrize("arguments", [["sim", "run", "metro"], ["sim", "describe", "metro"]])
def test_a_wrong_name_is_refused_with_the_nearest(arguments: list[str]) -> None:
    ran = CliRunner().invoke(main, arguments)
    assert (ran.exit_code, ran.stderr.count("\n")) == (2, 1)
    assert "the nearest is metro-day" in ran.stderr


@pytest.mark.parametrize("scenario", sorted(CONFIGS))
def test_of_a_key_with_a_letter_too_few_the_nearest_is_the_right_one(scenario: str, tmp_path: Path) -> None:
    for name in settings_of(CONFIGS[scenario]):
        wrong = name[:2] + name[3:]
        path = written(tmp_path, f'scenario = "{scenario}"\n[settings]\n{wrong} = 1\n')
        with pytest.raises(BadInput, match=f"settings.{wrong}: .*; the nearest is {name}$"):
            read_setup(path)


def accepts_or_names_what_conflicts(config: type[Common], name: str, good: Value) -> None:
    try:
        assert values_of(configured(config, {name: good}))[name] == good
    except BadInput as error:
        named = set(re.findall(r"(\w+)=", str(error)))
        assert name in named
        assert len(named & settings_of(config).keys()) > 1


@pytest.mark.parametrize("scenario", sorted(CONFIGS))
def test_settings_are_accepted_up_to_their_bounds_and_not_beyond(scenario: str) -> None:
    config = CONFIGS[scenario]
    for name, setting in settings_of(config).items():
        if setting.low is not None and setting.high is not None:
            kind = type(setting.default)
            for good in (setting.low, setting.high):
                accepts_or_names_what_conflicts(config, name, kind(good))
            for bad in (setting.low - 1, setting.high + 1):
                with pytest.raises(BadInput, match=f"{name}=.* is not between"):
                    configured(config, {name: kind(bad)})


@pytest.mark.parametrize("scenario", sorted(CONFIGS))
def test_what_all_scenarios_can_be_asked_means_the_same_in_each(scenario: str) -> None:
    """A scenario may give another default, and no other meaning: policies read these by their names."""
    known = settings_of(CONFIGS[scenario])
    for name, setting in settings_of(Common).items():
        assert replace(known[name], default=setting.default) == setting


def test_the_help_of_a_run_names_every_scenario() -> None:
    said = " ".join(CliRunner().invoke(main, ["sim", "run", "--help"]).stdout.split())
    assert f"({', '.join(sorted(CONFIGS))})" in said


@pytest.mark.parametrize("name", [*sorted(CONFIGS), *preset_names()])
def test_describe_names_every_setting_with_kind_range_and_meaning(name: str) -> None:
    described = describe(name)
    known = settings_of(CONFIGS[described["scenario"]])
    assert [row["name"] for row in described["settings"]] == list(known)
    text = as_text(described)
    for row in described["settings"]:
        assert (
            f"  {row['name']} = {row['default']}\n      {row['about']} ({row['kind']}, {row['span']}" in text
        )
        assert row["about"]
        assert known[row["name"]].read(row["default"]) == row["default"]


def test_describe_without_a_name_names_every_key_preset_and_measure() -> None:
    text = as_text(describe())
    for name in (*KEYS, *SWEEP_KEYS, *CONFIGS, *preset_names(), "forks.loss_fen"):
        assert f"  {name} " in text


# What a person might write: TOML with known and unknown keys, and values of every kind.
names = st.sampled_from([*KEYS, *SWEEP_KEYS, "trips", "from", "to", "steps", "hop_cap", "scenari"]) | st.text(
    string.ascii_letters + "_é\t\n", min_size=1, max_size=8
)
plain = (
    st.integers(-(10**30), 10**30)
    | st.floats()
    | st.booleans()
    | st.sampled_from(["transit", "payroll", "metro-day", "grid", "sobol", ""])
    | st.text(max_size=10)
)
values = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


# As above, but with much of it right, so that the readers get to the end of it.
axes = st.dictionaries(
    st.sampled_from(["trips", "load_fen", "outage_h", "date"]),
    st.lists(plain, max_size=3)
    | st.fixed_dictionaries(
        {}, optional={"from": plain, "to": plain, "steps": plain, "scale": st.sampled_from(["log", "x"])}
    ),
    max_size=3,
)
nearly = st.fixed_dictionaries(
    {"scenario": st.just("transit")},
    optional={
        "settings": st.dictionaries(
            st.sampled_from(["trips", "outage_h", "date", "trip"]), plain, max_size=2
        ),
        "sweep": st.fixed_dictionaries(
            {"vary": axes},
            optional={
                "design": st.sampled_from(["grid", "sobol", "latin-hypercube", "Grid"]),
                "points": st.integers(0, 9) | plain,
                "seeds": st.integers(0, 3) | st.lists(plain, max_size=3),
                "baseline": axes,
                "measures": values,
                "other": plain,
            },
        ),
    },
)


def toml(value: object) -> str:
    """A value as TOML writes it, tables inline."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(toml(each) for each in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(name)} = {toml(each)}" for name, each in value.items()) + "}"
    return str(value)


def quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(char):08x}" for char in text) + '"'


def accepts_or_says_why(path: Path) -> None:
    """What cannot be read is one line of BadInput that names the file, from both readers."""
    for reader in (read_setup, read_study):
        try:
            reader(path)
        except BadInput as error:
            text = str(error)
            assert path.name in text
            assert "\n" not in text.replace("\\n", "")
            assert len(text) < 600


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.dictionaries(names, values, max_size=6) | nearly)
def test_any_toml_is_a_setup_or_one_line(content: dict[str, object], tmp_path: Path) -> None:
    content.pop("preset", None)
    lines = [f"{quoted(name)} = {toml(value)}" for name, value in content.items()]
    accepts_or_says_why(written(tmp_path, "\n".join(lines)))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=80))
def test_any_bytes_are_a_setup_or_one_line(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    path.write_bytes(data)
    accepts_or_says_why(path)
