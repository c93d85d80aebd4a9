"""What a run writes beside its result: labelled transactions, their description, plots, a citation."""

import json
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as Xml

import polars as pl
import pytest

from shuangli import __version__
from shuangli.data_package import CITATION
from shuangli.sims.catalogue import make_scenario
from shuangli.sims.dictionary import DICTIONARY, TRANSACTIONS, columns_of
from shuangli.sims.run import Written, run_scenario

ROOT = Path(__file__).resolve().parents[2]
SETTINGS: dict[str, dict[str, object]] = {
    "transit": {"trips": 250, "clone.number": 5},
    "payroll": {
        "workers": 30,
        "employers": 3,
        "days": 2,
        "payday": 1,
        "payday_spread_d": 0,
        "clone.number": 4,
        "clone.strategy": "burst",
    },
}
KINDS: dict[pl.DataType, str] = {
    pl.Int16(): "int16",
    pl.Int32(): "int32",
    pl.Int64(): "int64",
    pl.String(): "string",
    pl.Binary(): "binary",
    pl.Boolean(): "bool",
}


@pytest.fixture(scope="module", params=sorted(SETTINGS))
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A small run with some copied wallets."""
    scenario = make_scenario(request.param, SETTINGS[request.param], seed=2, demand=None, network=None)
    directory = tmp_path_factory.mktemp("outputs") / "out"
    return run_scenario(scenario, directory, workers=0, progress=lambda *_: None)


@pytest.mark.parametrize("table", DICTIONARY)
def test_the_dictionary_has_every_column_and_no_other(ran: Written, table: str) -> None:
    schema = pl.read_parquet_schema(ran.directory / table)
    told = {column.name: column.kind for column in columns_of(table, ran.result["scenario"]["name"])}
    assert list(told.items()) == [(name, KINDS[kind]) for name, kind in schema.items()]


def test_the_package_describes_the_tables_as_they_are(ran: Written) -> None:
    package = json.loads((ran.directory / "datapackage.json").read_bytes())
    assert [resource["path"] for resource in package["resources"]] == list(DICTIONARY)
    for resource in package["resources"]:
        data = (ran.directory / resource["path"]).read_bytes()
        assert (resource["bytes"], resource["hash"]) == (len(data), f"sha256:{sha256(data).hexdigest()}")
        names = list(pl.read_parquet_schema(ran.directory / resource["path"]))
        assert [field["name"] for field in resource["schema"]["fields"]] == names
        assert {field["type"] for field in resource["schema"]["fields"]} <= {"integer", "string", "boolean"}


def test_transactions_are_the_paid_payments_with_their_truth(ran: Written) -> None:
    payments = pl.read_parquet(ran.directory / "payments.parquet").filter(pl.col("outcome") == "paid")
    told = pl.read_parquet(ran.directory / TRANSACTIONS)
    assert told.height == ran.result["payments"]["paid"] == payments.height
    for column in ("at_s", "amount_fen", "transfer_id", "attack", "received_s"):
        assert told[column].equals(payments[column]), column
    assert told["transaction"].to_list() == list(range(1, told.height + 1))
    assert (told["step"] >= 1).all()
    expected = payments["attack"].is_not_null() | payments["forked"]
    assert told["is_fraud"].equals(expected.alias("is_fraud"))
    assert expected.any()
    assert not expected.all()
    names = [f"{told['name_orig'][row][1:]}" for row in range(told.height)]
    assert names == [str(number) for number in payments["payer"].to_list()]
    assert set(told["type"].unique()) <= {"PAYMENT", "TRANSFER"}
    assert told.filter(pl.col("name_dest").str.starts_with("M"))["type"].unique().to_list() == ["PAYMENT"]


def test_an_alert_is_a_case_over_a_forked_coin(ran: Written) -> None:
    told, cases = (pl.read_parquet(ran.directory / name) for name in (TRANSACTIONS, "cases.parquet"))
    alerts = told.drop_nulls("alert")
    assert alerts["is_fraud"].all()
    assert set(alerts["alert"]) <= set(cases["case"])
    # A case is found over two spends; redemptions by the culprit itself are no payment.
    assert alerts.height >= len(set(alerts["alert"])) > 0


def test_every_plot_is_there_as_svg_and_png(ran: Written) -> None:
    pictures = sorted(path.name for path in (ran.directory / "plots").iterdir())
    names = {name.partition(".")[0] for name in pictures}
    assert {"demand", "rate", "unreconciled", "circulating", "latency"} <= names
    assert pictures == sorted(f"{name}.{kind}" for name in names for kind in ("svg", "png"))
    for name in names:
        png = (ran.directory / "plots" / f"{name}.png").read_bytes()
        assert png.startswith(b"\x89PNG")
        svg = Xml.parse(ran.directory / "plots" / f"{name}.svg").getroot()  # noqa: S314
        text = Xml.tostring(svg, encoding="unicode")
        assert "var(--" not in text
        assert "#2470ad" in text or "#c2540a" in text


def test_a_result_says_how_to_cite_it(ran: Written) -> None:
    assert ran.result["citation"] == CITATION
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    fields = dict(
        line.split(": ", 1) for line in citation.splitlines() if line[:1].isalpha() and ": " in line
    )
    assert fields["version"] == __version__
    assert fields["title"].strip('"').removeprefix("Shuangli: ") in CITATION
