"""Programs: secrets, tokens, their end; and the commands that keep them."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from shuangli.cli import main
from shuangli.errors import Unverified
from shuangli.operator.service.auth.clients import TOKEN_LIFE_S, Clients
from tests.api.service import FORM, Service, serving_here

METRICS = "/v1/metrics"


def ask_token(service: Service, form: str, **headers: str) -> Any:
    return service.ask("POST", "/v1/oauth/token", body=form.encode(), headers={**FORM, **headers})


def basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def test_a_secret_gets_a_token_for_what_was_granted(service: Service) -> None:
    name, secret = service.program("metrics:read", "audit:read")
    grant = "grant_type=client_credentials"
    in_form = ask_token(service, f"{grant}&client_id={name}&client_secret={secret}")
    by_header = ask_token(service, f"{grant}&scope=metrics%3Aread", Authorization=basic(name, secret))
    assert in_form.json()["scope"] == "audit:read metrics:read"
    assert by_header.json() | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFE_S,
        "scope": "metrics:read",
    }
    assert by_header.headers["Cache-Control"] == "no-store"
    token = by_header.json()["access_token"]
    assert service.ask("GET", METRICS, token=token).status_code == 200
    assert service.ask("GET", "/v1/log/entries", token=token).json()["code"] == "not-allowed"
    more = ask_token(service, f"{grant}&scope=wallets%3Amanage", Authorization=basic(name, secret))
    assert (more.status_code, more.json()["code"]) == (400, "bad-value")


@pytest.mark.parametrize(
    ("form", "header", "status"),
    [
        ("", "", 400),
        ("grant_type=password", "", 400),
        ("grant_type=client_credentials", "", 401),
        ("grant_type=client_credentials&client_id=a&client_secret=b", "", 401),
        ("grant_type=client_credentials&client_id={name}&client_secret=b", "", 401),
        ("grant_type=client_credentials&client_id={name}&client_secret=", "", 401),
        ("grant_type=client_credentials", "Basic !", 401),
        ("grant_type=client_credentials", "Basic YQ==", 401),
        ("grant_type=client_credentials", "Basic /////w==", 401),
        ("grant_type=client_credentials&grant_type=client_credentials", "", 400),
        ("\xff", "", 400),
        ("&".join(f"a{number}=1" for number in range(50)), "", 400),
    ],
)
def test_f40_what_gets_no_token(shared: Service, form: str, header: str, status: int) -> None:
    name, _ = shared.program("metrics:read")
    told = ask_token(shared, form.format(name=name), **({"Authorization": header} if header else {}))
    assert told.status_code == status, told.text
    assert told.json()["code"] == ("not-authenticated" if status == 401 else "bad-value")


def test_f40_who_tries_secrets_holds_up_nobody(service: Service) -> None:
    """Anybody may try, and the bank works on one request at a time."""
    name, _ = service.program("metrics:read")
    clients, began_s = Clients(service.desk.bank.store, bytes), time.process_time()
    for tried in (name, "nobody") * 100:
        with service.desk.transaction(), pytest.raises(Unverified):
            clients.check(tried, "a guess")
    assert time.process_time() - began_s < 1


def test_a_token_ends_by_time_and_when_it_is_dropped(service: Service) -> None:
    name, secret = service.program("metrics:read")
    form = f"grant_type=client_credentials&client_id={name}&client_secret={secret}"
    first, second = (ask_token(service, form).json()["access_token"] for _ in range(2))
    dropped = service.ask(
        "POST",
        "/v1/oauth/revoke",
        body=f"token={first}".encode(),
        headers={**FORM, "Authorization": basic(name, secret)},
    )
    assert dropped.json() == {"done": True}
    assert service.ask("GET", METRICS, token=first).status_code == 401
    assert service.ask("GET", METRICS, token=second).status_code == 200
    service.clock.advance(TOKEN_LIFE_S)
    assert service.ask("GET", METRICS, token=second).status_code == 401


def test_a_program_drops_its_own_tokens_only(service: Service) -> None:
    token = service.token("metrics:read")
    name, secret = service.program("metrics:read")
    headers = {**FORM, "Authorization": basic(name, secret)}
    service.ask("POST", "/v1/oauth/revoke", body=f"token={token}".encode(), headers=headers)
    assert service.ask("GET", METRICS, token=token).status_code == 200


def test_a_revoked_program_has_no_tokens_and_gets_none(service: Service) -> None:
    name, secret = service.program("metrics:read")
    form = f"grant_type=client_credentials&client_id={name}&client_secret={secret}"
    token = ask_token(service, form).json()["access_token"]
    with service.desk.transaction() as now_s:
        Clients(service.desk.bank.store, bytes).revoke(name, now_s=now_s)
    assert service.ask("GET", METRICS, token=token).status_code == 401
    assert ask_token(service, form).status_code == 401


def test_neither_secrets_nor_tokens_are_kept_or_logged(service: Service) -> None:
    name, secret = service.program("metrics:read")
    form = f"grant_type=client_credentials&client_id={name}&client_secret={secret}"
    token = ask_token(service, form).json()["access_token"]
    service.ask("GET", METRICS, token=token)
    database = service.desk.bank.store.database
    kept = repr(database.rows("SELECT * FROM clients") + database.rows("SELECT * FROM tokens"))
    said = "".join(service.log) + service.ask("GET", METRICS, token=token).text
    for words in (secret, token):
        assert words not in kept
        assert words not in said


def type_words(*words: object) -> Any:
    return CliRunner().invoke(main, ["operator", "client", *map(str, words)])


def test_programs_are_kept_from_the_command_line(tmp_path: Path) -> None:
    with serving_here(tmp_path) as service:
        directory = tmp_path / "files"
        added = type_words("add", directory, "till-1", "--scope", "metrics:read", "--json")
        secret = json.loads(added.stdout)["secret"]
        form = f"grant_type=client_credentials&client_id=till-1&client_secret={secret}"
        assert ask_token(service, form).status_code == 200
        assert type_words("list", directory).stdout == "till-1  metrics:read\n"
        assert type_words("revoke", directory, "till-1").exit_code == 0
        assert ask_token(service, form).status_code == 401
        assert "revoked" in type_words("list", directory).stdout
        key = service.wallet("company", tier=0).public.hex()
        bound = type_words("add", directory, "till-2", "--scope", "sales:write", "--wallet", key)
        assert bound.exit_code == 0, bound.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "till 1", "--scope", "metrics:read"), "is no name"),
        (("add", "till", "--scope", "everything"), "everything is no scope"),
        (("add", "till", "--scope", "sales:write", "--wallet", "ab"), "64 hex digits"),
        (("add", "till", "--scope", "sales:write", "--wallet", "ab" * 32), "was opened here"),
        (("add", "again", "--scope", "metrics:read"), "choose another name"),
        (("revoke", "nobody"), "no client nobody"),
    ],
)
def test_what_is_no_program(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    with serving_here(tmp_path):
        directory = tmp_path / "files"
        type_words("add", directory, "again", "--scope", "metrics:read")
        told = type_words(words[0], directory, *words[1:])
    assert (told.exit_code, told.stdout) == (2, "")
    assert says in told.stderr
    assert told.stderr.count("\n") == 1


def test_a_directory_of_something_else_is_left_alone(tmp_path: Path) -> None:
    told = type_words("add", tmp_path, "till", "--scope", "metrics:read")
    assert (told.exit_code, "no operator's files" in told.stderr) == (2, True)
    assert not list(tmp_path.iterdir())
