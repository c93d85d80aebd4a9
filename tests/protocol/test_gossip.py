"""What two devices tell each other beside a payment: revocation lists (F22), and forks that they see."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuangli.errors import Malformed, OutOfTurn, ProtocolError, Unverified
from shuangli.messages.notices import RevocationList
from shuangli.messages.session import Refusal, RefusalReason
from shuangli.offline.evidence import Evidence, verify_evidence
from shuangli.offline.gossip import MAX_GOSSIP_BYTES, hear, list_number
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from shuangli.wallet import handing_in
from shuangli.wallet.wallet import Wallet
from tests.world import NOW, World, pay

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
    acknowledged = hops.hand_in(payee)
    assert acknowledged.credited_fen == 7
    (case,) = hops.cases()
    assert case.culprit == rogue.key.public
    assert {*Evidence.decode(case.evidence).transfers} == {*Evidence.decode(evidence).transfers}
    assert payee.hand_in(now_s=NOW) is None
    hops.check_books()


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
