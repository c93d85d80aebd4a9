"""Settings on the command line and in files, as somebody new sets them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from shuangli.cli import main
from shuangli.errors import BadInput
from shuangli.sims.scenario_file import read_setup
from tests.studies.scenarios import written


def test_what_never_ends_is_read_no_further_than_a_file_may_be_long() -> None:
    ran = CliRunner().invoke(main, ["sim", "sweep", "/dev/zero"])
    assert (ran.exit_code, ran.stderr) == (2, "shuangli: /dev/zero: larger than 1000000 bytes\n")


def test_a_file_can_be_described_with_what_it_makes_of_the_settings(tmp_path: Path) -> None:
    path = written(tmp_path, 'preset = "metro-clones"\nabout = "mine"\n[settings]\ntrips = 50\n')
    ran = CliRunner().invoke(main, ["sim", "describe", str(path)])
    assert ran.exit_code == 0
    assert ran.stdout.startswith("mine\n")
    assert "  trips = 50\n" in ran.stdout
    assert "  clone.copies = 5\n" in ran.stdout
    path.write_text("")
    ran = CliRunner().invoke(main, ["sim", "describe", str(path)])
    assert (ran.exit_code, ran.stderr) == (2, f"shuangli: {path}: lacks the key scenario, or preset\n")


@pytest.mark.parametrize("name", ["seed", "demand", "network"])
def test_what_is_no_setting_says_where_it_is_given(name: str) -> None:
    ran = CliRunner().invoke(main, ["sim", "run", "transit", "--set", f"{name}=3"])
    assert (ran.exit_code, ran.stderr.count("\n")) == (2, 1)
    assert f"--set {name}: is no setting; give --{name}" in ran.stderr


def test_what_is_set_is_judged_with_what_the_file_says_and_not_alone(tmp_path: Path) -> None:
    path = written(tmp_path, 'scenario = "payroll"\n[settings]\ndays = 62\n')
    assert read_setup(path, {"outage_d": "40"}).config["outage_d"] == 40
    with pytest.raises(BadInput, match=r"day\.toml: outage_from_d=0, outage_d=60, days=50: together"):
        read_setup(path, {"outage_d": "60", "days": "50"})


def test_a_file_may_begin_as_editors_on_windows_begin_it(tmp_path: Path) -> None:
    assert read_setup(written(tmp_path, '\ufeffscenario = "payroll"\r\nseed = 4\r\n')).seed == 4
