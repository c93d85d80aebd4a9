"""Signatures that are accounted for: a run's whole result is the same, and nowhere else do they count."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from shuangli import crypto
from shuangli.cose import Domain, sign
from shuangli.crypto import SIGNATURE_BYTES, SigningKey
from shuangli.errors import ShuangliError, Unverified
from shuangli.offline.trust import Trust
from shuangli.sims.catalogue import make_scenario
from shuangli.sims.run import Written, run_scenario
from shuangli.sims.signatures import (
    NETWORK,
    AccountingKey,
    AccountingTrust,
    AccountingVerifier,
    Signatures,
    know_certifier,
)

SEED = bytes(range(32))
RUNS: dict[str, dict[str, Any]] = {
    "transit": {"trips": 250, "hard_share": 0.3, "clone.number": 4, "leaked_key.number": 1},
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


def play(name: str, signatures: Signatures, directory: Path) -> Written:
    """A run with some adversaries."""
    settings = {**RUNS[name], "signatures": signatures.value}
    scenario = make_scenario(name, settings, seed=5, demand=None, network=None)
    return run_scenario(scenario, directory, workers=0, progress=lambda *_: None)


@pytest.mark.parametrize("name", sorted(RUNS))
def test_a_whole_result_is_the_same(name: str, tmp_path: Path) -> None:
    """All of `result.json` but the setting itself, and both tables in every row, ids included."""
    real, accounting = (play(name, how, tmp_path / how) for how in Signatures)
    results = [json.loads((run.directory / "result.json").read_bytes()) for run in (real, accounting)]
    assert [result["scenario"]["config"].pop("signatures") for result in results] == [*Signatures]
    assert results[0] == results[1]
    assert results[0]["signatures"]["checked"] > results[0]["signatures"]["made"] > 500
    assert results[0]["forks"]["found"]
    for table in ("payments", "cases", "transactions"):
        one, other = (pl.read_parquet(run.directory / f"{table}.parquet") for run in (real, accounting))
        assert one.equals(other), table
    evidence = [sorted(run.directory.glob("evidence/*.cbor")) for run in (real, accounting)]
    assert [file.name for file in evidence[0]] == [file.name for file in evidence[1]]
    sizes = [[file.stat().st_size for file in files] for files in evidence]
    assert sizes[0] == sizes[1]
    assert evidence[0][0].read_bytes() != evidence[1][0].read_bytes()


def test_the_public_half_is_that_of_the_real_key() -> None:
    assert AccountingKey(SEED).public == SigningKey(SEED).public


def test_what_is_accounted_for_verifies_nowhere_else() -> None:
    key = AccountingKey(SEED)
    signature = key.sign(b"message")
    assert len(signature) == SIGNATURE_BYTES
    assert key.made == 1
    assert not crypto.verify(key.public, b"message", signature)
    signed = sign(key, Domain.REQUEST, b"\x80")
    with pytest.raises(Unverified):
        Trust(root=key.public, network=NETWORK, objects_kept=1).verifier.check(signed, key.public, "request")
    AccountingVerifier(capacity=1).check(signed, key.public, "request")


@pytest.mark.parametrize("domain", [Domain.REQUEST, Domain.WALLET_CERTIFICATE])
def test_another_key_or_another_object_does_not_pass(domain: Domain) -> None:
    key, other = AccountingKey(SEED), AccountingKey(SEED[::-1])
    know_certifier(SigningKey(SEED))
    verifier = AccountingVerifier(capacity=4)
    signed = sign(key, domain, b"\x80")
    verifier.check(signed, key.public, "object")
    for wrong, by in ((signed, other.public), (sign(other, domain, b"\x80"), key.public)):
        with pytest.raises(Unverified):
            verifier.check(wrong, by, "object")
    assert verifier.checked == 3


def test_a_certificate_is_signed_really() -> None:
    key = AccountingKey(SEED)
    signed = sign(key, Domain.WALLET_CERTIFICATE, b"\x80")
    assert crypto.verify(key.public, signed.message, signed.signature)


@pytest.mark.parametrize("network", ["sandbox", "cn", "sim2", ""])
def test_it_stands_on_no_other_network(network: str) -> None:
    with pytest.raises(ValueError, match="network sim only"):
        AccountingTrust(root=bytes(32), network=network, objects_kept=1)


def test_an_unknown_way_to_sign_is_refused() -> None:
    with pytest.raises(ShuangliError, match="signatures=none: not real or accounting"):
        make_scenario("transit", {"signatures": "none"}, seed=1, demand=None, network=None)
