"""The rules of single messages that no other test here is about; a message is checked when it is built."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from shuangli.errors import Malformed
from shuangli.messages.audit import LogEntry
from shuangli.messages.certificates import (
    MAX_SPAN_S,
    CentreCertificate,
    Epoch,
    Mode,
    OperatorCertificate,
    Terms,
    WalletCertificate,
    WalletKind,
)
from shuangli.messages.claims import Claims
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.fields import MAX_TIME_S
from shuangli.messages.key_set import KeySet
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.notices import Acknowledgement, Outcome, Report, RevocationList
from shuangli.messages.session import (
    MAX_PAYMENT_BYTES,
    Accepts,
    PaymentRequest,
    Receipt,
    Refusal,
    RefusalReason,
)
from shuangli.messages.transfers import MAX_COINS
from shuangli.money import MAX_FEN
from tests.strategies import KEYS

KEY: Final = KEYS[0]
ID, OTHER_ID = bytes([1]) * 32, bytes([2]) * 32
CLAIMS: Final = Claims(
    issuer="testnet", subject="bank", not_before_s=10, expires_at_s=20, serial=bytes(5), key=KEY.public
)
HOLDER: Final = replace(CLAIMS, subject=None)
TERMS: Final = Terms(currency="CNY", mode=Mode.STAGED, hop_cap=1, coin_life_s=1, claim_window_s=1, grace_s=1)
ACCEPTS: Final = Accepts(hops=1, bundle_bytes=1, coins=1, claim_time_s=1, list_age_s=1)
CERTIFICATE: Final = WalletCertificate.sign(KEY, HOLDER, kind=WalletKind.SOFT, tier=1, profile=1)
ORDER: Final = LoadOrder.sign(KEY, operator="bank", values_fen=[1], nonce=bytes(16), ordered_at_s=1)
LOAD: Final = Load.sign(
    KEY, network="testnet", currency="CNY", order=ORDER, epoch=1, issued_at_s=1, expires_at_s=2
)
REQUEST: Final = PaymentRequest.sign(
    KEY,
    network="testnet",
    currency="CNY",
    amount_fen=1,
    certificate=CERTIFICATE,
    nonce=bytes(16),
    made_at_s=1,
    expires_at_s=2,
    accepts=ACCEPTS,
)
RECEIPT: Final = Receipt.sign(KEY, request_id=ID, transfer_ids=[ID], received_at_s=1)
REFUSAL: Final = Refusal.sign(
    KEY, request_id=ID, transfer_ids=[ID], refused_at_s=1, reason=RefusalReason.INVALID
)
ENROLMENT: Final = Enrolment.sign(
    KEY, network="testnet", operator="bank", kind=WalletKind.HARD, tier=1, person=ID, enrolled_at_s=1
)
LOG_ENTRY: Final = LogEntry(origin="bank", number=0, logged_at_s=1, leaf_hash=ID)
ACKNOWLEDGEMENT: Final = Acknowledgement.sign(
    KEY, upload_id=ID, received_at_s=1, credited_fen=0, outcomes=[Outcome.SETTLED], entry=LOG_ENTRY
)
EPOCH: Final = Epoch.sign(KEY, CLAIMS, number=1, terms=TERMS)
KEY_SET: Final = KeySet.sign(
    KEY, network="testnet", number=1, issued_at_s=1, operators=[], centres=[], epochs=[EPOCH]
)

NAMES: Final = ("", "x" * 17, "a\nb", "\u53cc\u79bb", "caf\u00e9", None, b"bank")
TIMES: Final = (-1, MAX_TIME_S, 1.0, True, None)
KEYS_OF_NO_SIZE: Final = (b"", bytes(31), bytes(33), "k" * 32, None)
COUNTS: Final = (-1, True, 1.0, None)

WRONG: Final[list[tuple[Any, str, tuple[object, ...]]]] = [
    (CLAIMS, "issuer", NAMES),
    (CLAIMS, "subject", tuple(name for name in NAMES if name is not None)),
    (CLAIMS, "not_before_s", (*TIMES, 20, 21)),
    (CLAIMS, "expires_at_s", (*TIMES, 10, 9)),
    (CLAIMS, "serial", (bytes(4), bytes(6), "serial", None)),
    (CLAIMS, "key", KEYS_OF_NO_SIZE),
    (TERMS, "currency", ("", "CN", "CNYX", "cny", "C1Y", "C Y", "\u00c7NY", b"CNY", None)),
    (TERMS, "mode", (0, 2, None)),
    (TERMS, "hop_cap", (*COUNTS, 65)),
    (TERMS, "coin_life_s", (*COUNTS, MAX_SPAN_S + 1)),
    (TERMS, "claim_window_s", (*COUNTS, MAX_SPAN_S + 1)),
    (TERMS, "grace_s", (*COUNTS, MAX_SPAN_S + 1)),
    (CERTIFICATE, "tier", (*COUNTS, 5)),
    (CERTIFICATE, "profile", (*COUNTS, 2**16 + 1)),
    (EPOCH, "number", (*COUNTS, 2**16 + 1)),
    (KEY_SET, "network", (*NAMES, "mainnet")),
    (KEY_SET, "number", (*COUNTS, MAX_FEN + 1)),
    (KEY_SET, "issued_at_s", TIMES),
    (ORDER, "operator", NAMES),
    (ORDER, "owner", KEYS_OF_NO_SIZE),
    (ORDER, "nonce", (bytes(15), bytes(17), None)),
    (ORDER, "ordered_at_s", TIMES),
    (LOAD, "network", NAMES),
    (LOAD, "currency", ("", "CN", "cny", None)),
    (LOAD, "operator", NAMES),
    (LOAD, "owner", KEYS_OF_NO_SIZE),
    (LOAD, "epoch", (*COUNTS, 2**16 + 1)),
    (LOAD, "issued_at_s", (*TIMES, 2, 3)),
    (LOAD, "expires_at_s", (*TIMES, 1, 0)),
    (LOAD, "nonce", (bytes(15), bytes(17), None)),
    (ACCEPTS, "hops", (*COUNTS, 65)),
    (ACCEPTS, "bundle_bytes", (*COUNTS, MAX_PAYMENT_BYTES + 1)),
    (ACCEPTS, "coins", (*COUNTS, MAX_COINS + 1)),
    (ACCEPTS, "claim_time_s", (*COUNTS, MAX_SPAN_S + 1)),
    (ACCEPTS, "list_age_s", (*COUNTS, MAX_SPAN_S + 1)),
    (REQUEST, "network", NAMES),
    (REQUEST, "currency", ("", "CN", "cny", None)),
    (REQUEST, "nonce", (bytes(15), bytes(17), None)),
    (REQUEST, "made_at_s", (*TIMES, 2, 3)),
    (REQUEST, "expires_at_s", (*TIMES, 1, 0)),
    (RECEIPT, "request_id", KEYS_OF_NO_SIZE),
    (RECEIPT, "transfer_ids", ((), (ID, ID), (ID, OTHER_ID, ID), (ID[1:],), [ID], ID, None)),
    (RECEIPT, "received_at_s", TIMES),
    (REFUSAL, "request_id", KEYS_OF_NO_SIZE),
    (REFUSAL, "transfer_ids", ((), (ID, ID), (b"",), [ID], None)),
    (REFUSAL, "refused_at_s", TIMES),
    (ENROLMENT, "network", NAMES),
    (ENROLMENT, "operator", NAMES),
    (ENROLMENT, "key", KEYS_OF_NO_SIZE),
    (ENROLMENT, "tier", (*COUNTS, 5)),
    (ENROLMENT, "person", KEYS_OF_NO_SIZE),
    (ENROLMENT, "enrolled_at_s", TIMES),
    (ACKNOWLEDGEMENT, "operator", NAMES),
    (ACKNOWLEDGEMENT, "upload_id", KEYS_OF_NO_SIZE),
    (ACKNOWLEDGEMENT, "received_at_s", TIMES),
    (ACKNOWLEDGEMENT, "credited_fen", (*COUNTS, MAX_FEN + 1)),
    (ACKNOWLEDGEMENT, "entry", (replace(LOG_ENTRY, origin="bank-2"),)),
]


@pytest.mark.parametrize(
    ("value", "field", "wrong"), WRONG, ids=[f"{type(value).__name__}.{field}" for value, field, _ in WRONG]
)
def test_no_message_is_built_with(value: Any, field: str, wrong: tuple[object, ...]) -> None:
    assert replace(value) == value
    for odd in wrong:
        with pytest.raises(Malformed) as caught:
            replace(value, **{field: odd})
        assert caught.value.code in ("shape", "range")


def report(figures: dict[str, int], files: dict[str, bytes]) -> Report:
    """A report of the centre."""
    return Report.sign(KEY, network="testnet", made_at_s=1, figures=figures, files=files)


def revocations(wallets: list[bytes], epochs: list[int]) -> RevocationList:
    """A revocation list of the centre."""
    return RevocationList.sign(KEY, number=1, issued_at_s=1, wallets=wallets, operators=[], epochs=epochs)


@pytest.mark.parametrize(
    "make",
    [
        lambda: OperatorCertificate.sign(KEY, HOLDER),
        lambda: CentreCertificate.sign(KEY, HOLDER),
        lambda: Epoch.sign(KEY, HOLDER, number=1, terms=TERMS),
        lambda: WalletCertificate.sign(KEY, CLAIMS, kind=WalletKind.SOFT, tier=1, profile=1),
        lambda: report({"": 1}, {}),
        lambda: report({"x" * 81: 1}, {}),
        lambda: report({"x": MAX_FEN + 1}, {}),
        lambda: report({"x": -MAX_FEN - 1}, {}),
        lambda: report({"x": True}, {}),
        lambda: report({}, {"x": b"short"}),
        lambda: report({}, {"x" * 201: ID}),
        lambda: revocations([ID[1:]], []),
        lambda: revocations([], [-1]),
        lambda: revocations([], [2**16 + 1]),
    ],
)
def test_no_message_is_signed_with(make: Callable[[], object]) -> None:
    with pytest.raises(Malformed):
        make()


def test_what_is_signed_in_any_order_is_read_in_one() -> None:
    assert report({"bb": 1, "a": 2, "b": 3}, {}).figures == (("a", 2), ("b", 3), ("bb", 1))
    made = revocations([OTHER_ID, ID, OTHER_ID], [300, 2, 300])
    assert made.wallets == frozenset({ID, OTHER_ID})
    assert made.epochs == frozenset({2, 300})
    assert made.signed == revocations([ID, OTHER_ID], [2, 300]).signed


def test_a_certificate_is_valid_up_to_its_expiry() -> None:
    assert [time_s for time_s in range(8, 23) if CLAIMS.valid_at(time_s)] == [*range(10, 20)]


def test_outcomes_have_no_gaps() -> None:
    assert [*Outcome] == [*range(len(Outcome))]
    every = Acknowledgement.sign(
        KEY, upload_id=ID, received_at_s=1, credited_fen=0, outcomes=[*Outcome], entry=LOG_ENTRY
    )
    assert Acknowledgement.parse(every.signed.data).outcomes == (*Outcome,)
