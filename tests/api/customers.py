"""What customers and merchants ask of an operator, in the tests of several resources."""

from typing import Any

import pyotp

from shuangli.crypto import SigningKey
from tests.api.service import Service


def at(key: SigningKey, what: str = "") -> str:
    """The path of a wallet's resource."""
    return f"/v1/wallets/{key.public.hex()}{what}"


def pay(
    service: Service, payer: SigningKey, payee: SigningKey, amount_fen: int, once: str, *, code: str = ""
) -> Any:
    """Ask for a transfer between two customers."""
    asked = {"payee": payee.public.hex(), "amount_fen": amount_fen, "note": "lunch"}
    return service.ask("POST", at(payer, "/transfers"), json=asked, key=payer, once=once, code=code)


class Second:
    """A holder's app that makes codes."""

    def __init__(self, service: Service, secret: str) -> None:
        self.totp, self._service = pyotp.TOTP(secret), service

    def now(self) -> str:
        """A new code: each is used once."""
        self._service.clock.advance(30)
        return str(self.totp.at(self._service.clock.now_s()))


def second_factor(service: Service, key: SigningKey) -> Second:
    """Give a wallet a second factor."""
    told = service.ask("POST", at(key, "/second-factor"), key=key).json()
    second = Second(service, told["secret"])
    confirmed = service.ask("PUT", at(key, "/second-factor"), json={"code": second.now()}, key=key)
    assert confirmed.json() == {"done": True}
    return second


class Shop:
    """A merchant, its program, and a customer with money."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.key = service.wallet("shop", tier=0)
        self.buyer = service.wallet("buyer", holds_fen=90_000)
        staff = service.token("merchants:manage", "disputes:resolve")
        self.staff = staff
        self.till = service.token("sales:write", wallet=self.key.public)
        entry = {"name": "Tea house", "category": "5814"}
        assert service.ask("PUT", self.at(), json=entry, token=staff).status_code == 200

    def at(self, what: str = "") -> str:
        return f"/v1/merchants/{self.key.public.hex()}{what}"

    def offer(self, order_id: str, amount_fen: int = 3_600) -> Any:
        asked = {"order_id": order_id, "amount_fen": amount_fen, "description": "two teas"}
        return self.service.ask("POST", self.at("/sales"), json=asked, token=self.till)

    def buy(self, order_id: str, once: str, buyer: SigningKey | None = None) -> Any:
        key = buyer or self.buyer
        asked = {"merchant": self.key.public.hex(), "order_id": order_id}
        return self.service.ask("POST", at(key, "/purchases"), json=asked, key=key, once=once)

    def refund(self, receipt_no: int, amount_fen: int, once: str) -> Any:
        asked = {"receipt_no": receipt_no, "amount_fen": amount_fen}
        return self.service.ask("POST", at(self.key, "/refunds"), json=asked, token=self.till, once=once)
