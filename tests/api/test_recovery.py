"""Recovery over the API: who may ask for it, and what comes of it (F23, F45)."""

import threading

import httpx

from shuangli.api.models import COSE_SIGN1
from shuangli.crypto import SigningKey, sha256
from shuangli.errors import StoreError
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.enrolment import Enrolment
from shuangli.wallet.recovery import recovery_key
from tests.api.customers import at, second_factor
from tests.api.service import OPERATOR, Service

SPARE = recovery_key(bytes(16))


def name_key(service: Service, wallet: SigningKey, *, key: SigningKey | None = None) -> httpx.Response:
    asked = {"recovery_key": SPARE.public.hex()}
    return service.ask("PUT", at(wallet, "/recovery-key"), json=asked, key=key or wallet)


def look(service: Service, *, key: SigningKey | None = SPARE) -> httpx.Response:
    return service.ask("GET", f"/v1/recoveries/{SPARE.public.hex()}", key=key)


def recover(
    service: Service, new: SigningKey, person: bytes, *, key: SigningKey | None = SPARE
) -> httpx.Response:
    enrolment = Enrolment.sign(
        new,
        network="sandbox",
        operator=OPERATOR,
        kind=WalletKind.SOFT,
        tier=2,
        person=person,
        enrolled_at_s=service.clock.now_s(),
    ).signed.data
    path, headers = f"/v1/recoveries/{SPARE.public.hex()}", {"Content-Type": COSE_SIGN1}
    return service.ask("POST", path, body=enrolment, headers=headers, key=key)


def test_f45_the_recovery_key_gets_a_new_wallet_for_the_same_person(service: Service) -> None:
    lost, new = service.wallet("lost", holds_fen=700), SigningKey(sha256(b"new"))
    assert name_key(service, lost).status_code == 200
    told = look(service).json()
    assert (told["wallet"], told["tier"], told["balance_fen"]) == (lost.public.hex(), 2, 700)
    first = recover(service, new, bytes.fromhex(told["person"]))
    assert first.status_code == 200, first.text
    assert WalletCertificate.parse(first.content).claims.key == new.public
    assert recover(service, new, bytes.fromhex(told["person"])).content == first.content
    assert service.ask("GET", at(new), key=new).json()["balance_fen"] == 700
    assert service.ask("GET", at(lost), key=lost).json()["state"] == "closed"
    kinds = [event["kind"] for event in service.ask("GET", at(new, "/events"), key=new).json()["items"]]
    assert "recovered" in kinds
    events = service.ask("GET", at(lost, "/events"), key=lost).json()["items"]
    assert "recovery-key" in [event["kind"] for event in events], "its holder sees that a key was named"


def test_f40_nobody_else_names_looks_or_recovers(service: Service) -> None:
    lost, thief = service.wallet("lost", holds_fen=700), service.wallet("thief")
    assert name_key(service, lost, key=thief).status_code == 403
    assert look(service).status_code == 404, "not named yet"
    assert name_key(service, lost).status_code == 200
    person = sha256(b"lost")
    new = SigningKey(sha256(b"new"))
    for key, code in ((None, 401), (thief, 403), (lost, 403), (new, 403)):
        assert look(service, key=key).status_code == code
        assert recover(service, new, person, key=key).status_code == code
    assert service.ask("GET", at(lost), key=lost).json()["state"] == "open"


def test_a_recovery_key_may_do_nothing_with_the_wallet_itself(service: Service) -> None:
    lost = service.wallet("lost", holds_fen=700)
    assert name_key(service, lost).status_code == 200
    for path in ("/deposits", "/transfers", "/close"):
        assert service.ask("POST", at(lost, path), key=SPARE).status_code == 403
    for path in ("", "/statement", "/limits"):
        assert service.ask("GET", at(lost, path), key=SPARE).status_code == 403


def test_a_wallets_key_is_no_recovery_key(service: Service) -> None:
    lost, other = service.wallet("lost"), service.wallet("other")
    asked = {"recovery_key": other.public.hex()}
    told = service.ask("PUT", at(lost, "/recovery-key"), json=asked, key=lost)
    assert (told.status_code, told.json()["code"]) == (400, "bad-value")


def test_f41_who_loses_a_wallet_while_the_issuer_is_slow_holds_up_nobody(service: Service) -> None:
    """Others are served while the issuer is told of it; and if it cannot be, nothing is closed."""
    lost, other = service.wallet("lost"), service.wallet("other")
    assert name_key(service, lost).status_code == 200
    served = []

    def slow(*_: object, **__: object) -> None:
        deposit = threading.Thread(
            target=lambda: served.append(service.desk.deposit(other.public, 5, idempotency_key="meanwhile"))
        )
        deposit.start()
        deposit.join(20)
        raise StoreError("unavailable", "cut")

    service.desk._issuer.report_lost = slow  # type: ignore[method-assign]
    closing = service.ask("POST", at(lost, "/close"), json={"lost": True}, key=lost)
    person = bytes.fromhex(look(service).json()["person"])
    recovering = recover(service, SigningKey(sha256(b"new")), person)
    assert (closing.status_code, recovering.status_code, len(served)) == (503, 503, 2)
    assert service.ask("GET", at(lost), key=lost).json()["state"] == "open"


def test_f40_a_second_factor_is_not_got_around_with_another_wallet(service: Service) -> None:
    """Who has the key alone neither names a recovery key nor closes the wallet: no money moves."""
    wallet = service.wallet("anna", holds_fen=700)
    second = second_factor(service, wallet)
    for refused in (
        name_key(service, wallet),
        service.ask("POST", at(wallet, "/close"), json={"lost": True}, key=wallet),
        service.ask("POST", at(wallet, "/close"), json={"lost": False}, key=wallet, code="123456"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "second-factor")
    asked = {"recovery_key": SPARE.public.hex()}
    named = service.ask("PUT", at(wallet, "/recovery-key"), json=asked, key=wallet, code=second.now())
    assert named.status_code == 200
    closed = service.ask("POST", at(wallet, "/close"), json={"lost": False}, key=wallet, code=second.now())
    assert closed.json()["state"] == "closed"
