"""Who may ask for what, route by route: the table of rules, walked with every kind of caller."""

from collections import defaultdict

import pytest

from shuangli.api.problems import error_of
from shuangli.crypto import SigningKey
from shuangli.operator.service.auth.gate import MOST_NONCES
from shuangli.operator.service.auth.rules import RULES, SCOPES
from tests.api.service import OPERATOR, Service

BODY = b'{"amount_fen":1}'
CLOSED = ("not-authenticated", "not-allowed")


class Roles:
    """One wallet with all that can stand to it in some way."""

    def __init__(self, service: Service) -> None:
        self.service, name = service, "holder"
        self.holder = service.wallet(name, tier=0, holds_fen=1_000)
        self.parent = service.wallet(f"{name}/parent", tier=0, person=name)
        self.stranger = service.wallet(f"{name}/stranger")
        with service.desk.transaction() as now_s:
            service.desk.wallets.take_under(
                self.parent.public, self.holder.public, payment_fen=100, day_fen=100, now_s=now_s
            )
        self.own = {scope: service.token(scope, wallet=self.holder.public) for scope in SCOPES}
        self.others = {scope: service.token(scope, wallet=self.stranger.public) for scope in SCOPES}

    def path(self, route: str) -> str:
        names = {"wallet": self.holder.public.hex(), "child": self.stranger.public.hex()}
        names |= {"number": "0", "receipt": "1", "dispute": "1", "case": "1", "order_id": "A-1"}
        return route.partition(" ")[2].format_map(defaultdict(lambda: "1", names))

    def is_let_in(self, route: str, *, key: SigningKey | None = None, token: str = "") -> bool:
        told = self.service.ask(
            route.partition(" ")[0],
            self.path(route),
            json=None if route.startswith(("GET", "DELETE")) else {"amount_fen": 1},
            key=key,
            token=token,
            once="a",
        )
        return told.status_code < 400 or told.json().get("code") not in CLOSED


@pytest.fixture(scope="module")
def roles(shared: Service) -> Roles:
    return Roles(shared)


@pytest.mark.parametrize("route", [route for route, rule in RULES.items() if not rule.anybody])
def test_f40_a_route_is_open_to_whom_the_table_names_and_to_nobody_else(route: str, roles: Roles) -> None:
    rule = RULES[route]
    assert not roles.is_let_in(route)
    assert roles.is_let_in(route, key=roles.stranger) == rule.any_wallet
    assert roles.is_let_in(route, key=roles.parent) == (rule.parent or rule.any_wallet)
    assert roles.is_let_in(route, key=roles.holder) == (rule.wallet or rule.any_wallet)
    for scope in SCOPES:
        own, others = roles.own[scope], roles.others[scope]
        assert roles.is_let_in(route, token=own) == (scope in rule.scopes + rule.own_scopes), scope
        assert roles.is_let_in(route, token=others) == (scope in rule.scopes), scope


@pytest.mark.parametrize("route", [route for route, rule in RULES.items() if rule.anybody])
def test_a_route_that_is_open_to_anybody_asks_nobody_who_they_are(route: str, roles: Roles) -> None:
    assert roles.is_let_in(route)


def test_every_route_of_the_service_is_in_the_table(shared: Service) -> None:
    described = shared.app.openapi()["paths"]
    assert {f"{name.upper()} {path}" for path, operations in described.items() for name in operations} == {
        *RULES
    }


def test_f40_a_wallet_learns_nothing_of_others(shared: Service) -> None:
    """The answer is the same whether there is such a wallet or not."""
    one, two = shared.wallet("one"), shared.wallet("two")
    there = shared.ask("GET", f"/v1/wallets/{two.public.hex()}", key=one)
    nowhere = shared.ask("GET", f"/v1/wallets/{'00' * 32}", key=one)
    assert (there.status_code, there.content) == (nowhere.status_code, nowhere.content)
    assert there.json()["code"] == "not-allowed"


def test_f40_a_signature_works_once(shared: Service) -> None:
    key = shared.wallet("once")
    path = f"/v1/wallets/{key.public.hex()}"
    headers = shared.signer(key).headers("GET", path, {}, b"", operator=OPERATOR)
    assert shared.ask("GET", path, headers=headers).status_code == 200
    again = shared.ask("GET", path, headers=headers)
    assert (again.status_code, again.json()["code"]) == (401, "not-authenticated")
    assert "nonce" in again.json()["detail"]


def test_f40_a_signature_works_for_a_minute_and_its_nonce_is_kept_as_long(service: Service) -> None:
    key = service.wallet("slow")
    path = f"/v1/wallets/{key.public.hex()}"
    first, second = (service.signer(key).headers("GET", path, {}, b"", operator=OPERATOR) for _ in range(2))
    assert service.ask("GET", path, headers=first).status_code == 200
    service.clock.advance(60)
    assert service.ask("GET", path, headers=first).status_code == 401
    assert service.ask("GET", path, headers=second).status_code == 200
    service.clock.advance(1)
    late = service.ask("GET", path, headers=second)
    assert (late.status_code, "created" in late.json()["detail"]) == (401, True)
    assert service.ask("GET", path, key=key).status_code == 200
    count = service.desk.bank.store.database.row("SELECT count(*) FROM nonces")
    assert count == (1,), "what is too old is forgotten"


def test_f40_a_wallet_signs_so_many_requests_in_that_time(service: Service) -> None:
    key = service.wallet("eager")
    with service.desk.transaction() as now_s:
        service.desk.bank.store.database.many(
            "INSERT INTO nonces VALUES (?, ?, ?)",
            [(key.public, str(number), now_s) for number in range(MOST_NONCES)],
        )
    told = service.ask("GET", f"/v1/wallets/{key.public.hex()}", key=key)
    assert (told.status_code, told.json()["code"]) == (429, "rate-limited")
    assert int(told.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("method", "target", "body", "more", "operator", "what"),
    [
        ("PUT", "/freeze", b"{}", {}, OPERATOR, "signature"),
        ("POST", "/redemptions", BODY, {}, OPERATOR, "signature"),
        ("POST", "/deposits?limit=2", BODY, {}, OPERATOR, "signature"),
        ("POST", "/deposits", b'{"amount_fen":2}', {}, OPERATOR, "digest"),
        ("POST", "/deposits", BODY, {"Idempotency-Key": '"other"'}, OPERATOR, "signature"),
        ("POST", "/deposits", BODY, {"Second-Factor": "123456"}, OPERATOR, "second-factor"),
        ("POST", "/deposits", BODY, {}, "OP02", "tag"),
    ],
)
def test_f40_a_signature_covers_all_that_counts(
    shared: Service, method: str, target: str, body: bytes, more: dict[str, str], operator: str, what: str
) -> None:
    """Signed is a deposit of 1 fen; sent is something else."""
    key = shared.wallet("signer")
    path = f"/v1/wallets/{key.public.hex()}"
    sent = {"Content-Type": "application/json", "Idempotency-Key": '"a"'}
    signed = shared.signer(key).headers("POST", f"{path}/deposits", sent, BODY, operator=operator)
    told = shared.ask(method, path + target, body=body, headers={**sent, **more, **signed})
    error = error_of(told.status_code, told.content, address="here")
    assert (told.status_code, error.code) == (401, "not-authenticated")
    assert what in str(error).lower()
    assert shared.balance_fen(key) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Signature": "wallet=:AA==:"},
        {"Signature": "\x00", "Signature-Input": "\x00"},
        {"Signature": "wallet=:AA==:", "Signature-Input": 'wallet=("@method");created=1;keyid="a"'},
        {"Signature": "wallet=:AA==:", "Signature-Input": "wallet=();created=99999999999999999999"},
        {"Signature": "a=:AA==:, a=:AA==:", "Signature-Input": "a=(), a=()"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "\xff"},
    ],
)
def test_f40_what_proves_nothing_is_nobody(shared: Service, headers: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    told = shared.ask("GET", f"/v1/wallets/{'00' * 32}", headers=raw)  # type: ignore[arg-type]
    assert (told.status_code, told.json()["code"]) == (401, "not-authenticated")
    assert told.headers["WWW-Authenticate"].startswith("Bearer")
