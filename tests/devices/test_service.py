"""The operator's HTTP API, spoken to over a real connection to a real process."""

import random
import re
import secrets
import sqlite3
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from shuangli.api.http_client import HttpOperator
from shuangli.api.models import (
    CBOR,
    COSE_SIGN1,
    MAX_SIGNED_BYTES,
    MAX_UPLOAD_BYTES,
    PROBLEM,
    etag_of,
)
from shuangli.api.signing import RequestSigner
from shuangli.codec import decode
from shuangli.cose import Domain, sign
from shuangli.crypto import SigningKey
from shuangli.errors import CODES, Refused, StoreError
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.key_set import KeySet
from shuangli.messages.loads import Load, LoadOrder
from shuangli.offline.audit import VerifiedCheckpoint, read_proof, verify_checkpoint, verify_consistency
from shuangli.offline.trust import Trust
from shuangli.operator.service.auth.rules import RULES
from tests.devices.processes import Operator, running, serving

KEY = SigningKey(bytes(range(32)))
PERSON = b"p" * 32
SIGNER = RequestSigner(key=KEY, random_bytes=secrets.token_bytes, now_s=lambda: int(time.time()))
COSE = {"Content-Type": COSE_SIGN1}
NOW_S = 1_800_000_000


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operator") / "files"


@pytest.fixture(scope="module")
def served(directory: Path) -> Iterator[Operator]:
    with serving(directory) as operator:
        yield operator


@pytest.fixture(scope="module")
def http(served: Operator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.address, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def operator(served: Operator) -> Iterator[HttpOperator]:
    with HttpOperator(served.address, signer=SIGNER) as operator:
        yield operator


def enrolment(key: SigningKey = KEY, *, network: str = "sandbox", person: bytes = PERSON) -> bytes:
    return Enrolment.sign(
        key,
        network=network,
        operator="OP01",
        kind=WalletKind.SOFT,
        tier=2,
        person=person,
        enrolled_at_s=NOW_S,
    ).signed.data


def order(nonce: int, *, key: SigningKey = KEY, values_fen: tuple[int, ...] = (300, 200)) -> bytes:
    return LoadOrder.sign(
        key,
        operator="OP01",
        values_fen=values_fen,
        nonce=nonce.to_bytes(16, "big"),
        ordered_at_s=NOW_S,
    ).signed.data


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


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem in an answer, which must be of the form that is promised."""
    assert answer.headers["Content-Type"] == PROBLEM, answer.text
    said: dict[str, Any] = answer.json()
    assert said["status"] == answer.status_code
    assert said["title"]
    assert said["detail"]
    assert said.get("code", "cbor") in CODES
    assert "Traceback" not in answer.text
    assert "/" not in said["detail"].replace("application/", "")
    return said


SIGNED = b"\xd2\x84\x43\xa1\x01\x32\xa0"


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "code"),
    [
        ("/v1/wallets", b"", COSE, 400, "cbor"),
        ("/v1/wallets", b"hello", COSE, 400, "cbor"),
        ("/v1/wallets", SIGNED, COSE, 400, "cbor"),
        ("/v1/wallets", order(9), COSE, 400, "shape"),
        ("/v1/wallets", enrolment()[:-1] + b"\0", COSE, 400, "signature"),
        ("/v1/wallets", enrolment(network="real"), COSE, 404, "unknown-wallet"),
        ("/v1/wallets", enrolment(person=bytes([1]) * 32), COSE, 409, "already-open"),
        ("/v1/wallets", bytes(MAX_SIGNED_BYTES + 1), COSE, 413, "too-large"),
        ("/v1/wallets", enrolment(), {}, 415, None),
        ("/v1/wallets", enrolment(), {"Content-Type": CBOR}, 415, None),
        ("/v1/loads", enrolment(), COSE, 400, "shape"),
        ("/v1/loads", order(9)[:-1] + b"\0", COSE, 400, "signature"),
        ("/v1/loads", order(9, key=SigningKey(bytes(32))), COSE, 404, "unknown-wallet"),
        ("/v1/loads", order(9, values_fen=(10**9,)), COSE, 422, "over-limit"),
        ("/v1/loads", order(9, values_fen=(10**6,)), COSE, 422, "insufficient-funds"),
        ("/v1/reconciliations", b"\xa0", {"Content-Type": CBOR}, 400, "cbor"),
        ("/v1/reconciliations", bytes(MAX_UPLOAD_BYTES + 1), {"Content-Type": CBOR}, 413, "too-large"),
        ("/v1/reconciliations", b"\x80", COSE, 415, None),
        ("/v1/nothing", b"", COSE, 404, None),
        ("/v1/network", b"", COSE, 405, None),
        ("/docs", b"", COSE, 404, None),
    ],
)
def test_f40_what_is_wrong_with_a_request_is_said_and_no_more(
    http: httpx.Client, path: str, body: bytes, headers: dict[str, str], status: int, code: str | None
) -> None:
    http.post("/v1/wallets", content=enrolment(), headers=COSE)
    answer = http.post(path, content=body, headers=headers)
    said = problem(answer)
    assert (answer.status_code, said.get("code")) == (status, code), said


def test_f40_a_body_without_a_length_is_bounded_as_well(http: httpx.Client) -> None:
    pieces = (bytes(4_096) for _ in range(64))
    answer = http.post("/v1/wallets", content=pieces, headers=COSE)
    assert (answer.status_code, problem(answer)["code"]) == (413, "too-large")


def test_f40_random_bytes_are_a_bad_request(http: httpx.Client) -> None:
    chance = random.Random(40)
    kinds = (("/v1/wallets", Domain.ENROLMENT), ("/v1/loads", Domain.LOAD_ORDER))
    for _ in range(50):
        for path, domain in kinds:
            noise = chance.randbytes(chance.randrange(200))
            for body in (noise, sign(KEY, domain, noise).data):
                answer = http.post(path, content=body, headers=COSE)
                assert answer.status_code == 400, problem(answer)
        answer = http.post("/v1/reconciliations", content=noise, headers={"Content-Type": CBOR})
        assert answer.status_code == 400, problem(answer)


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
    http.post("/v1/wallets", content=enrolment(SigningKey(bytes([9]) * 32)), headers=COSE)
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


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/log/0/proof?size=1000000", "bad-value"),
        ("/v1/log/1/proof?size=1", "bad-value"),
        ("/v1/log/-1/proof?size=1", "bad-value"),
        ("/v1/log/99999999999999999999/proof?size=99999999999999999999", "bad-value"),
        ("/v1/log/consistency?old=2&new=1", "bad-value"),
        ("/v1/log/consistency?old=-1&new=1", "bad-value"),
        ("/v1/log/consistency?old=1", "bad-value"),
        ("/v1/log/one/proof?size=1", "bad-value"),
    ],
)
def test_f40_what_the_log_has_not_got_is_a_bad_request(
    http: httpx.Client, path: str, code: str | None
) -> None:
    http.post("/v1/wallets", content=enrolment(), headers=COSE)
    answer = http.get(path)
    assert (answer.status_code, problem(answer).get("code")) == (400, code)


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


def test_f11_an_operator_that_was_killed_goes_on_with_the_same_answers(tmp_path: Path) -> None:
    directory = tmp_path / "files"
    with serving(directory) as first, HttpOperator(first.address, signer=SIGNER) as operator:
        certificate = operator.open_wallet(enrolment())
        operator.deposit(KEY.public, 500, idempotency_key="once")
        load = operator.load(order(1))
        root = first.root
        first.kill()
        with pytest.raises(StoreError) as down:
            operator.describe()
        assert (down.value.code, first.address in str(down.value)) == ("unavailable", True)
    with serving(directory) as second, HttpOperator(second.address, signer=SIGNER) as operator:
        assert second.root == root
        assert operator.open_wallet(enrolment()) == certificate
        operator.deposit(KEY.public, 500, idempotency_key="once")
        assert operator.load(order(1)) == load
        with pytest.raises(Refused, match="500 fen short"):
            operator.load(order(2))


def test_f42_a_database_that_is_locked_is_503_and_recovers(tmp_path: Path) -> None:
    with serving(tmp_path / "files") as served, HttpOperator(served.address) as operator:
        other = sqlite3.connect(tmp_path / "files/OP01.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with httpx.Client(base_url=served.address, trust_env=False, timeout=60) as http:
            answer = http.post("/v1/wallets", content=enrolment(), headers=COSE)
            assert (answer.status_code, problem(answer)["code"]) == (503, "unavailable")
            assert int(answer.headers["Retry-After"]) > 0
            other.execute("ROLLBACK")
            other.close()
            assert http.get("/v1/health").json() == {"status": "pass"}
        assert operator.open_wallet(enrolment())


def test_it_serves_at_a_unix_socket_and_takes_it_away_when_it_is_stopped(tmp_path: Path) -> None:
    at = tmp_path / "operator.sock"
    for _ in range(2):
        # What a killed process leaves behind is replaced.
        with serving(tmp_path / "files", "--socket", at) as served:
            assert served.address == f"unix:{at}"
            with HttpOperator(served.address) as operator:
                assert operator.describe().sandbox
            assert at.stat().st_mode & 0o777 == 0o600
            served.kill()
        assert at.exists()
    with serving(tmp_path / "files", "--socket", at) as served:
        stopped = served.stop()
    assert (stopped.code, stopped.out, stopped.err) == (0, "", "")
    assert not at.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["files"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("network.cbor", b"\x86hello"),
        ("thesis.txt", b"years of work"),
        ("OP01.sqlite", b"years of work" * 1_000),
    ],
)
def test_files_that_are_not_an_operators_are_left_alone(tmp_path: Path, name: str, content: bytes) -> None:
    directory = tmp_path / "files"
    if name.endswith("sqlite"):
        with serving(directory) as served:
            served.stop()
        for left in ("OP01.sqlite-wal", "OP01.sqlite-shm"):
            (directory / left).unlink(missing_ok=True)
    directory.mkdir(exist_ok=True)
    (directory / name).write_bytes(content)
    with pytest.raises(AssertionError) as ended, serving(directory):
        pass
    assert re.search(r"^shuangli: .*files.*$", str(ended.value), re.MULTILINE)
    assert (directory / name).read_bytes() == content


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--port", "70000"), "--port"),
        (("--host", "no.such.host.invalid"), "no.such.host.invalid"),
        (("--socket", "/proc/operator.sock"), "/proc/operator.sock"),
        (("--socket", "/dev/null"), "/dev/null"),
    ],
)
def test_a_place_where_nobody_can_listen(tmp_path: Path, words: tuple[str, ...], part: str) -> None:
    with pytest.raises(AssertionError) as ended, serving(tmp_path / "files", *words):
        pass
    assert re.search(rf"^shuangli: .*{part}.*$", str(ended.value), re.MULTILINE)


def test_a_port_that_is_taken(served: Operator, tmp_path: Path) -> None:
    port = served.address.rpartition(":")[2]
    with pytest.raises(AssertionError) as ended, serving(tmp_path / "files", "--port", port):
        pass
    assert re.search(rf"^shuangli: .*{port}.*in use$", str(ended.value), re.MULTILINE)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("uvicorn", ("operator", "serve")),
        ("httpx", ("wallet", "open", "--file", "a", "--operator", "http://bank", "--root", "11" * 32)),
    ],
)
def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, missing: str, words: tuple[str, ...]
) -> None:
    without = f"import sys; sys.modules[{missing!r}] = None; from shuangli.cli import main; main()"
    with running(sys.executable, "-c", without, *words) as process:
        told = process.end()
    assert (told.code, told.out) == (2, "")
    assert re.fullmatch(r"shuangli: .*pip install 'shuangli\[api\]'\n", told.err), told.err
