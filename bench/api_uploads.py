"""Uploads that are handed in over the API: a wallet redeems coins of its own, so many in each upload."""

import secrets
import time
from typing import Final, Protocol

from shuangli.api.http_client import HttpOperator
from shuangli.api.signing import RequestSigner
from shuangli.api.told_service import IdentifiedTold
from shuangli.crypto import SigningKey
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.hand_in import HandIn
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.transfers import CENTRE, NO_REQUEST, Spend, Transfer, load_coin_id
from shuangli.offline.limits import COMPANY
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.keys import OPERATOR

COIN_FEN: Final = 10
LOADED_AT_ONCE: Final = 200
"""Coins of a load, where an upload holds fewer."""
DAY_S: Final = 86_400


class _Operator(Protocol):
    def make_up_person(self, tier: int) -> IdentifiedTold: ...
    def open_wallet(self, enrolment: bytes, *, code: str = "") -> bytes: ...
    def deposit(self, wallet: bytes, amount_fen: int, *, idempotency_key: str) -> object: ...
    def load(self, order: bytes, *, code: str = "") -> bytes: ...


class Redeemer:
    """A company's wallet; it may not ask more often than an operator lets one."""

    def __init__(self, operator: Desk | str) -> None:
        """Open it at an operator: in this process, or at an address."""
        self._key = SigningKey(secrets.token_bytes(32))
        signer = RequestSigner(key=self._key, random_bytes=secrets.token_bytes, now_s=_now_s)
        self._operator: _Operator = (
            HttpOperator(operator, signer=signer) if isinstance(operator, str) else operator
        )
        told = self._operator.make_up_person(COMPANY)
        enrolment = Enrolment.sign(
            self._key,
            network="sandbox",
            operator=OPERATOR,
            kind=WalletKind.SOFT,
            tier=COMPANY,
            person=bytes.fromhex(told.person),
            enrolled_at_s=_now_s(),
        )
        self._certificate = WalletCertificate.parse(
            self._operator.open_wallet(enrolment.signed.data, code=told.code)
        )

    def uploads(self, number: int, coins: int) -> list[bytes]:
        """So many uploads, each redeeming so many coins."""
        at_once = max(1, LOADED_AT_ONCE // coins)
        made: list[bytes] = []
        self._operator.deposit(
            self._key.public, COIN_FEN * coins * number, idempotency_key=secrets.token_hex(16)
        )
        while len(made) < number:
            load = self._load(min(at_once, number - len(made)) * coins)
            starts = range(0, len(load.values_fen), coins)
            made += [self._redeem(load, range(first, first + coins)) for first in starts]
        return made

    def _load(self, coins: int) -> Load:
        nonce = secrets.token_bytes(16)
        order = LoadOrder.sign(
            self._key, operator=OPERATOR, values_fen=(COIN_FEN,) * coins, nonce=nonce, ordered_at_s=_now_s()
        )
        return Load.parse(self._operator.load(order.signed.data))

    def _redeem(self, load: Load, coins: range) -> bytes:
        redemption = Transfer.sign(
            self._key,
            request_id=NO_REQUEST,
            certificate=self._certificate,
            signed_at_s=max(_now_s(), load.issued_at_s),
            claim_by_s=_now_s() + DAY_S,
            payee=CENTRE,
            spends=[Spend(load_coin_id(load.signed.id, coin), COIN_FEN) for coin in coins],
        )
        bundle = Bundle(loads=(load.signed.data,), transfers=(redemption.signed.data,))
        return HandIn(bundle=bundle).encode()


def _now_s() -> int:
    return int(time.time())
