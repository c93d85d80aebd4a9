"""Payments between wallets of tests from request to answer, and what is handed in of them."""

from typing import Final, NamedTuple

from shuangli.crypto import SigningKey, sha256
from shuangli.issuer.persons.limits import Customer
from shuangli.messages.bundle import Bundle
from shuangli.messages.hand_in import HandIn
from shuangli.messages.transfers import Transfer
from shuangli.offline.chain import Coin
from shuangli.offline.limits import LIMITS_2022
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Message
from shuangli.wallet.custody import KeyCustody
from shuangli.wallet.wallet import Wallet
from tests.setting import NOW

COMPANY: Final = Customer(person=bytes(32), tier=0, profile=LIMITS_2022.profile)
"""A customer without limits."""
_BUNDLE: Final = b"\x82"
"""How a bundle starts: an array of two."""


class Paid(NamedTuple):
    """The three messages of a payment."""

    request: Message
    payment: Message
    answer: Message

    @property
    def request_id(self) -> bytes:
        """The session's id."""
        return request_id_of(self.request)

    @property
    def transfer(self) -> Transfer:
        """The payer's transfer, which ends the bundle."""
        return Transfer.parse(Bundle.decode(self.payment.body).transfers[-1])


def signing_key(wallet: Wallet) -> SigningKey:
    """The private key of a wallet made here."""
    assert isinstance(wallet.key, KeyCustody)
    return wallet.key.key


def person_of(wallet: Wallet) -> bytes:
    """The digest of the person who holds a wallet: in tests, one person a key."""
    return sha256(b"person/" + wallet.key.public)


def pay(payer: Wallet, payee: Wallet, amount_fen: int, now_s: int = NOW) -> Paid:
    """One payment from request to answer."""
    request = payee.request(amount_fen, now_s=now_s)
    request_id = request_id_of(request)
    (payment,) = payer.receive(request_id, request, now_s=now_s, pin=payer.needs_pin(amount_fen))
    (answer,) = payee.receive(request_id, payment, now_s=now_s)
    payer.receive(request_id, answer, now_s=now_s)
    return Paid(request, payment, answer)


def as_upload(data: bytes, *refusals: bytes) -> bytes:
    """An upload as it is; or one that shows a bare bundle, with refusals."""
    if data.startswith(_BUNDLE):
        return HandIn(bundle=Bundle.decode(data), refusals=refusals).encode()
    return data


def read_bundle(data: bytes) -> Bundle:
    """The bundle that a payment is, or that an upload holds."""
    return Bundle.decode(data) if data.startswith(_BUNDLE) else HandIn.decode(data).bundle


def coins_of(wallet: Wallet) -> list[Coin]:
    """The wallet's coins, largest first."""
    return sorted(wallet.purse.coins.values(), key=lambda coin: (-coin.value_fen, coin.coin_id))
