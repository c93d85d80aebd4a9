"""The operator's HTTP API, spoken to over a real connection to a real process."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from shuangli.api.http_client import HttpOperator
from shuangli.api.models import COSE_SIGN1, PROBLEM, etag_of
from shuangli.codec import decode
from shuangli.crypto import SigningKey
from shuangli.errors import Refused
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.key_set import KeySet
from shuangli.messages.loads import Load
from shuangli.offline.audit import VerifiedCheckpoint, read_proof, verify_checkpoint, verify_consistency
from shuangli.offline.trust import Trust
from shuangli.operator.service.auth.rules import RULES
from tests.devices.bodies import COSE, KEY, enrolment, order
from tests.devices.processes import Operator


def test_what_it_publishes_holds_under_the_root_that_it_prints(
    served: Operator, operator: HttpOperator, directory: Path
) -> None:
    network = operator.describe()
    assert (network.network, network.operator, network.currency, network.sandbox) == (
        "sandbox",
        "OP01",
        "CNY",
        True,
    )
    trust = Trust(root=bytes.fromhex(served.root), network=network.network, objects_kept=16)
    trust.add_key_set(operator.key_set())
    assert trust.update_revocations(operator.revocation_list())
    assert (directory / "root-key.txt").read_text() == f"{served.root}\n"


def test_a_body_that_is_known_does_not_travel_again(http: httpx.Client, served: Operator) -> None:
    for path in ("/v1/key-set", "/v1/revocation-list"):
        whole = http.get(path)
        assert whole.headers["ETag"] == etag_of(whole.content)
        assert whole.headers["Content-Type"] == COSE_SIGN1
        for known in (etag_of(whole.content), f'"x", W/{etag_of(whole.content)}', "*"):
            again = http.get(path, headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b""), known
        other = http.get(path, headers={"If-None-Match": etag_of(b"older")})
        assert (other.status_code, other.content) == (200, whole.content)
        with HttpOperator(served.address, known=[b"older", whole.content]) as operator:
            assert whole.content in (operator.key_set(), operator.revocation_list())


def test_f12_the_same_question_gets_the_same_answer(operator: HttpOperator) -> None:
    certificate = operator.open_wallet(enrolment())
    assert WalletCertificate.parse(certificate).claims.key == KEY.public
    assert operator.open_wallet(enrolment()) == certificate
    booked = {operator.deposit(KEY.public, 500, idempotency_key="once").entry_no for _ in range(2)}
    assert len(booked) == 1
    load = operator.load(order(1))
    assert Load.parse(load).values_fen == (300, 200)
    assert operator.load(order(1)) == load
    with pytest.raises(Refused, match="500 fen short") as refused:
        operator.load(order(2))
    assert refused.value.code == "insufficient-funds"
    with pytest.raises(Refused) as refused:
        operator.deposit(KEY.public, 501, idempotency_key="once")
    assert refused.value.code == "nonce-used"


def test_f13_the_same_order_many_times_at_once_is_one_load(operator: HttpOperator, served: Operator) -> None:
    operator.open_wallet(enrolment())
    operator.deposit(KEY.public, 500, idempotency_key="at once")

    def ask(_: int) -> bytes:
        with HttpOperator(served.address) as another:
            return another.load(order(3))

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(16)))) == 1


def test_the_description_of_the_api_names_every_resource_and_loads_nothing(http: httpx.Client) -> None:
    described = http.get("/v1/openapi.json").json()
    found = {
        f"{name.upper()} {path}" for path, operations in described["paths"].items() for name in operations
    }
    assert found == {route for route in RULES if "/sandbox/" not in route}
    for operations in described["paths"].values():
        for operation in operations.values():
            assert operation["description"]
            assert PROBLEM in operation["responses"]["default"]["content"]


def test_f32_what_the_log_promises_is_shown_to_anybody(http: httpx.Client, served: Operator) -> None:
    """Two states of the log, and that the second starts with the first; where an entry is in it."""
    http.post("/v1/wallets", content=enrolment(), headers=COSE)
    before = checkpoint(http, served)
    http.post("/v1/wallets", content=enrolment(SigningKey(bytes([9]) * 32), person=b"q" * 32), headers=COSE)
    after = checkpoint(http, served)
    old, new = before.checkpoint.size, after.checkpoint.size
    assert 0 < old < new
    assert checkpoint(http, served) == after, "a state is signed once"
    proof = decode(http.get("/v1/log/consistency", params={"old": old, "new": new}).content)
    verify_consistency(before, after, read_proof(proof))
    path = decode(http.get("/v1/log/0/proof", params={"size": new}).content)
    assert len(read_proof(path)) >= (new - 1).bit_length()


def checkpoint(http: httpx.Client, served: Operator) -> VerifiedCheckpoint:
    """The state of the log, verified with the root key that the operator prints."""
    keys = KeySet.parse(http.get("/v1/key-set").content)
    (certificate,) = keys.operators
    root = bytes.fromhex(served.root)
    return verify_checkpoint(
        http.get("/v1/checkpoint").content, certificate=certificate.signed.data, root=root
    )


def test_answers_are_not_stored_on_the_way(http: httpx.Client) -> None:
    answer = http.post("/v1/wallets", content=enrolment(), headers=COSE)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "server" not in answer.headers


def test_nothing_secret_is_published(http: httpx.Client, directory: Path) -> None:
    secrets = (directory / "network.cbor").read_bytes()
    public = b"".join(http.get(path).content for path in ("/v1/network", "/v1/key-set", "/v1/openapi.json"))
    for at in range(2, 2 + 4 * 34, 34):
        assert secrets[at : at + 2] == b"\x58\x20"
        assert secrets[at + 2 : at + 34] not in public
    assert (directory / "network.cbor").stat().st_mode & 0o777 == 0o600
    assert directory.stat().st_mode & 0o777 == 0o700
