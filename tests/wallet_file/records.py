"""Hypothesis strategies for the journal's records: real loads and transfers, and coins that come of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from shuangli.crypto import sha256
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import Mode, Terms
from shuangli.messages.hand_in import HandIn
from shuangli.messages.transfers import NO_REQUEST, Spend, Transfer
from shuangli.offline.chain import Coin, chains, load_coins, spend_outputs
from shuangli.offline.evidence import Evidence
from shuangli.offline.payee import PayeeSession
from shuangli.offline.payer import PayerSession
from shuangli.offline.policy import Usage
from shuangli.offline.records import (
    PaymentReceived,
    PaymentRefused,
    PaymentSigned,
    ReceiptKept,
    RefusalKept,
    RequestMade,
)
from shuangli.offline.states import Kind, Message, PayeeState, PayerState
from shuangli.wallet.records import (
    Acknowledged,
    Checkpoint,
    HandedIn,
    Loaded,
    LoadOrdered,
    Opened,
    OrderRefused,
    Record,
    RevocationsKept,
    Synced,
    ValueReturned,
)
from tests import strategies as objects

KEY_OF: Final = {key.public: key for key in objects.KEYS}
FEW: Final = 3

T = TypeVar("T")


def terms_of(number: int) -> Terms:
    """The terms of every epoch there could be: each number has its own."""
    return Terms(
        currency="CNY",
        mode=Mode(number % 2),
        hop_cap=number % 65,
        coin_life_s=number,
        claim_window_s=2 * number,
        grace_s=3 * number,
    )


def few(values: SearchStrategy[T]) -> SearchStrategy[tuple[T, ...]]:
    return st.lists(values, max_size=FEW).map(tuple)


def different(values: SearchStrategy[Any]) -> SearchStrategy[tuple[bytes, ...]]:
    """A few signed objects, none twice."""
    return few(values).map(lambda found: tuple(dict.fromkeys(value.signed.data for value in found)))


@st.composite
def coins(draw: DrawFn) -> Coin:
    """A coin at the end of some chain, with change and other people's coins along the way."""
    load = draw(objects.loads())
    coin = draw(st.sampled_from(load_coins(load, terms_of(load.epoch))))
    for _ in range(draw(st.integers(0, FEW))):
        key = KEY_OF[coin.owner]
        payee = draw(st.sampled_from([other for other in KEY_OF if other != coin.owner]))
        pay_fen = draw(st.integers(1, coin.value_fen))
        spends = [Spend(coin.coin_id, pay_fen, coin.value_fen - pay_fen)]
        others = draw(st.lists(objects.ids, max_size=2, unique=True))
        spends += [Spend(other, 1) for other in others if other != coin.coin_id]
        transfer = Transfer.sign(
            key,
            request_id=draw(objects.ids.filter(lambda request_id: request_id != NO_REQUEST)),
            certificate=draw(objects.wallet_certificates(key=key.public)),
            signed_at_s=1,
            claim_by_s=draw(st.integers(1, 9)),
            payee=payee,
            spends=draw(st.permutations(spends)),
        )
        coin = draw(st.sampled_from(spend_outputs(transfer, spends[0], coin)))
    return coin


def bundle_of(shown: Sequence[Coin], transfers: Sequence[Transfer] = ()) -> bytes:
    """A bundle with the chains of some coins, and what is paid with them."""
    found = chains(shown) if shown else Bundle(loads=(), transfers=())
    last = dict.fromkeys(transfer.signed.data for transfer in transfers)
    return Bundle(loads=found.loads, transfers=(*found.transfers, *last)).encode()


@st.composite
def bundles(draw: DrawFn, shown: Sequence[Coin], transfers: Sequence[Transfer] = ()) -> bytes:
    """A bundle that shows these coins; or one that does not, since a record need not rely on it."""
    return draw(st.sampled_from([bundle_of(shown, transfers), bundle_of(shown[:1]), bundle_of(())]))


@st.composite
def loaded(draw: DrawFn) -> Loaded:
    load = draw(objects.loads())
    minted = tuple(load_coins(load, terms_of(load.epoch)))
    return Loaded(load=load.signed.data, nonce=load.nonce, coins=minted[: draw(st.integers(0, len(minted)))])


@st.composite
def payments_signed(draw: DrawFn) -> PaymentSigned:
    spent, transfer = draw(few(coins())), draw(objects.transfers())
    return PaymentSigned(
        request=draw(objects.requests()),
        pin=draw(st.booleans()),
        bundle=draw(bundles(spent, [transfer])),
        transfer=transfer,
        spent=spent,
        change=draw(few(coins())),
    )


@st.composite
def payments_received(draw: DrawFn) -> PaymentReceived:
    received = draw(few(coins()))
    return PaymentReceived(
        request_id=draw(objects.ids),
        bundle=draw(bundles(received)),
        coins=received,
        receipt=draw(objects.receipts),
    )


@st.composite
def hand_ins(draw: DrawFn) -> HandedIn:
    redeemed, redemption = draw(few(coins())), draw(st.none() | objects.transfers())
    shown = Bundle.decode(draw(bundles(redeemed, [redemption] if redemption else [])))
    upload = HandIn(bundle=shown, refusals=draw(different(objects.refusals))).encode()
    return HandedIn(
        upload=upload,
        upload_id=sha256(upload),
        redemption=redemption,
        coins=redeemed,
        payments=draw(few(objects.ids)),
        refused=draw(few(objects.ids)),
        forked=draw(few(objects.ids)),
    )


counts: Final = st.integers(0, 10**9)
evidence: Final = st.builds(
    Evidence,
    network=st.just("test"),
    coin_id=objects.ids,
    transfers=st.tuples(st.binary(max_size=9), st.binary(max_size=9)),
    operators=st.tuples(st.binary(max_size=9)),
).map(Evidence.encode)
payments_refused: Final = st.builds(
    PaymentRefused,
    request_id=objects.ids,
    bundle=few(coins()).map(bundle_of),
    refusal=objects.refusals,
    evidence=st.just(b"") | evidence,
)
payer_sessions: Final = st.builds(
    PayerSession,
    state=st.sampled_from(PayerState),
    request_id=objects.ids,
    payee=objects.ids,
    amount_fen=objects.amounts_fen,
    expires_at_s=objects.times_s,
    payment=st.none() | few(coins()).map(lambda paid: Message(Kind.PAYMENT, bundle_of(paid))),
    transfer_id=objects.ids,
    coins=st.integers(0, FEW),
    hops=st.integers(0, FEW),
    answer=st.just(b"") | objects.receipts.map(lambda receipt: receipt.signed.data),
    returned_fen=counts,
)


@st.composite
def payee_sessions(draw: DrawFn) -> PayeeSession:
    request, refused = draw(objects.requests()), draw(few(payments_refused))
    if draw(st.booleans()):
        return PayeeSession(request=request, refused=refused)
    return PayeeSession(
        request=request,
        state=PayeeState.RECEIVED,
        bundle=bundle_of(draw(few(coins()))),
        receipt=draw(objects.receipts),
        refused=refused,
    )


checkpoints: Final = st.builds(
    Checkpoint,
    certificate=st.none() | objects.wallet_certificates(),
    coins=few(coins()),
    orders=few(objects.load_orders),
    paying=few(st.tuples(objects.ids, payer_sessions)),
    asking=few(st.tuples(objects.ids, payee_sessions())),
    to_show=few(objects.ids),
    to_report=few(objects.ids),
    uploads=few(hand_ins()),
    evidence=few(evidence),
    revocations=st.none() | objects.revocation_lists,
    usage=st.builds(
        Usage,
        day=counts,
        paid_today_fen=counts,
        payments_since_sync=counts,
        payments_since_pin=counts,
        synced_at_s=objects.times_s,
    ),
    returned_no=counts,
)

RECORDS: Final[Mapping[type[Any], SearchStrategy[Record]]] = {
    Checkpoint: checkpoints,
    Opened: st.builds(Opened, certificate=objects.wallet_certificates()),
    LoadOrdered: st.builds(LoadOrdered, order=objects.load_orders),
    Loaded: loaded(),
    HandedIn: hand_ins(),
    Acknowledged: st.builds(Acknowledged, acknowledgement=objects.acknowledgements),
    RequestMade: st.builds(RequestMade, request=objects.requests()),
    PaymentSigned: payments_signed(),
    PaymentReceived: payments_received(),
    PaymentRefused: payments_refused,
    ReceiptKept: st.builds(ReceiptKept, receipt=objects.receipts),
    RefusalKept: st.builds(RefusalKept, refusal=objects.refusals),
    OrderRefused: st.builds(OrderRefused, nonce=objects.nonces),
    ValueReturned: st.builds(ValueReturned, notice=objects.returned),
    Synced: st.builds(Synced, at_s=objects.times_s),
    RevocationsKept: st.builds(RevocationsKept, listed=objects.revocation_lists),
}
"""A strategy for every kind of record."""
