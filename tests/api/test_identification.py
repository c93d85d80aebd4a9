"""Who knows the digest of a person's record opens no wallet for them: that takes the operator's code."""

from dataclasses import replace
from typing import Any

import pytest

from shuangli.api.models import COSE_SIGN1
from shuangli.crypto import SigningKey, sha256
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.enrolment import Enrolment
from shuangli.operator.customers.identifications import LIFE_S, MOST_WRONG, SELECTOR_LETTERS
from tests.api.customers import at
from tests.api.service import OPERATOR, Service

LI = sha256(b"the record of Li Ming")
NOT_IDENTIFIED = (403, "not-identified")


def key_of(name: str) -> SigningKey:
    return SigningKey(sha256(name.encode()))


def enrolment(service: Service, key: SigningKey, *, tier: int = 2, person: bytes = LI) -> bytes:
    return Enrolment.sign(
        key,
        network="sandbox",
        operator=OPERATOR,
        kind=WalletKind.SOFT,
        tier=tier,
        person=person,
        enrolled_at_s=service.clock.now_s(),
    ).signed.data


def send(service: Service, data: bytes, code: str = "") -> Any:
    headers = {"Content-Type": COSE_SIGN1} | ({"Opening-Code": code} if code else {})
    return service.ask("POST", "/v1/wallets", body=data, headers=headers)


def open_for(
    service: Service, name: str, code: str = "", *, tier: int = 2, person: bytes = LI
) -> tuple[int, str]:
    """The status of opening a wallet, and the code of the refusal if it is one."""
    told = send(service, enrolment(service, key_of(name), tier=tier, person=person), code)
    return told.status_code, "" if told.status_code == 200 else told.json()["code"]


def identify(service: Service, *, tier: int = 2, person: bytes = LI) -> str:
    """A code, as the bank's staff gets it."""
    asked = {"person": person.hex(), "tier": tier}
    told = service.ask(
        "POST", "/v1/identifications", json=asked, token=service.token("persons:identify")
    ).json()
    assert (told["person"], told["tier"]) == (person.hex(), tier)
    assert told["expires_at_s"] == service.clock.now_s() + LIFE_S
    return str(told["code"])


def look_up(service: Service, code: str) -> Any:
    return service.ask("GET", "/v1/identification", headers={"Opening-Code": code})


def altered(code: str) -> str:
    """A code that begins alike and is wrong."""
    return code[:-1] + ("A" if code[-1] != "A" else "B")


OK = (200, "")


def test_a_wallet_is_opened_with_the_code_that_its_holder_was_given(service: Service) -> None:
    code, data = identify(service), enrolment(service, key_of("phone"))
    assert look_up(service, code).json() | {"expires_at_s": 0} == {
        "person": LI.hex(),
        "tier": 2,
        "code": code,
        "expires_at_s": 0,
    }
    opened = send(service, data, code)
    certificate = WalletCertificate.parse(opened.content)
    assert (certificate.claims.key, certificate.tier) == (key_of("phone").public, 2)
    assert send(service, data).content == opened.content, "asked again, it needs no code"
    assert open_for(service, "another", code) == NOT_IDENTIFIED, "a code is used once"
    assert look_up(service, code).status_code == 403


@pytest.mark.parametrize("tier", [0, 1, 2, 3, 4])
def test_f40_whoever_knows_the_digest_gets_nothing_that_its_person_is_owed(
    service: Service, tier: int
) -> None:
    assert open_for(service, "phone", identify(service)) == OK
    key = key_of("phone")
    service.desk.deposit(key.public, 700, idempotency_key="savings")
    service.ask("POST", at(key, "/close"), json={}, key=key)
    assert open_for(service, "thief", tier=tier) == NOT_IDENTIFIED
    assert service.balance_fen(key) == 700
    assert open_for(service, "new phone", identify(service)) == OK
    assert (service.balance_fen(key), service.balance_fen(key_of("new phone"))) == (0, 700)


def test_an_anonymous_wallet_needs_no_code_for_somebody_new(service: Service) -> None:
    assert open_for(service, "anonymous", tier=4) == OK
    assert open_for(service, "the same again", tier=4) == NOT_IDENTIFIED
    for tier in (0, 1, 2, 3):
        assert open_for(service, "not anonymous", tier=tier, person=sha256(b"new")) == NOT_IDENTIFIED


@pytest.mark.parametrize(
    ("identified", "wanted", "is_opened"),
    [(2, 2, True), (2, 3, True), (2, 4, True), (2, 1, False), (2, 0, False), (0, 0, True), (0, 2, False)],
)
def test_a_code_is_for_a_tier_and_those_below(
    service: Service, identified: int, wanted: int, is_opened: bool
) -> None:
    code = identify(service, tier=identified)
    assert open_for(service, "phone", code, tier=wanted) == (OK if is_opened else NOT_IDENTIFIED)


def test_a_code_is_for_one_person_for_a_day_and_the_newest_counts(service: Service) -> None:
    code = identify(service)
    assert open_for(service, "thief", code, person=sha256(b"somebody else")) == NOT_IDENTIFIED
    newer = identify(service)
    assert open_for(service, "phone", code) == NOT_IDENTIFIED
    service.clock.advance(LIFE_S)
    assert open_for(service, "phone", newer) == NOT_IDENTIFIED
    assert open_for(service, "phone", identify(service)) == OK


def test_a_code_is_read_however_it_is_typed(service: Service) -> None:
    code = identify(service)
    assert open_for(service, "phone", code.replace("-", " ").lower()) == OK


@pytest.mark.parametrize("way", ["open", "look up"])
def test_f40_few_wrong_codes_end_the_one_that_they_begin_like(service: Service, way: str) -> None:
    code, other = identify(service), identify(service, person=sha256(b"somebody else"))

    def guess() -> None:
        if way == "open":
            assert open_for(service, "thief", altered(code)) == NOT_IDENTIFIED
        else:
            assert look_up(service, altered(code)).json()["code"] == "not-identified"

    for _ in range(MOST_WRONG - 1):
        guess()
    assert look_up(service, code).status_code == 200, "its holder may mistype it"
    guess()
    assert look_up(service, code).status_code == 403
    assert open_for(service, "phone", code) == NOT_IDENTIFIED
    assert look_up(service, other).status_code == 200


def test_f40_a_refusal_does_not_tell_why(service: Service) -> None:
    code, used = identify(service), identify(service, person=sha256(b"new"))
    assert open_for(service, "new", used, person=sha256(b"new")) == OK
    said = {look_up(service, each).text for each in (altered(code), used, "AAAA", "")}
    assert len(said) == 1


def test_a_code_is_used_up_only_by_a_wallet_that_is_opened(service: Service) -> None:
    code, data = identify(service), enrolment(service, key_of("phone"))
    forged = data[:-1] + bytes([data[-1] ^ 1])
    assert send(service, forged, code).json()["code"] == "signature"
    assert send(service, data, code).status_code == 200


def test_f40_no_code_is_kept_or_logged_and_none_comes_twice(service: Service) -> None:
    code = identify(service)
    letters = code.replace("-", "")
    kept = repr(service.desk.bank.store.database.rows("SELECT * FROM identifications"))
    assert letters[:SELECTOR_LETTERS] in kept
    assert letters[SELECTOR_LETTERS:] not in kept
    assert open_for(service, "phone", code) == OK
    assert letters not in "".join(service.log).replace("-", "")
    service.clock.advance(LIFE_S)
    service.desk.keep_up()
    left = service.desk.bank.store.database.rows("SELECT person FROM identifications")
    assert [bytes(person) for (person,) in left] == [bytes(32)], "of whom it was is forgotten"
    assert identify(service) != code


def test_codes_of_made_up_persons_open_wallets(service: Service) -> None:
    for each in service.ask("GET", "/v1/sandbox/persons").json()["items"]:
        name, person = each["name"], bytes.fromhex(each["record"])
        assert open_for(service, name, each["code"], tier=each["tier"], person=person) == OK
    asked = {"tier": 1}
    one, two = (service.ask("POST", "/v1/made-up-persons", json=asked).json() for _ in range(2))
    assert one["person"] != two["person"]
    for each in (one, two):
        person = bytes.fromhex(each["person"])
        assert open_for(service, each["person"], each["code"], tier=1, person=person) == OK


def test_persons_are_made_up_in_a_sandbox_only(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    real = replace(service.desk.describe(), sandbox=False)
    monkeypatch.setattr(service.desk, "_description", real)
    told = service.ask("POST", "/v1/made-up-persons", json={"tier": 1})
    assert (told.status_code, told.json()["code"]) == (403, "not-allowed")


def test_nobody_is_not_identified(service: Service) -> None:
    asked = {"person": "00" * 32, "tier": 2}
    told = service.ask("POST", "/v1/identifications", json=asked, token=service.token("persons:identify"))
    assert (told.status_code, told.json()["code"]) == (400, "bad-value")
