"""What a reader has proven counts only where what it has assumed holds (`Batch.holds`), one by one.

Each upload is proven by a reader that knows nothing of the centre, and is settled then.
"""

from collections.abc import Sequence
from typing import Final

import pytest

from shuangli import codec, cose
from shuangli.cose import Domain
from shuangli.errors import Malformed, StoreError
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.epochs.states import EpochEvent
from shuangli.issuer.reading import Reader
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import Terms
from shuangli.messages.hand_in import HandIn
from shuangli.messages.loads import Load
from shuangli.messages.notices import Outcome
from shuangli.messages.transfers import MAX_COINS
from shuangli.offline import chain
from shuangli.offline.chain import FEW_COINS, Coin, load_coins
from shuangli.wallet.wallet import Wallet
from tests.paying import coins_of, pay
from tests.setting import NETWORK, NOW
from tests.world import World

SUSPENDED: Final = (EpochEvent.SUPPLY_OFF,)
PAST: Final = (EpochEvent.END_MINTING, EpochEvent.CLOSE)


def settle_read(world: World, uploads: Sequence[bytes]) -> list[Settled | Malformed | StoreError]:
    """Settle uploads in one batch, each of which a reader has read."""
    centre = world.issuer.centre
    footing = centre.footing()
    taken = []
    for upload in uploads:
        submission = Submission(operator="OP01", upload=upload, person=bytes(32), received_s=NOW)
        reading = Reader(footing).read("OP01", upload)
        taken.append(centre.take(submission)._replace(reading=reading))
    with world.issuer.transaction():
        return centre.settle(taken, read_on=footing)


def settle_proven(world: World, uploads: Sequence[bytes]) -> list[Settled | Malformed | StoreError]:
    """The same of uploads that prove something."""
    footing = world.issuer.centre.footing()
    assert all(Reader(footing).read("OP01", upload).proven is not None for upload in uploads)
    return settle_read(world, uploads)


def handed_in(wallet: Wallet) -> bytes:
    upload = wallet.hand_in(now_s=NOW)
    assert upload is not None
    return upload


def paid(world: World, amount_fen: int) -> bytes:
    """What somebody hands in who was paid."""
    payer, payee = world.wallet([amount_fen]), world.wallet()
    pay(payer, payee, amount_fen)
    return handed_in(payee)


def move_epoch(world: World, events: Sequence[EpochEvent]) -> None:
    with world.issuer.transaction():
        for event in events:
            world.issuer.store.epochs.move(1, event, now_s=NOW, why="a test")


def test_what_is_proven_is_settled(hops: World) -> None:
    (answer,) = settle_proven(hops, [paid(hops, 100)])
    assert isinstance(answer, Settled)
    assert (answer.credited_fen, {*answer.outcomes}) == (100, {Outcome.SETTLED})
    hops.issuer.centre.check_books()


def test_what_is_proven_of_a_suspended_epoch_waits(hops: World) -> None:
    upload = paid(hops, 100)
    move_epoch(hops, SUSPENDED)
    (answer,) = settle_proven(hops, [upload])
    assert isinstance(answer, StoreError)
    assert answer.code == "unavailable"
    assert hops.supply().outstanding_fen == 100


def test_what_is_proven_of_a_past_epoch_is_late(hops: World) -> None:
    upload = paid(hops, 100)
    move_epoch(hops, PAST)
    (answer,) = settle_proven(hops, [upload])
    assert isinstance(answer, Settled)
    assert (answer.credited_fen, {*answer.outcomes}) == (0, {Outcome.LATE})
    assert hops.supply().outstanding_fen == 100


@pytest.mark.parametrize("at_once", [True, False])
def test_f01_a_culprit_is_paid_nothing_that_is_proven(hops: World, at_once: bool) -> None:
    """Whether the case was found in an earlier batch, or by an upload before it in the same one."""
    culprit = hops.wallet([100, 50])
    copy, first, second = hops.clone(culprit), hops.wallet(), hops.wallet()
    donor = hops.wallet([40])
    pay(donor, culprit, 40)
    spent = max(coins_of(culprit), key=lambda coin: coin.value_fen)
    for payer, payee in ((culprit, first), (copy, second)):
        pay(payer, payee, spent.value_fen)
    branches, redeems = [handed_in(first), handed_in(second)], handed_in(culprit)
    before = [] if at_once else settle_proven(hops, branches)
    answers = [*before, *settle_proven(hops, [*branches, redeems] if at_once else [redeems])]
    (case,) = hops.issuer.store.cases()
    assert case.culprit == culprit.key.public
    frozen = answers[-1]
    assert isinstance(frozen, Settled)
    assert (frozen.credited_fen, frozen.outcomes[-1]) == (0, Outcome.FROZEN)
    hops.issuer.centre.check_books()
    assert hops.supply().outstanding_fen == 50 + 40


def load_of(world: World, coins: int, *, signer: str) -> bytes:
    """A load that was never minted, signed with the key of this name."""
    fields = [NETWORK, "CNY", "OP01", bytes(32), [1] * coins, 1, NOW, NOW + 10, bytes(16)]
    return cose.sign(world.key(signer), Domain.LOAD, codec.encode(fields)).data


@pytest.mark.parametrize(("coins", "named"), [(FEW_COINS, 2), (FEW_COINS + 1, 0), (MAX_COINS, 0)])
def test_f36_a_load_of_many_coins_that_nobody_has_signed_names_none(
    hops: World, monkeypatch: pytest.MonkeyPatch, coins: int, named: int
) -> None:
    """Neither for a reader, which takes other loads for minted, nor for the centre after it."""
    asked: list[Load] = []

    def name(load: Load, terms: Terms) -> list[Coin]:
        asked.append(load)
        return load_coins(load, terms)

    monkeypatch.setattr(chain, "load_coins", name)
    upload = HandIn(bundle=Bundle(loads=(load_of(hops, coins, signer="thief"),), transfers=())).encode()
    (answer,) = settle_read(hops, [upload])
    assert isinstance(answer, Settled)
    assert (answer.outcomes, len(asked)) == ((), named)


@pytest.mark.parametrize("coins", [FEW_COINS, FEW_COINS + 1])
def test_what_a_reader_has_not_checked_is_not_taken_for_checked(hops: World, coins: int) -> None:
    """A load that was minted, in other bytes than it was signed in, and a transfer that nobody has signed."""
    payer, payee = hops.wallet([1] * coins), hops.wallet()
    pay(payer, payee, coins)
    hand_in = HandIn.decode(handed_in(payee))
    broken = [
        data[:-1] + bytes([data[-1] ^ 1]) for data in (*hand_in.bundle.loads, *hand_in.bundle.transfers)
    ]
    upload = HandIn(bundle=Bundle(loads=(broken[0],), transfers=tuple(broken[1:]))).encode()
    (answer,) = settle_read(hops, [upload])
    assert isinstance(answer, Settled)
    assert {*answer.outcomes} <= {Outcome.INVALID, Outcome.UNKNOWN_COIN}
    assert hops.supply().redeemed_fen == 0
