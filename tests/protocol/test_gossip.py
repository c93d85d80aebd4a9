"""What two devices tell each other beside a payment: revocation lists (F22), and forks that they see."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuangli.errors import Malformed, OutOfTurn, ProtocolError, Unverified
from shuangli.issuer.losses.policy import LossPolicy, LossRule
from shuangli.messages.bundle import Bundle
from shuangli.messages.notices import Acknowledgement, RevocationList
from shuangli.messages.session import Refusal, RefusalReason
from shuangli.messages.transfers import PAYEE_OUTPUT, output_coin_id
from shuangli.offline.evidence import Evidence, verify_evidence
from shuangli.offline.gossip import MAX_GOSSIP_BYTES, hear, list_number
from shuangli.offline.merging import leading_to
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from shuangli.wallet import handing_in
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, outputs_of, sign_away
from tests.paying import coins_of, pay
from tests.setting import NOW, TRANSFERABLE
from tests.world import World

# --- lists --------------------------------------------------------------------------------------


def newer_list(world: World, *, number: int = 5, revoked: tuple[bytes, ...] = ()) -> bytes:
    return RevocationList.sign(
        world.keys["centre"], number=number, issued_at_s=NOW, wallets=revoked, operators=(), epochs=()
    ).signed.data


def gossip(payer: Wallet, payee: Wallet, request_id: bytes) -> list[Kind]:
    """Let two devices compare their lists after a payment; returns what went over the link."""
    said = [list_number(payer.trust)]
    (told,) = payee.receive(request_id, said[0], now_s=NOW)
    said.append(told)
    for message in payer.receive(request_id, told, now_s=NOW):
        said.append(message)
        assert payee.receive(request_id, message, now_s=NOW) == ()
    return [message.kind for message in said]


def number_of(wallet: Wallet) -> int:
    assert wallet.trust.revocations is not None
    return wallet.trust.revocations.number


def test_f22_the_payees_newer_list_reaches_the_payer(world: World) -> None:
    payer, payee = world.wallet([10]), world.wallet(tier=0)
    payee.update_revocations(newer_list(world))
    paid = pay(payer, payee, 10)
    assert gossip(payer, payee, paid.request_id) == [Kind.LIST_NUMBER, Kind.LIST]
    assert number_of(payer) == number_of(payee) == 5


def test_f22_the_payers_newer_list_reaches_the_payee(world: World) -> None:
    payer, payee = world.wallet([10]), world.wallet(tier=0)
    payer.update_revocations(newer_list(world))
    paid = pay(payer, payee, 10)
    assert gossip(payer, payee, paid.request_id) == [Kind.LIST_NUMBER, Kind.LIST_NUMBER, Kind.LIST]
    assert number_of(payer) == number_of(payee) == 5


def test_equal_lists_stay_where_they_are(world: World) -> None:
    payer, payee = world.wallet([10]), world.wallet(tier=0)
    paid = pay(payer, payee, 10)
    assert gossip(payer, payee, paid.request_id) == [Kind.LIST_NUMBER, Kind.LIST_NUMBER]


def test_f22_what_was_heard_is_used_and_survives_a_restart(world: World) -> None:
    rogue, payer, payee = world.wallet([10]), world.wallet([10]), world.wallet(tier=0)
    payer.update_revocations(newer_list(world, revoked=(rogue.key.public,)))
    gossip(payer, payee, pay(payer, payee, 10).request_id)
    again = world.restart(payee)
    assert number_of(again) == 5
    assert Refusal.parse(pay(rogue, again, 10).answer.body).reason is RefusalReason.REVOKED
    again.compact()
    assert number_of(world.restart(again)) == 5


def test_a_list_that_no_centre_signed_is_not_taken(world: World) -> None:
    payer, payee = world.wallet([10]), world.wallet(tier=0)
    paid = pay(payer, payee, 10)
    false = RevocationList.sign(
        world.key("stranger"), number=9, issued_at_s=NOW, wallets=(), operators=(), epochs=()
    )
    with pytest.raises(Unverified):
        payer.receive(paid.request_id, Message(Kind.LIST, false.signed.data), now_s=NOW)
    assert number_of(payer) == 0


def test_a_long_list_is_left_to_the_operators(world: World) -> None:
    payer, payee = world.wallet([10]), world.wallet(tier=0)
    keys = tuple(world.key(f"revoked/{i}").public for i in range(2_000))
    keys += tuple(bytes([7]) * 28 + i.to_bytes(4, "big") for i in range(8_000))
    long = newer_list(world, revoked=keys)
    assert len(long) > MAX_GOSSIP_BYTES
    payee.update_revocations(long)
    paid = pay(payer, payee, 10)
    assert gossip(payer, payee, paid.request_id) == [Kind.LIST_NUMBER, Kind.LIST_NUMBER]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from([Kind.LIST_NUMBER, Kind.LIST]), body=st.binary(max_size=40))
def test_any_bytes_are_heard_or_refused(world: World, kind: Kind, body: bytes) -> None:
    trust = world.trust()
    before = trust.revocations
    with suppress(ProtocolError):
        heard = hear(Message(kind, body), trust=trust, as_payee=True)
        trust.update_revocations(heard.revocations)
    assert trust.revocations is before


def test_a_number_is_a_number(world: World) -> None:
    trust = world.wallet().trust
    for body in (b"\x20", b"\x60", b"\x00\x00", b""):
        with pytest.raises(Malformed):
            hear(Message(Kind.LIST_NUMBER, body), trust=trust, as_payee=True)
    with pytest.raises(OutOfTurn):
        hear(Message(Kind.RECEIPT, b"\x00"), trust=trust, as_payee=True)


# --- forks --------------------------------------------------------------------------------------


def cheated(world: World) -> tuple[Wallet, Wallet, bytes, Refusal]:
    """A copied wallet pays one payee from both copies: (culprit, payee, its evidence, its refusal)."""
    rogue, payee = world.wallet([20]), world.wallet()
    copy = world.clone(rogue)
    pay(rogue, payee, 7)
    second = pay(copy, payee, 19)
    (evidence,) = payee.purse.evidence.values()
    return copy, payee, evidence, Refusal.parse(second.answer.body)


def hand_all_in(world: World, wallet: Wallet) -> list[Acknowledgement]:
    """Hand in until there is nothing more to say."""
    answers = []
    while wallet.hand_in(now_s=NOW) is not None:
        answers.append(world.hand_in(wallet))
    return answers


def test_f01_a_payee_that_sees_both_branches_keeps_the_evidence(hops: World) -> None:
    rogue, payee, evidence, refusal = cheated(hops)
    assert refusal.reason is RefusalReason.FORKED
    fork = verify_evidence(evidence, root=hops.keys["root"].public)
    assert fork.culprit == rogue.key.public
    assert payee.purse.balance_fen == 7


def test_f01_the_culprit_is_not_trusted_any_more_before_any_list_names_it(hops: World) -> None:
    rogue, payee, _, _ = cheated(hops)
    rogue.purse.coins.clear()
    hops.load(rogue, [5, 5])
    assert Refusal.parse(pay(rogue, payee, 5).answer.body).reason is RefusalReason.REVOKED
    again = hops.restart(payee)
    assert Refusal.parse(pay(rogue, again, 5).answer.body).reason is RefusalReason.REVOKED


def test_f01_both_branches_are_handed_in_and_make_a_case(hops: World) -> None:
    """The refused payment is shown to the centre; nobody is paid for it."""
    rogue, payee, evidence, _ = cheated(hops)
    assert [answer.credited_fen for answer in hand_all_in(hops, payee)] == [7]
    (case,) = hops.cases()
    assert case.culprit == rogue.key.public
    assert {*Evidence.decode(case.evidence).transfers} == {*Evidence.decode(evidence).transfers}
    hops.check_books()


@pytest.mark.parametrize("shared", [False, True], ids=["from the load on", "below a shared payment"])
def test_f01_nobody_loses_by_telling_of_a_double_spend(tmp_path: Path, shared: bool) -> None:
    """The branch that the payee holds is known first, so it is paid where only the first claim is."""
    policy = LossPolicy(cap_per_person_fen=0, rule=LossRule.FIRST_CLAIM_ONLY)
    world = World(tmp_path, terms=TRANSFERABLE, policy=policy)
    rogue, payee, shop = world.wallet([20, 30]), world.wallet(), world.wallet()
    for amount_fen in (3, 5, 5) if shared else ():
        pay(rogue, shop, amount_fen)
    held_fen, forked_fen = rogue.purse.balance_fen, max(coin.value_fen for coin in coins_of(rogue))
    copy = world.clone(rogue)
    pay(rogue, payee, held_fen)
    assert Refusal.parse(pay(copy, payee, forked_fen).answer.body).reason is RefusalReason.FORKED
    hand_all_in(world, payee)
    assert (world.deposit_fen(payee), len(world.cases())) == (held_fen, 1)
    world.close()


def test_f01_a_thief_cannot_keep_a_payee_from_handing_in_by_what_else_it_shows(hops: World) -> None:
    """An upload is paid to one wallet: with the thief's own redemption in it, no operator would take it."""
    rogue, payee = hops.wallet([20, 9]), hops.wallet()
    copy = hops.clone(rogue)
    pay(rogue, payee, 20)
    request = payee.request(20, now_s=NOW)
    (payment,) = copy.receive(request_id_of(request), request, now_s=NOW)
    (left,) = copy.purse.coins.values()
    honest = Bundle.decode(payment.body)
    redemption = sign_away(copy, [(left, 9)]).signed.data
    loaded = Bundle(loads=honest.loads, transfers=(redemption, *honest.transfers))
    (answer,) = payee.receive(request_id_of(request), Message(Kind.PAYMENT, loaded.encode()), now_s=NOW)
    assert Refusal.parse(answer.body).reason is RefusalReason.FORKED
    assert [answer.credited_fen for answer in hand_all_in(hops, payee)] == [20]
    assert hops.fact(left.coin_id) is None, "what the thief has redeemed besides is its own affair"
    assert len(hops.cases()) == 1


def test_nothing_is_handed_on_that_builds_on_a_redemption(hops: World) -> None:
    """Nobody spends what has been redeemed, whatever a transfer further up the chain says that it spends."""
    rogue, other, payee = hops.wallet([20, 9]), hops.wallet(), hops.wallet()
    coin, left = coins_of(rogue)
    redemption = sign_away(rogue, [(left, 9)])
    made_up = coin._replace(coin_id=output_coin_id(redemption.signed.id, left.coin_id, PAYEE_OUTPUT))
    passed = sign_away(rogue, [(coin, 20), (made_up, 20)], payee=other.key.public, request_id=bytes([1] * 32))
    paid = sign_away(
        other, [(outputs_of(passed, coin)[0], 20)], payee=payee.key.public, request_id=bytes([2] * 32)
    )
    shown = Bundle.decode(bundle([coin, left], redemption, passed, paid))
    assert leading_to([paid.signed.id], shown).transfers == (passed.signed.data, paid.signed.data)


def test_forks_that_find_no_room_in_one_upload_go_into_the_next(
    hops: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    payee = hops.wallet()
    for rogue in (hops.wallet([20]), hops.wallet([20]), hops.wallet([20])):
        copy = hops.clone(rogue)
        pay(rogue, payee, 20)
        pay(copy, payee, 19)
    monkeypatch.setattr(handing_in, "MAX_UPLOAD_BYTES", 2_400)
    reported = []
    while payee.hand_in(now_s=NOW) is not None:
        (upload,) = payee.purse.uploads.values()
        reported.append(len(upload.forked))
        hops.hand_in(payee)
    assert reported == [2, 1]
    assert len(hops.cases()) == 3
    assert not payee.purse.to_report


def test_f01_a_fork_deep_in_the_chain_is_seen_too(hops: World) -> None:
    rogue, first, second, payee = hops.wallet([20]), hops.wallet(), hops.wallet(), hops.wallet()
    copy = hops.clone(rogue)
    pay(rogue, first, 20)
    pay(copy, second, 20)
    pay(first, payee, 20)
    honest = pay(second, payee, 20)
    assert Refusal.parse(honest.answer.body).reason is RefusalReason.FORKED
    (evidence,) = payee.purse.evidence.values()
    assert verify_evidence(evidence, root=hops.keys["root"].public).culprit == rogue.key.public


def test_f03_the_same_payment_again_is_no_fork(hops: World) -> None:
    payer, payee = hops.wallet([20]), hops.wallet()
    paid = pay(payer, payee, 7)
    assert payee.receive(paid.request_id, paid.payment, now_s=NOW) == (paid.answer,)
    pay(payer, payee, 5)
    assert not payee.purse.evidence
    assert request_id_of(paid.request) not in payee.purse.to_report
