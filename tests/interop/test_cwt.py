"""Another implementation of COSE verifies what we sign, and we verify what it signs.

It lives in an environment of its own (tests/interop/requirements.txt) and is run there as a program.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from shuangli import cose
from shuangli.cose import Domain, Verifier
from shuangli.crypto import SigningKey
from shuangli.errors import Unverified
from tests.office_strategies import MESSAGES

ROOT: Final = Path(__file__).parents[2]
VECTORS: Final = ROOT / "tests" / "vectors"
PYTHON: Final = Path(os.environ.get("SHUANGLI_INTEROP_PYTHON") or ROOT / ".venv-interop" / "bin" / "python")
KEYS: Final[dict[str, dict[str, str]]] = json.loads((VECTORS / "keys.json").read_text())
OBJECTS: Final[list[dict[str, Any]]] = json.loads((VECTORS / "objects.json").read_text())
WRONG: Final = json.loads((VECTORS / "refused_objects.json").read_text())["wrong_signature"]
KINDS: Final[dict[str, Any]] = {kind.__name__: kind for kind in MESSAGES}

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(), reason=f"{PYTHON} does not exist: `make test` makes .venv-interop"
)


def ask(verify: list[dict[str, str]], sign: list[dict[str, str]]) -> tuple[list[Any], list[str]]:
    """Let the other implementation verify and sign."""
    done = subprocess.run(
        [PYTHON, "-I", Path(__file__).with_name("with_cwt.py")],
        input=json.dumps({"verify": verify, "sign": sign}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    return answers["verify"], answers["sign"]


def question(case: dict[str, Any], **changed: str) -> dict[str, str]:
    """Ask whether an object of `objects.json` verifies, something about it `changed`."""
    asked = {
        "data": case["data"],
        "key": KEYS[case["signer"]]["public"],
        "external_aad": case["external_aad"],
    }
    return asked | changed


def test_it_verifies_every_object_of_ours() -> None:
    answers, _ = ask([question(case) for case in OBJECTS], [])
    for case, answer in zip(OBJECTS, answers, strict=True):
        assert answer["verified"], case["name"]
        assert answer["payload"] == case["payload"]


def test_it_reads_our_certificates_as_cwts() -> None:
    certificates = [case for case in OBJECTS if isinstance(case["fields"].get("claims"), dict)]
    assert {case["kind"] for case in certificates} == {
        "OperatorCertificate",
        "CentreCertificate",
        "Epoch",
        "WalletCertificate",
    }
    answers, _ = ask([question(case) for case in certificates], [])
    for case, answer in zip(certificates, answers, strict=True):
        assert answer["claims"] == case["fields"]["claims"], case["name"]


def test_it_finds_its_way_from_the_root_to_a_payment() -> None:
    def claimed_key(data: str, key: str, domain: Domain) -> str:
        answers, _ = ask([{"data": data, "key": key, "external_aad": domain.value.decode()}], [])
        claimed: str = answers[0]["claims"]["key"]
        return claimed

    by_name = {case["name"]: case for case in OBJECTS}
    payment = by_name["payment of two coins, one with change"]
    root = KEYS["root"]["public"]
    operator = claimed_key(by_name["operator"]["data"], root, Domain.OPERATOR_CERTIFICATE)
    payer = claimed_key(payment["fields"]["certificate"], operator, Domain.WALLET_CERTIFICATE)
    answers, _ = ask([question(payment, key=payer)], [])
    assert answers[0]["verified"]


def test_f35_it_refuses_every_object_of_ours_under_another_domain() -> None:
    questions = [
        question(case, external_aad=aad)
        for case in OBJECTS
        for aad in ("", *(domain.value.decode() for domain in Domain))
        if aad != case["external_aad"]
    ]
    answers, _ = ask(questions, [])
    assert not any(answer["verified"] for answer in answers)


def test_it_refuses_what_we_refuse() -> None:
    flipped = [
        question(case, data=case["data"][:-2] + f"{int(case['data'][-2:], 16) ^ 1:02x}") for case in OBJECTS
    ]
    others = [
        {"data": case["data"], "key": case["key"], "external_aad": Domain.TRANSFER.value.decode()}
        for case in WRONG
    ]
    answers, _ = ask(flipped + others, [])
    assert not any(answer["verified"] for answer in answers)


def test_we_verify_every_object_of_its() -> None:
    questions = [
        {**KEYS[case["signer"]], "payload": case["payload"], "external_aad": case["external_aad"]}
        for case in OBJECTS
    ]
    _, signed = ask([], questions)
    for case, data in zip(OBJECTS, signed, strict=True):
        value = KINDS[case["kind"]].parse(bytes.fromhex(data))
        Verifier(capacity=1).check(value.signed, bytes.fromhex(KEYS[case["signer"]]["public"]), "object")
        assert value.signed.id.hex() == case["id"]
        # Both are deterministic, so they even agree to the byte.
        assert data == case["data"]


def test_we_verify_payloads_of_its_of_any_size() -> None:
    key = SigningKey(bytes(32))
    sizes = (1, 23, 24, 255, 256, 65_535, 65_536)
    common = {"seed": bytes(32).hex(), "public": key.public.hex()}
    aads = {domain.value.decode(): domain for domain in Domain}
    questions = [common | {"payload": "00" * size, "external_aad": aad} for size in sizes for aad in aads]
    _, signed = ask([], questions)
    for asked, data in zip(questions, signed, strict=True):
        read = cose.parse(bytes.fromhex(data), aads[asked["external_aad"]])
        Verifier(capacity=1).check(read, key.public, "object")
        assert read.payload.hex() == asked["payload"]


def test_we_refuse_a_cwt_of_its_without_our_domain() -> None:
    certificate = next(case for case in OBJECTS if case["kind"] == "WalletCertificate")
    _, signed = ask([], [{**KEYS["operator"], "payload": certificate["payload"], "external_aad": ""}])
    value = KINDS["WalletCertificate"].parse(bytes.fromhex(signed[0]))
    with pytest.raises(Unverified):
        Verifier(capacity=1).check(value.signed, bytes.fromhex(KEYS["operator"]["public"]), "certificate")
