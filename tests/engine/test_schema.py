"""`result.json` and `run.json` have the documented form, and all that issue 2 asks for."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tests.engine.conftest import Play

SCHEMA: Final = json.loads(
    (Path(__file__).resolve().parents[2] / "docs/reference/result.schema.json").read_text(encoding="utf-8")
)
WANTED: Final = (
    *("payments.value_fen", "books.difference_fen"),
    *("forks.injected", "forks.found", "forks.honest_accused", "forks.loss_fen"),
    *("signatures.made", "signatures.checked"),
)


def figure(result: Any, path: str) -> Any:
    for name in path.split("."):
        result = result[name]
    return result


@pytest.fixture(params=["transit", "payroll"])
def result(request: pytest.FixtureRequest, metro: Play, payday: Play) -> Any:
    """The figures of a run with double spends, as they stand in the file."""
    run = metro(seed=1, clone__share=0.2) if request.param == "transit" else payday(seed=1, clone__share=0.2)
    return json.loads((run.directory / "result.json").read_text(encoding="utf-8"))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_results_follow_the_schema(result: Any) -> None:
    Draft202012Validator(SCHEMA).validate(result)


def test_an_empty_day_follows_the_schema(metro: Play) -> None:
    figures = metro(demand=None, trips=1).result
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(figures)))
    assert figures["forks"]["detection_delay_s"] == {}


def test_what_the_issue_asks_for_is_there(result: Any) -> None:
    trips = ("trips.attempted", "trips.paid") if result["scenario"]["name"] == "transit" else ()
    for path in (*WANTED, *trips):
        assert type(figure(result, path)) is int, path


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("payments", "value_fen", 1.5),
        ("payments", "paid", -1),
        ("forks", "found", None),
        ("forks", "invented", 1),
        ("books", "difference_fen", True),
        ("signatures", "made", "1"),
        ("scenario", "name", "other"),
    ],
)
def test_the_schema_refuses_what_is_none(metro: Play, section: str, name: str, value: object) -> None:
    figures = json.loads(json.dumps(metro(seed=1, clone__share=0.2).result))
    figures[section][name] = value
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate(figures)


@pytest.mark.parametrize("path", [*WANTED, "trips.attempted", "trips.paid"])
def test_the_schema_wants_what_the_issue_asks_for(metro: Play, path: str) -> None:
    figures = json.loads(json.dumps(metro(seed=1, clone__share=0.2).result))
    section, _, name = path.partition(".")
    del figures[section][name]
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate(figures)


def test_how_it_ran_is_kept_apart(metro: Play) -> None:
    run = metro(seed=1, clone__share=0.2)
    facts = json.loads((run.directory / "run.json").read_text(encoding="utf-8"))
    assert facts == run.run
    assert facts["wall_s"] >= facts["played_s"] > 0
    assert facts["peak_rss_mb"] > 50
    assert facts["payments_per_s"] == pytest.approx(run.payments.height / facts["played_s"], rel=0.05)
    assert not facts.keys() & run.result.keys()
