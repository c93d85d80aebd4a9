"""Hypothesis strategies for fields, and for what wallets sign and are answered; valid, and really signed.

Keys come from `KEYS`, so that objects of one test can belong together: `transfers(payer=KEYS[2],
payee=KEYS[3].public)`. What others sign is drawn in `tests.office_strategies`.
"""

import string
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from shuangli.crypto import DIGEST_BYTES, SigningKey
from shuangli.merkle import MAX_SIZE
from shuangli.messages.audit import LogEntry
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import (
    MAX_SPAN_S,
    WalletCertificate,
    WalletKind,
)
from shuangli.messages.claims import SERIAL_BYTES, Claims
from shuangli.messages.conditions import (
    MAX_CLASS,
    MAX_CLASSES,
    MAX_PURPOSES,
    NO_CLASS,
    Condition,
)
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.fields import MAX_NAME, MAX_TIME_S, NONCE_BYTES
from shuangli.messages.hand_in import HandIn
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.notices import Acknowledgement, Outcome, RevocationList
from shuangli.messages.returns import Returned
from shuangli.messages.session import (
    MAX_PAYMENT_BYTES,
    Accepts,
    PaymentRequest,
    Receipt,
    Refusal,
    RefusalReason,
)
from shuangli.messages.transfers import CENTRE, MAX_COINS, NO_REQUEST, Spend, Transfer
from shuangli.money import MAX_FEN

KEYS: Final = tuple(SigningKey(bytes([number]) * 32) for number in range(1, 9))
"""Some private keys."""

# --- fields ------------------------------------------------------------------------------------

_PRINTABLE: Final = string.ascii_letters + string.digits + string.punctuation + " "

keys: Final = st.sampled_from(KEYS)
ids: Final = st.binary(min_size=DIGEST_BYTES, max_size=DIGEST_BYTES)
nonces: Final = st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES)
names: Final = st.text(_PRINTABLE, min_size=1, max_size=MAX_NAME)
currencies: Final = st.sampled_from(["CNY", "EUR", "XTS"])
times_s: Final = st.integers(0, MAX_TIME_S - 1)
spans_s: Final = st.integers(0, MAX_SPAN_S)
amounts_fen: Final = st.one_of(st.integers(1, 100_000), st.integers(1, MAX_FEN))


def times_in_order_s(*, strictly: bool = True) -> SearchStrategy[tuple[int, int]]:
    """Two times, the first before the second."""
    pairs = st.tuples(times_s, times_s).map(lambda pair: (min(pair), max(pair)))
    return pairs.filter(lambda pair: pair[0] < pair[1]) if strictly else pairs


def amounts_of(total_fen: int, *, max_size: int = 12) -> SearchStrategy[list[int]]:
    """A list of amounts that add up to at most `total_fen`."""
    return st.lists(st.integers(1, total_fen // max_size), min_size=1, max_size=max_size)


_some_class: Final = st.one_of(st.integers(1, 9_999), st.integers(1, MAX_CLASS))
payee_classes: Final = st.one_of(st.just(NO_CLASS), _some_class)


@st.composite
def conditions(draw: DrawFn, *, least_s: int = 0) -> Condition:
    """A condition with at least so late a time."""
    classes = st.lists(_some_class, min_size=1, max_size=MAX_CLASSES, unique=True)
    return Condition(
        purpose=draw(names),
        payees=tuple(sorted(draw(classes))),
        spend_by_s=draw(st.integers(least_s, MAX_TIME_S - 1)),
        giver=draw(ids),
    )


# --- certificates ------------------------------------------------------------------------------


@st.composite
def claims(draw: DrawFn, *, named: bool, key: bytes | None = None) -> Claims:
    """Claims of a certificate, with a subject if `named`."""
    not_before_s, expires_at_s = draw(times_in_order_s())
    return Claims(
        issuer=draw(names),
        subject=draw(names) if named else None,
        not_before_s=not_before_s,
        expires_at_s=expires_at_s,
        serial=draw(st.binary(min_size=SERIAL_BYTES, max_size=SERIAL_BYTES)),
        key=key or draw(st.one_of(keys.map(lambda signer: signer.public), ids)),
    )


@st.composite
def wallet_certificates(draw: DrawFn, *, key: bytes | None = None) -> WalletCertificate:
    """A wallet certificate for `key`, or for any."""
    return WalletCertificate.sign(
        draw(keys),
        draw(claims(named=False, key=key)),
        kind=draw(st.sampled_from(WalletKind)),
        tier=draw(st.integers(0, 4)),
        profile=draw(st.integers(0, 2**16)),
        payee_class=draw(payee_classes),
    )


# --- loads and transfers -----------------------------------------------------------------------

load_orders: Final = st.builds(
    LoadOrder.sign,
    keys,
    operator=names,
    values_fen=amounts_of(MAX_FEN),
    nonce=nonces,
    ordered_at_s=times_s,
    condition=st.one_of(st.none(), conditions()),
)


@st.composite
def loads(draw: DrawFn) -> Load:
    """A load that answers some order."""
    issued_at_s, expires_at_s = draw(times_in_order_s())
    in_time = conditions(least_s=expires_at_s)
    return Load.sign(
        draw(keys),
        network=draw(names),
        currency=draw(currencies),
        order=replace(draw(load_orders), condition=draw(st.one_of(st.none(), in_time))),
        epoch=draw(st.integers(0, 2**16)),
        issued_at_s=issued_at_s,
        expires_at_s=expires_at_s,
    )


@st.composite
def spends(draw: DrawFn) -> list[Spend]:
    """Spends of different coins, with and without change."""
    coin_ids = draw(st.lists(ids, min_size=1, max_size=4, unique=True))
    amounts = st.integers(1, MAX_FEN // (2 * len(coin_ids)))
    return [Spend(coin_id, draw(amounts), draw(st.one_of(st.just(0), amounts))) for coin_id in coin_ids]


@st.composite
def transfers(draw: DrawFn, *, payer: SigningKey | None = None, payee: bytes | None = None) -> Transfer:
    """A payment, or a redemption if `payee` is CENTRE or comes out so."""
    key = payer or draw(keys)
    payees = st.one_of(st.just(CENTRE), ids).filter(lambda other: other != key.public)
    chosen = payee or draw(payees)
    signed_at_s, claim_by_s = draw(times_in_order_s(strictly=False))
    return Transfer.sign(
        key,
        request_id=NO_REQUEST if chosen == CENTRE else draw(ids.filter(lambda other: other != NO_REQUEST)),
        certificate=draw(wallet_certificates(key=key.public)),
        signed_at_s=signed_at_s,
        claim_by_s=claim_by_s,
        payee=chosen,
        spends=draw(spends()),
    )


bundles: Final = st.builds(
    lambda objects, count: Bundle(loads=tuple(objects[:count]), transfers=tuple(objects[count:])),
    st.lists(st.binary(max_size=300), max_size=6, unique=True),
    st.integers(0, 6),
)


def _hand_in(objects: Sequence[bytes], counts: tuple[int, int]) -> HandIn:
    first, second = sorted(counts)
    bundle = Bundle(loads=tuple(objects[:first]), transfers=tuple(objects[first:second]))
    return HandIn(bundle=bundle, refusals=tuple(objects[second:]))


hand_ins: Final = st.builds(
    _hand_in,
    st.lists(st.binary(max_size=300), max_size=8, unique=True),
    st.tuples(st.integers(0, 8), st.integers(0, 8)),
)

# --- session -----------------------------------------------------------------------------------

accepts: Final = st.builds(
    Accepts,
    hops=st.integers(0, 64),
    bundle_bytes=st.integers(0, MAX_PAYMENT_BYTES),
    coins=st.integers(0, MAX_COINS),
    claim_time_s=spans_s,
    list_age_s=spans_s,
    purposes=st.one_of(
        st.just(()),
        st.lists(names, min_size=1, max_size=MAX_PURPOSES, unique=True).map(
            lambda purposes: tuple(sorted(purposes))
        ),
    ),
)


@st.composite
def requests(draw: DrawFn, *, payee: SigningKey | None = None) -> PaymentRequest:
    """A payment request of `payee`, or of any."""
    key = payee or draw(keys)
    made_at_s, expires_at_s = draw(times_in_order_s())
    return PaymentRequest.sign(
        key,
        network=draw(names),
        currency=draw(currencies),
        amount_fen=draw(amounts_fen),
        certificate=draw(wallet_certificates(key=key.public)),
        nonce=draw(nonces),
        made_at_s=made_at_s,
        expires_at_s=expires_at_s,
        accepts=draw(accepts),
    )


_transfer_ids: Final = st.lists(ids, min_size=1, max_size=4, unique=True)
receipts: Final = st.builds(
    Receipt.sign, keys, request_id=ids, transfer_ids=_transfer_ids, received_at_s=times_s
)
refusals: Final = st.builds(
    Refusal.sign,
    keys,
    request_id=ids,
    transfer_ids=_transfer_ids,
    refused_at_s=times_s,
    reason=st.sampled_from(RefusalReason),
)

# --- notices -----------------------------------------------------------------------------------

enrolments: Final = st.builds(
    Enrolment.sign,
    keys,
    network=names,
    operator=names,
    kind=st.sampled_from(WalletKind),
    tier=st.integers(0, 4),
    person=ids,
    enrolled_at_s=times_s,
    payee_class=payee_classes,
)
revocation_lists: Final = st.builds(
    RevocationList.sign,
    keys,
    number=st.integers(0, MAX_FEN),
    issued_at_s=times_s,
    wallets=st.lists(ids, max_size=3),
    operators=st.lists(ids, max_size=3),
    epochs=st.lists(st.integers(0, 2**16), max_size=3),
)
log_entries: Final = st.builds(
    LogEntry, origin=names, number=st.integers(0, MAX_SIZE - 1), logged_at_s=times_s, leaf_hash=ids
)
acknowledgements: Final = st.builds(
    Acknowledgement.sign,
    keys,
    upload_id=ids,
    received_at_s=times_s,
    credited_fen=st.integers(0, MAX_FEN),
    outcomes=st.lists(st.sampled_from(Outcome), max_size=5),
    entry=log_entries,
)
returned: Final = st.builds(
    Returned.sign,
    keys,
    operator=names,
    number=st.integers(0, MAX_FEN),
    owner=ids,
    parent_id=ids,
    coin_id=ids,
    value_fen=amounts_fen,
    returned_at_s=times_s,
)
