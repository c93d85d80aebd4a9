"""Transfers: how value moves, and what coins are called.

A *transfer* is one signature by the owner of coins; each spent coin is split into at most two outputs
of the same total, the payee's first, then change, which stays on the payer's key. Redemption is a
transfer to the constant payee `CENTRE`. A coin is an output, and `coin_id` names it; each coin is
conserved on its own, so a coin's history is a chain, not a graph.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import Any, Final, NamedTuple, Self

from shuangli import codec, cose
from shuangli.cose import Domain, Signed
from shuangli.crypto import DIGEST_BYTES, KEY_BYTES, Signer, sha256
from shuangli.errors import Malformed
from shuangli.messages.certificates import WalletCertificate, read_certificate
from shuangli.messages.fields import (
    MAX_TIME_S,
    check_amount,
    check_id,
    check_key,
    check_time,
    read_array,
    read_list,
    require,
)
from shuangli.money import MAX_FEN

CENTRE: Final = bytes(KEY_BYTES)
"""The payee of every redemption: a small-order key, under which no signature ever verifies."""
NO_REQUEST: Final = bytes(32)
"""What a redemption is bound to in place of a payee's request."""
MAX_COINS: Final = 10_000
"""Most coins in one load or transfer."""

_COIN_DOMAIN: Final = b"shuangli/1/coin"
_FEW_COINS: Final = 64
"""The ids of so many coins of a load are kept for a while: wallets order fewer (`wallet.choice`)."""
PAYEE_OUTPUT: Final = b"\0"
CHANGE_OUTPUT: Final = b"\1"


def load_coin_id(load_id: bytes, index: int) -> bytes:
    """The id of the coin at `index` of a load: SHA-256(domain || load id || index, 4 bytes)."""
    return sha256(_COIN_DOMAIN + load_id + index.to_bytes(4, "big"))


def load_coin_ids(load_id: bytes, count: int) -> tuple[bytes, ...]:
    """The ids of the first so many coins of a load, in its order."""
    return _few_coin_ids(load_id, count) if count <= _FEW_COINS else _coin_ids(load_id, count)


def _coin_ids(load_id: bytes, count: int) -> tuple[bytes, ...]:
    named = _COIN_DOMAIN + load_id
    return tuple([sha256(named + index.to_bytes(4, "big")) for index in range(count)])


# A load's coins are named again with every payment of its wallet.
_few_coin_ids = lru_cache(maxsize=1_024)(_coin_ids)


def output_coin_id(transfer_id: bytes, spent_coin_id: bytes, output: bytes) -> bytes:
    """The id of an output: SHA-256(domain || transfer id || spent coin's id || output, 1 byte)."""
    return sha256(_COIN_DOMAIN + transfer_id + spent_coin_id + output)


class Spend(NamedTuple):
    """One spent coin and its outputs in fen; `change_fen` is 0 where there is no change."""

    coin_id: bytes
    pay_fen: int
    change_fen: int = 0

    @property
    def total_fen(self) -> int:
        """What the spent coin is worth, if the spend is conserved."""
        return self.pay_fen + self.change_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One signature by the owner of coins: spends them to `payee`, change staying with the owner.

    `request_id` binds it to the payee's request (NO_REQUEST for a redemption); `certificate` is the
    payer's, and its key signed the transfer; the payee's outputs are to be claimed by `claim_by_s`.
    """

    request_id: bytes
    certificate: WalletCertificate
    signed_at_s: int
    claim_by_s: int
    payee: bytes
    spends: tuple[Spend, ...]
    signed: Signed

    def __post_init__(self) -> None:
        request_id, payee = self.request_id, self.payee
        signed_at_s, claim_by_s = self.signed_at_s, self.claim_by_s
        if not (
            type(request_id) is bytes
            and len(request_id) == DIGEST_BYTES
            and type(signed_at_s) is int
            and type(claim_by_s) is int
            and 0 <= signed_at_s <= claim_by_s < MAX_TIME_S
            and type(payee) is bytes
            and len(payee) == KEY_BYTES
            and payee != self.certificate.claims.key
            and (payee == CENTRE) == (request_id == NO_REQUEST)
        ):
            self._refuse()
        _check_spends(self.spends)

    def _refuse(self) -> None:
        """Say which field is wrong."""
        check_id(self.request_id, "request id")
        check_time(self.signed_at_s, "time")
        check_time(self.claim_by_s, "claim deadline")
        require(self.signed_at_s <= self.claim_by_s, "range", "a claim deadline lies after the signing")
        check_key(self.payee, "payee")
        require(self.payee != self.payer, "shape", "payer and payee are one key")
        raise Malformed("shape", "a redemption, and nothing else, lacks a request")

    @property
    def payer(self) -> bytes:
        """The key that signs and owns the coins."""
        return self.certificate.claims.key

    @property
    def pay_fen(self) -> int:
        """What the payee receives."""
        spends = self.spends
        return spends[0][1] if len(spends) == 1 else sum([spend[1] for spend in spends])

    @classmethod
    def sign(
        cls,
        key: Signer,
        *,
        request_id: bytes,
        certificate: WalletCertificate,
        signed_at_s: int,
        claim_by_s: int,
        payee: bytes,
        spends: Sequence[Spend],
    ) -> Self:
        """Sign a transfer; the caller writes down that the coins are spent before it sends anything."""
        rows = [
            [coin_id, pay_fen, change_fen] if change_fen else [coin_id, pay_fen]
            for coin_id, pay_fen, change_fen in spends
        ]
        fields = [request_id, certificate.signed.data, signed_at_s, claim_by_s, payee, rows]
        signed = cose.sign(key, Domain.TRANSFER, codec.encode_fields(fields))
        return cls(
            request_id=request_id,
            certificate=certificate,
            signed_at_s=signed_at_s,
            claim_by_s=claim_by_s,
            payee=payee,
            spends=tuple(spends),
            signed=signed,
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received transfer; neither its signature nor its certificate is verified yet."""
        signed = cose.parse(data, Domain.TRANSFER)
        fields = read_usual(signed.payload) or _read(signed.payload)
        request_id, certificate, signed_at_s, claim_by_s, payee, spends = fields
        return cls(
            request_id=request_id,
            certificate=read_certificate(certificate),
            signed_at_s=signed_at_s,
            claim_by_s=claim_by_s,
            payee=payee,
            spends=spends,
            signed=signed,
        )


_USUAL_HEAD: Final = codec.head(codec.ARRAY, 6) + codec.head(codec.BYTES, DIGEST_BYTES)
_ONE_BYTE_LENGTH: Final = codec.head(codec.BYTES, 24)[0]
_LENGTH_AT: Final = len(_USUAL_HEAD) + DIGEST_BYTES + 1
_FOUR_BYTES: Final = codec.head(codec.UNSIGNED, 2**16)[0]
_KEY_HEAD: Final = codec.head(codec.BYTES, KEY_BYTES)
_FEW: Final = codec.head(codec.ARRAY, 0)[0]
_SPEND_HEADS: Final = {
    codec.head(codec.ARRAY, 2) + codec.head(codec.BYTES, DIGEST_BYTES): False,
    codec.head(codec.ARRAY, 3) + codec.head(codec.BYTES, DIGEST_BYTES): True,
}
"""How a spend begins, and whether it has change."""
_LAYOUTS: Final = {
    length: Struct(
        f">{len(_USUAL_HEAD)}s{DIGEST_BYTES}sBx{length}sBIBI{len(_KEY_HEAD)}s{KEY_BYTES}sB3s{DIGEST_BYTES}s"
    )
    for length in range(128, 192)
}
"""Up to the first coin's id, each field after its head, by the length of the certificate."""


def read_usual(payload: bytes) -> tuple[bytes, bytes, int, int, bytes, tuple[Spend, ...]] | None:
    """The fields of a transfer that is laid out as nearly all are, read where they stand.

    The layout has one encoding, which is compared byte by byte, so this is as strict as `codec.decode`; None
    where it is another one. The values are checked when the transfer is built.
    """
    layout = _LAYOUTS.get(payload[_LENGTH_AT]) if len(payload) > _LENGTH_AT else None
    if layout is None or len(payload) < layout.size:
        return None
    read = layout.unpack_from(payload)
    start, request_id, kind, certificate, first, signed_at_s, second, claim_by_s, key_head, payee = read[:10]
    few, head, coin_id = read[10:]
    if not (
        start == _USUAL_HEAD
        and kind == _ONE_BYTE_LENGTH
        and first == second == _FOUR_BYTES
        and signed_at_s >= 2**16
        and claim_by_s >= 2**16
        and key_head == _KEY_HEAD
        and _FEW < few < _FEW + 24
    ):
        return None
    try:
        spends = _usual_spends(payload, layout.size, few - _FEW, head, coin_id)
    except Malformed:
        return None
    return request_id, certificate, signed_at_s, claim_by_s, payee, spends


def _usual_spends(payload: bytes, at: int, count: int, head: bytes, coin_id: bytes) -> tuple[Spend, ...]:
    """So many spends up to the end of `payload`, the first one's amounts at `payload[at]`, after its head and
    coin; Malformed if they are laid out otherwise.
    """
    spends = []
    while True:
        has_change, change_fen = _SPEND_HEADS.get(head), 0
        pay_fen, at = codec.read_head(payload, at, codec.UNSIGNED)
        if has_change:
            change_fen, at = codec.read_head(payload, at, codec.UNSIGNED)
        if has_change is None or (has_change and not change_fen):
            raise Malformed("shape", "not a usual spend")
        spends.append(Spend(coin_id, pay_fen, change_fen))
        if len(spends) == count:
            break
        head, coin_id = payload[at : at + 3], payload[at + 3 : at + 3 + DIGEST_BYTES]
        at += 3 + DIGEST_BYTES
    if at != len(payload):
        raise Malformed("cbor", "trailing bytes")
    return tuple(spends)


def _read(payload: bytes) -> tuple[Any, Any, Any, Any, Any, tuple[Spend, ...]]:
    """The fields of any transfer, whose types are not checked here."""
    request_id, certificate, signed_at_s, claim_by_s, payee, rows = read_array(payload, 6, "transfer")
    spends = tuple([_read_spend(row) for row in read_list(rows, "spends")])
    return request_id, certificate, signed_at_s, claim_by_s, payee, spends


def _read_spend(row: object) -> Spend:
    """Read [coin id, the payee's output] or [coin id, the payee's output, change]; change is never 0."""
    if type(row) is list and (len(row) == 2 or (len(row) == 3 and row[2] != 0)):
        return Spend(*row)
    raise Malformed("shape", "a spend is a coin id, the payee's output and, where there is any, change")


def _check_spends(spends: tuple[Spend, ...]) -> None:
    if not spends:
        raise Malformed("shape", "a transfer spends at least one coin")
    if len(spends) > MAX_COINS:
        raise Malformed("too-large", f"a transfer spends at most {MAX_COINS} coins")
    total_fen = 0
    for coin_id, pay_fen, change_fen in spends:
        if not (
            type(coin_id) is bytes
            and len(coin_id) == DIGEST_BYTES
            and type(pay_fen) is int
            and 1 <= pay_fen <= MAX_FEN
            and type(change_fen) is int
            and 0 <= change_fen <= MAX_FEN
        ):
            _refuse_spend(coin_id, pay_fen, change_fen)
        total_fen += pay_fen + change_fen
    if len(spends) > 1 and len({spend[0] for spend in spends}) < len(spends):
        raise Malformed("shape", "a coin is repeated")
    if total_fen > MAX_FEN:
        raise Malformed("range", "the coins add up to more than an amount")


def _refuse_spend(coin_id: object, pay_fen: object, change_fen: object) -> None:
    """Say which field is wrong."""
    check_id(coin_id, "coin id")
    check_amount(pay_fen, "the payee's output")
    check_amount(change_fen, "the change")
