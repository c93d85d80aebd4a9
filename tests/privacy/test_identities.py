"""Managed anonymity over HTTP: one asks, another one grants, the log counts, and nobody is named there."""

from collections.abc import Iterator

import pytest

from shuangli.crypto import SigningKey
from shuangli.messages.event_kinds import EventKind, IdentityStep, Reason
from shuangli.messages.events import Event
from tests.api.service import Service, serving_at
from tests.database.places import Places

ORDER = {"reason": "court-order", "authority": "Court 3", "order": "2026/117 against Zhang San"}


@pytest.fixture(scope="module")
def service(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """On both kinds of databases."""
    with places.new() as place, serving_at(place, tmp_path_factory.mktemp("identities")) as service:
        yield service


@pytest.fixture(scope="module")
def anna(service: Service) -> SigningKey:
    return service.wallet("anna")


def events(service: Service, *kinds: EventKind) -> list[tuple[bytes, Event]]:
    log = service.desk.bank.store.audit
    found = [(data, Event.decode(data)) for data in log.entries(0, log.size)]
    return [(data, event) for data, event in found if event.kind in kinds]


def asked(service: Service, wallet: SigningKey, token: str) -> int:
    told = service.ask(
        "POST", "/v1/identity-requests", json=ORDER | {"wallet": wallet.public.hex()}, token=token
    )
    assert told.status_code == 200, told.text
    assert told.json()["holder"] is None
    return int(told.json()["request_no"])


def test_one_asks_and_another_one_grants(service: Service, anna: SigningKey) -> None:
    asker, granter = service.token("identities:request"), service.token("identities:grant")
    number = asked(service, anna, asker)
    path = f"/v1/identity-requests/{number}"
    assert service.ask("GET", path, token=asker).json()["holder"] is None
    granted = service.ask("PUT", path, json={"step": "granted"}, token=granter)
    assert granted.status_code == 200, granted.text
    shown = service.ask("GET", path, token=asker).json()
    row = service.desk.bank.row_of(anna.public)
    assert shown["holder"]["person"] == row.person.hex()
    assert (shown["asked_by"], shown["answered_by"]) != (shown["answered_by"], shown["asked_by"])
    again = service.ask("PUT", path, json={"step": "refused"}, token=granter)
    assert "answered before" in again.json()["detail"]
    steps = [(event.fact("step"), event.fact("reason")) for _, event in events(service, EventKind.IDENTITY)]
    assert steps == [
        (IdentityStep.REQUESTED, Reason.COURT_ORDER),
        (IdentityStep.GRANTED, Reason.COURT_ORDER),
    ]
    ((disclosed, event),) = events(service, EventKind.DISCLOSURE)
    assert (event.fact("authority"), event.fact("reason")) == ("Court 3", Reason.COURT_ORDER)
    for data in (disclosed, *(data for data, _ in events(service, EventKind.IDENTITY))):
        for secret in (anna.public, row.person, b"Zhang", service.desk.bank.enrolment_id(anna.public)):
            assert secret not in data


def test_nobody_grants_their_own(service: Service, anna: SigningKey) -> None:
    both = service.token("identities:request", "identities:grant")
    path = f"/v1/identity-requests/{asked(service, anna, both)}"
    told = service.ask("PUT", path, json={"step": "granted"}, token=both)
    assert told.status_code == 403
    assert "nobody grants a request of their own" in told.json()["detail"]
    assert service.ask("GET", path, token=both).json()["holder"] is None


def test_a_refused_request_tells_nothing(service: Service, anna: SigningKey) -> None:
    asker, granter = service.token("identities:request"), service.token("identities:grant")
    path = f"/v1/identity-requests/{asked(service, anna, asker)}"
    disclosed = len(events(service, EventKind.DISCLOSURE))
    assert service.ask("PUT", path, json={"step": "refused"}, token=granter).json()["step"] == "refused"
    assert service.ask("GET", path, token=asker).json()["holder"] is None
    assert len(events(service, EventKind.DISCLOSURE)) == disclosed


def test_who_looks_on_sees_requests_and_no_holder(service: Service, anna: SigningKey) -> None:
    asked(service, anna, service.token("identities:request"))
    auditor = service.token("audit:read")
    items = service.ask("GET", "/v1/identity-requests?limit=2", token=auditor).json()
    assert len(items["items"]) == 2
    assert items["next"] == "2"
    assert {item["holder"] for item in items["items"]} == {None}
    assert anna.public.hex() not in str(items)
    assert service.ask("GET", "/v1/identity-requests/1", token=auditor).status_code == 403


@pytest.mark.parametrize(
    "change", [{"reason": "curiosity"}, {"authority": ""}, {"order": ""}, {"wallet": "12"}, {"more": 1}]
)
def test_a_request_without_a_reason_is_none(
    service: Service, anna: SigningKey, change: dict[str, object]
) -> None:
    token = service.token("identities:request")
    body = ORDER | {"wallet": anna.public.hex()} | change
    assert service.ask("POST", "/v1/identity-requests", json=body, token=token).status_code == 400


def test_a_wallet_that_was_never_open(service: Service) -> None:
    body = ORDER | {"wallet": "ab" * 32}
    token = service.token("identities:request")
    assert service.ask("POST", "/v1/identity-requests", json=body, token=token).status_code == 404


def test_no_entry_of_any_kind_names_anybody(service: Service) -> None:
    """Whatever becomes of a wallet at its operator, from its opening until it is lost."""
    key = service.wallet("lin", holds_fen=5_000_000)
    number = asked(service, key, service.token("identities:request"))
    manager, granter = service.token("wallets:manage"), service.token("identities:grant")
    path = f"/v1/wallets/{key.public.hex()}"
    for method, rest, body in (
        ("PUT", "/tier", {"tier": 3}),
        ("PUT", "/freeze", {"reason": "Zhang San"}),
        ("DELETE", "/freeze", None),
        ("POST", "/close", {"lost": True}),
    ):
        told = service.ask(method, path + rest, json=body, token=manager)
        assert told.status_code in (200, 204), (rest, told.text)
    service.ask("PUT", f"/v1/identity-requests/{number}", json={"step": "granted"}, token=granter)
    row = service.desk.bank.row_of(key.public)
    service.clock.advance(2 * 86_400)
    service.desk.keep_up()
    log = service.desk.bank.store.audit
    entries = [*log.entries(0, log.size)]
    told_of = {Event.decode(data).kind for data in entries}
    assert told_of >= {
        *(EventKind.ACCOUNT, EventKind.CERTIFICATE, EventKind.FREEZE, EventKind.POSTING, EventKind.REPORT),
        *(EventKind.IDENTITY, EventKind.DISCLOSURE),
    }
    names = [b"Zhang", b"deposit:", row.account.encode(), key.public, row.person]
    names.append(service.desk.bank.pseudonyms.of(row.person, at_s=service.clock.now_s()))
    assert not [(name, data) for name in names for data in entries if name in data]
