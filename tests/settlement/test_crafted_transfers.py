"""Transfers that a thief crafts, so that its double spends are not found, or keep the centre busy."""

from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from shuangli.crypto import sha256
from shuangli.messages.notices import Outcome
from shuangli.messages.session import Refusal, RefusalReason
from shuangli.messages.transfers import Spend, Transfer
from shuangli.offline.branches import chain_spends
from shuangli.offline.chain import Coin, spend_outputs
from shuangli.offline.evidence import verify_evidence
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, outputs_of, refuse, sign_away
from tests.paying import as_upload, coins_of, pay
from tests.setting import DAY_S, NOW, TRANSFERABLE
from tests.world import World

MANY = 40


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, terms=TRANSFERABLE)
    yield made
    made.check_books()
    made.close()


class Crafted:
    """A thief splits its coin, and its next transfer names both outputs: its change, and what it has paid.

    The second is not its own, so nothing comes of that. The change is, and is split again; `coin` is what the
    thief keeps of it, and `below` the two transfers.
    """

    def __init__(self, world: World) -> None:
        self.thief, friend = world.wallet([100]), world.wallet()
        (self.first,) = coins_of(self.thief)
        request_id = sha256(b"of the friend")
        split = sign_away(self.thief, [(self.first, 10)], payee=friend.key.public, request_id=request_id)
        paid, change = outputs_of(split, self.first)
        crafted = Transfer.sign(
            self.thief.key,
            request_id=request_id,
            certificate=self.thief.certificate,
            signed_at_s=NOW,
            claim_by_s=split.claim_by_s,
            payee=friend.key.public,
            spends=[Spend(paid.coin_id, paid.value_fen), Spend(change.coin_id, 20, 70)],
        )
        self.below = (split, crafted)
        self.coin: Coin = spend_outputs(crafted, crafted.spends[1], change)[1]
        self.chain = [self.first.coin_id, change.coin_id]

    def payment(self, payee: Wallet, amount_fen: int = 70) -> tuple[bytes, Message]:
        """What the thief sends for a request, and the request's id."""
        request = payee.request(amount_fen, now_s=NOW)
        request_id = request_id_of(request)
        spent = sign_away(
            self.thief, [(self.coin, amount_fen)], payee=payee.key.public, request_id=request_id
        )
        return request_id, Message(Kind.PAYMENT, bundle([self.first], *self.below, spent))


def test_the_chain_of_a_coin_is_what_it_was_split_from(world: World) -> None:
    crafted = Crafted(world)
    assert [coin_id for coin_id, _ in chain_spends(crafted.coin)] == crafted.chain


def test_f01_a_fork_is_found_below_a_transfer_that_names_what_is_not_its_signers(world: World) -> None:
    crafted = Crafted(world)
    for _ in range(2):
        payee = world.wallet(tier=0)
        request_id, payment = crafted.payment(payee)
        (answer,) = payee.receive(request_id, payment, now_s=NOW)
        assert answer.kind is Kind.RECEIPT
        assert world.hand_in(payee).credited_fen == 70
    (case,) = world.cases()
    assert (case.coin_id, case.culprit) == (crafted.coin.coin_id, crafted.thief.key.public)
    assert verify_evidence(case.evidence, root=world.keys["root"].public).culprit == case.culprit


def test_a_payee_that_is_shown_both_branches_of_it_refuses_with_evidence(world: World) -> None:
    crafted = Crafted(world)
    payee = world.wallet(tier=0)
    for kind, amount_fen in ((Kind.RECEIPT, 70), (Kind.REFUSAL, 60)):
        request_id, payment = crafted.payment(payee, amount_fen)
        (answer,) = payee.receive(request_id, payment, now_s=NOW)
        assert answer.kind is kind
    assert Refusal.parse(answer.body).reason is RefusalReason.FORKED
    (evidence,) = payee.purse.evidence.values()
    found = verify_evidence(evidence, root=world.keys["root"].public)
    assert (found.coin_id, found.culprit) == (crafted.coin.coin_id, crafted.thief.key.public)


def test_a_wallet_that_holds_such_a_coin_takes_what_comes_back_to_it(world: World) -> None:
    """What comes back is taken out of all coins that descend from it: each coin's chain is looked at."""
    crafted, payee, never = Crafted(world), world.wallet([50]), world.wallet()
    world.submit(pay(payee, never, 50).payment.body)
    request_id, payment = crafted.payment(payee)
    payee.receive(request_id, payment, now_s=NOW)
    world.return_due(now_s=NOW + 4 * DAY_S)
    (notice,) = world.tell_returns(payee)
    assert (notice.value_fen, payee.purse.balance_fen) == (50, 70)
    assert world.restart(payee).purse.balance_fen == 70


def test_evidence_of_a_refusal_names_the_coin_that_was_split_into_the_refused_one(world: World) -> None:
    payer, payee = world.wallet([100]), world.wallet(tier=0)
    paid = pay(payer, payee, 30)
    world.submit(as_upload(paid.payment.body, refuse(payee, paid)))
    assert world.hand_in(payee).outcomes[-1] is Outcome.FORKED
    (case,) = world.cases()
    assert verify_evidence(case.evidence, root=world.keys["root"].public).refusal is not None


def counting(counts: list[bytes]) -> Callable[[bytes], Transfer]:
    """`Transfer.parse`, which notes what it reads."""
    parse = Transfer.parse

    def noted(data: bytes) -> Transfer:
        counts.append(data)
        return parse(data)

    return noted


def test_many_coins_that_two_transfers_fork_are_many_cases_and_each_transfer_is_read_once(
    world: World,
) -> None:
    """Else a thief with ten thousand coins of 1 fen would keep the centre busy for an hour."""
    thief = world.wallet([1] * 20)
    world.load(thief, [1] * (MANY - 20))
    coins = coins_of(thief)
    spends = [(coin, 1) for coin in coins]
    first, second = (
        sign_away(thief, spends, payee=world.wallet().key.public, request_id=sha256(name))
        for name in (b"one", b"two")
    )
    world.submit(bundle(coins, first))
    read: list[bytes] = []
    with patch.multiple(Transfer, parse=counting(read)):
        assert world.submit(bundle(coins, second)).outcomes == (Outcome.FORKED,) * MANY
    assert len(read) < MANY
    read.clear()
    with patch.multiple(Transfer, parse=counting(read)):
        found = world.cases()
    assert len(read) < MANY
    assert {case.coin_id for case in found} == {coin.coin_id for coin in coins}
    assert {case.culprit for case in found} == {thief.key.public}
