"""A serving operator as a process: killed, its database locked, at a socket, with no place to listen."""

import re
import sqlite3
import sys
from pathlib import Path

import httpx
import pytest

from shuangli.api.http_client import HttpOperator
from shuangli.errors import Refused, StoreError
from tests.devices.bodies import COSE, KEY, SIGNER, enrolment, order, problem
from tests.devices.processes import Operator, running, serving


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
