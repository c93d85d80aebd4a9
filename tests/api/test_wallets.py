"""The life of a wallet over the API: tiers, freezing, closing, sub-wallets."""

from typing import Any

import pytest

from shuangli.crypto import SigningKey, sha256
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from tests.api.customers import at, pay, second_factor
from tests.api.service import Service


def show(service: Service, key: SigningKey) -> Any:
    return service.ask("GET", at(key), key=key).json()


@pytest.mark.parametrize(
    ("tier", "kind"), [(0, "company"), (1, "personal"), (2, "personal"), (3, "personal"), (4, "personal")]
)
def test_wallets_of_all_tiers(service: Service, tier: int, kind: str) -> None:
    key = service.wallet("anybody", tier=tier, holds_fen=10)
    shown = show(service, key)
    assert (shown["tier"], shown["kind"], shown["state"]) == (tier, kind, "open")
    assert (shown["custody"], shown["operator"], shown["balance_fen"]) == ("soft", "OP01", 10)
    limits = service.ask("GET", at(key, "/limits"), key=key).json()
    tables = service.ask("GET", "/v1/limits").json()
    (table,) = [each for each in tables["tables"] if each["profile"] == tables["in_force"]]
    assert limits["balance_limit_fen"] == table["tiers"][tier]["balance_fen"]
    assert limits["balance_left_fen"] == limits["balance_limit_fen"] - 10


def test_an_upgrade_is_a_new_certificate_that_the_issuer_is_told_of(service: Service) -> None:
    key, staff = service.wallet("Wang", tier=4), service.token("wallets:manage")
    service.desk.report_certificates()
    told = service.ask("PUT", at(key, "/tier"), json={"tier": 2}, token=staff)
    assert told.json()["tier"] == 2
    data = service.ask("GET", at(key, "/certificate"), key=key).content
    certificate = WalletCertificate.parse(data)
    assert (certificate.tier, certificate.claims.key) == (2, key.public)
    service.desk.bank.trust.wallet_certificate(certificate)
    with service.desk.transaction():
        assert [each for _, each in service.desk.bank.store.unreported(9)] == [data]
    service.desk.report_certificates()
    assert not service.desk.has_unreported()
    for tier, code in ((2, 400), (0, 400), (5, 400)):
        assert service.ask("PUT", at(key, "/tier"), json={"tier": tier}, token=staff).status_code == code


def test_f23_nothing_leaves_a_frozen_wallet_and_what_comes_stays(service: Service) -> None:
    key, other, staff = (
        service.wallet("stolen", holds_fen=500),
        service.wallet("other", holds_fen=500),
        service.token("wallets:manage"),
    )
    assert (
        service.ask("PUT", at(key, "/freeze"), json={"reason": "stolen"}, key=key).json()["state"] == "frozen"
    )
    for told in (
        pay(service, key, other, 1, "a"),
        service.ask("POST", at(key, "/redemptions"), json={"amount_fen": 1}, key=key, once="b"),
        service.ask("POST", at(key, "/close"), json={}, key=key),
        service.ask("POST", at(key, "/second-factor"), key=key),
    ):
        assert (told.status_code, told.json()["code"]) == (403, "frozen")
    assert pay(service, other, key, 100, "c").status_code == 200
    assert service.ask("DELETE", at(key, "/freeze"), token=staff).json()["state"] == "open"
    assert pay(service, key, other, 600, "d").status_code == 200
    log = service.desk.bank.store.audit
    events = [Event.decode(data) for data in log.entries(0, log.size)]
    assert [event.fact("frozen_fen") for event in events if event.kind is EventKind.FREEZE] == [500, -600]


def test_f23_a_stolen_wallet_is_frozen_by_its_parent_and_closed_by_the_operator(service: Service) -> None:
    parent = service.wallet("parent", person="Li")
    child = service.wallet("child", person="Li", holds_fen=300)
    staff = service.token("wallets:manage")
    limits = {"payment_fen": 50, "day_fen": 80}
    path = at(parent, f"/sub-wallets/{child.public.hex()}")
    assert service.ask("PUT", path, json=limits, key=parent).json()["parent"] == parent.public.hex()
    assert service.ask("PUT", at(child, "/freeze"), json={}, key=parent).json()["state"] == "frozen"
    told = service.ask("POST", at(child, "/close"), json={"lost": True}, token=staff)
    assert told.json()["state"] == "closed"
    assert service.balance_fen(parent) == 300, "what it held goes to its holder's other wallet"
    assert (
        service.ask("POST", at(child, "/close"), json={"lost": True}, token=staff).json()["state"] == "closed"
    )
    assert pay(service, child, parent, 1, "a").json()["code"] == "unknown-wallet"
    service.check_books()


def test_a_sub_wallet_pays_within_what_its_parent_lets_it(service: Service) -> None:
    parent, child = service.wallet("parent", person="Li", holds_fen=500), service.wallet("child", person="Li")
    shop = service.wallet("shop")
    path = at(parent, f"/sub-wallets/{child.public.hex()}")
    service.ask("PUT", path, json={"payment_fen": 50, "day_fen": 80}, key=parent)
    assert pay(service, parent, child, 200, "push").status_code == 200
    assert service.ask("GET", at(parent, "/sub-wallets"), key=parent).json()["items"] == [child.public.hex()]
    assert "sub-wallet's payment limit" in pay(service, child, shop, 51, "a").json()["detail"]
    assert pay(service, child, shop, 50, "b").status_code == 200
    assert "sub-wallet's day limit" in pay(service, child, shop, 31, "c").json()["detail"]
    assert service.ask("GET", at(child, "/limits"), key=parent).json()["left_today_fen"] == 30
    pulled = service.ask("POST", f"{path}/pulls", json={"amount_fen": 150}, key=parent, once="d")
    assert pulled.json()["kind"] == "pull"
    assert (service.balance_fen(parent), service.balance_fen(child)) == (450, 0)
    assert service.ask("DELETE", path, key=parent).json()["parent"] is None
    again = service.ask("POST", f"{path}/pulls", json={"amount_fen": 1}, key=parent, once="e")
    assert (again.status_code, again.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("which", ["stranger", "itself", "grandchild", "grandparent", "another's"])
def test_what_is_no_sub_wallet(service: Service, which: str) -> None:
    parent, child = service.wallet("parent", person="Li"), service.wallet("child", person="Li")
    third = service.wallet("third", person="Li")
    limits = {"payment_fen": 1, "day_fen": 1}

    def put(above: SigningKey, below: SigningKey) -> int:
        path = at(above, f"/sub-wallets/{below.public.hex()}")
        return service.ask("PUT", path, json=limits, key=above).status_code

    assert put(parent, child) == 200
    status = {
        "stranger": lambda: put(parent, service.wallet("stranger")),
        "itself": lambda: put(third, third),
        "grandchild": lambda: put(child, third),
        "grandparent": lambda: put(third, parent),
        "another's": lambda: put(third, child),
    }[which]()
    assert status == (403 if which == "stranger" else 400)
    assert put(parent, child) == 200, "asked for again it is the same"


def test_closing_moves_what_is_left_to_the_newest_wallet(service: Service) -> None:
    old = service.wallet("old", person="Li", holds_fen=70)
    new = service.wallet("new", person="Li")
    for _ in range(2):
        assert service.ask("POST", at(old, "/close"), json={}, key=old).json()["state"] == "closed"
    assert (service.balance_fen(old), service.balance_fen(new)) == (0, 70)
    assert show(service, old)["state"] == "closed"
    assert service.ask("GET", at(old, "/statement"), key=old).json()["lines"][-1]["amount_fen"] == -70


def test_made_up_persons_open_wallets(service: Service) -> None:
    found = service.ask("GET", "/v1/sandbox/persons").json()["items"]
    assert {person["tier"] for person in found} == {0, 1, 2, 3, 4}
    assert all(len(bytes.fromhex(person["record"])) == len(sha256(b"")) for person in found)
    before = service.ask("GET", "/v1/sandbox/clock").json()["now_s"]
    after = service.ask("POST", "/v1/sandbox/clock", json={"advance_s": 86_400}).json()["now_s"]
    assert (after - before, service.desk.now_s()) == (86_400, after)
    far = service.ask("POST", "/v1/sandbox/clock", json={"advance_s": 366 * 86_400})
    while far.status_code == 200:
        far = service.ask("POST", "/v1/sandbox/clock", json={"advance_s": 366 * 86_400})
    assert far.json()["code"] == "bad-value"


def test_f40_the_key_of_one_wallet_alone_gets_at_no_other_wallets_money(service: Service) -> None:
    """A second factor protects a wallet also from whoever has stolen another one of the same person."""
    stolen = service.wallet("phone", person="anna")
    savings = service.wallet("savings", person="anna", holds_fen=90_000)
    second = second_factor(service, savings)
    path, limits = at(stolen, f"/sub-wallets/{savings.public.hex()}"), {"payment_fen": 1, "day_fen": 1}
    for code in ("", "123456"):
        refused = service.ask("PUT", path, json=limits, key=stolen, code=code)
        assert (refused.status_code, refused.json()["code"]) == (403, "second-factor")
    pull = service.ask("POST", f"{path}/pulls", json={"amount_fen": 1}, key=stolen, once="a")
    assert pull.json()["code"] == "not-found"
    assert service.ask("PUT", path, json=limits, key=stolen, code=second.now()).status_code == 200
    assert service.ask("PUT", path, json=limits, key=stolen).status_code == 200, "it is under it already"
