"""What every finished run must show, whatever was simulated, checked from its files and databases."""

from pathlib import Path
from typing import Any

import polars as pl

from shuangli.issuer.facts import ObjectKind
from shuangli.messages.transfers import Transfer
from shuangli.offline.evidence import verify_evidence
from shuangli.offline.report import verify_report
from tests.engine.runs import Boardings, Finished, simulated_boardings


def check_run(run: Finished) -> None:
    """Books balance, every fork is found and nobody else named, everybody has reconciled, figures agree."""
    check_books(run)
    check_forks(run)
    check_payments(run)
    check_hours(run)
    check_signatures(run.result["signatures"])
    check_report(run)


def check_books(run: Finished) -> None:
    books, (supply,) = run.result["books"], run.result["supply"]
    assert books["difference_fen"] == 0
    assert set(books["differences_fen"].values()) == {0}
    parts = ("redeemed_fen", "returned_fen", "outstanding_fen")
    assert supply["loaded_fen"] == sum(supply[part] for part in parts)
    assert supply["forked_fen"] == sum(
        supply[part] for part in ("fund_paid_fen", "void_fen", "forked_open_fen")
    )
    # The same from signed objects alone: every coin that was ever minted or made by a transfer.
    truth = run.truth()
    assert truth.loaded_fen == supply["loaded_fen"]
    assert truth.forked_fen == supply["forked_fen"]
    held = books["devices"]
    assert held["unpaid_fen"] == sum(
        held[part] for part in ("late_fen", "capped_fen", "frozen_fen", "disowned_fen")
    )
    in_devices_fen = held["held_fen"] + held["in_flight_fen"] + held["unpaid_fen"]
    in_devices_fen -= held["undisclosed_fen"]
    assert in_devices_fen - held["void_fen"] == supply["outstanding_fen"] + supply["forked_open_fen"]
    assert held["void_fen"] <= supply["void_fen"]


def check_forks(run: Finished) -> None:
    forks, cases, truth = run.result["forks"], run.cases, run.truth()
    assert forks["found"] == forks["injected"] == cases.height
    assert forks["missed"] == forks["unexpected"] == forks["honest_accused"] == 0
    assert set(cases["coin_id"]) == truth.forks
    assert set(cases["culprit"]) == truth.culprits
    assert cases["kind"].null_count() == 0
    assert (cases["found_s"] >= cases["second_spend_s"]).all()
    assert forks["loss_fen"] == cases["loss_fen"].sum()
    borne_fen = forks["borne_by_guarantee_fund_fen"]
    assert borne_fen + forks["unclaimed_loss_fen"] == forks["loss_fen"]
    assert 0 <= borne_fen <= run.result["supply"][0]["fund_paid_fen"]
    (fund,) = run.query("issuer", "SELECT coalesce(sum(paid_fen), 0) FROM fund_claims")[0]
    assert fund == run.result["supply"][0]["fund_paid_fen"]
    root = root_key(run.directory)
    for row in cases.iter_rows(named=True):
        proven = verify_evidence((run.directory / row["evidence"]).read_bytes(), root=root)
        assert (proven.coin_id, proven.culprit) == (row["coin_id"], row["culprit"])


def check_payments(run: Finished) -> None:
    payments, figures, reconciliation = run.payments, run.result["payments"], run.result["reconciliation"]
    paid = payments.filter(pl.col("outcome") == "paid")
    assert sum(figures["by_outcome"].values()) == figures["attempted"] == payments.height
    assert figures["by_outcome"].get("paid", 0) == figures["paid"] == paid.height
    assert sum(figures["by_hops"].values()) == figures["paid"]
    assert figures["value_fen"] == paid["amount_fen"].sum()
    assert payments["at_s"].is_sorted()
    assert (paid["latency_s"] >= 0).all()
    # Everybody has reconciled: whatever was signed is known to the issuer, and no transfer is there twice.
    assert reconciliation["never"] == paid["received_s"].null_count() == 0
    signed = [transfer for transfer in payments["transfer_id"] if transfer]
    known = {Transfer.parse(data).signed.id for data in run.objects(ObjectKind.TRANSFER)}
    assert len(signed) == len(set(signed))
    assert set(signed) <= known
    closes_s = run.scenario.plans[0].calendar.closes_s
    at_close = paid.filter(pl.col("received_s") >= closes_s)
    assert (reconciliation["only_at_close"], reconciliation["only_at_close_fen"]) == (
        at_close.height,
        at_close["amount_fen"].sum(),
    )


def check_hours(run: Finished) -> None:
    hours, figures = run.result["hours"], run.result
    numbers = [row["hour"] for row in hours]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert sum(row["paid"] for row in hours) == figures["payments"]["paid"]
    assert sum(row["paid_fen"] for row in hours) == figures["payments"]["value_fen"]
    assert sum(row["reconciled"] for row in hours) == figures["payments"]["paid"]
    assert hours[-1]["unreconciled_fen"] == figures["reconciliation"]["never_fen"]
    assert hours[-1]["circulating_fen"] == figures["supply"][0]["outstanding_fen"]


def check_signatures(signatures: dict[str, int]) -> None:
    for done in ("made", "checked"):
        places = [signatures[f"{done}_by_{place}"] for place in ("devices", "operators", "issuer")]
        assert signatures[done] == sum(places)
        assert min(places) > 0


def check_report(run: Finished) -> None:
    files = {
        path.relative_to(run.directory).as_posix(): path.read_bytes()
        for path in run.directory.rglob("*")
        if path.is_file() and "databases" not in path.parts
    }
    verified = verify_report(files["report.cbor"], files, root=root_key(run.directory))
    assert verified.forks == run.result["forks"]["found"]


def check_boardings(run: Finished, asked: Boardings) -> None:
    """Boardings by hour and station are those of the demand, and every trip came to its gate."""
    trips: dict[str, Any] = run.result["trips"]
    assert simulated_boardings(run) == asked
    assert trips["attempted"] == trips["asked"] == asked.total() == run.payments.height
    assert trips["boardings_difference"] == 0
    by_hour = [
        sum(n for (h, _), n in asked.items() if h == hour) for hour in range(len(trips["asked_by_hour"]))
    ]
    assert trips["asked_by_hour"] == trips["simulated_by_hour"] == by_hour


def root_key(directory: Path) -> bytes:
    """The root key that a run has left."""
    return bytes.fromhex((directory / "root-key.txt").read_text(encoding="utf-8"))
