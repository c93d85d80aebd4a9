"""F44 as far as links go: who records a whole session can spend nothing with it; what it shows is stated."""

from typing import Final

import pytest

from shuangli.crypto import SigningKey, sha256
from shuangli.errors import ProtocolError, Refused, ShuangliError
from shuangli.messages.bundle import Bundle
from shuangli.messages.transfers import Spend, Transfer
from shuangli.offline.links.frames import FrameReader, encode_frame
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from shuangli.wallet.wallet import Wallet
from tests.links.support import PRICE_FEN, Parties, one_payment_and_the_books_balance, parties
from tests.paying import signing_key
from tests.setting import NOW
from tests.world import World

RECORDED: Final = 3


def recorded(both: Parties) -> bytes:
    """The bytes of a whole session, as they go over a socket."""
    payer, payee, request_id = both
    (payment,) = payer.receive(request_id, both.request, now_s=NOW)
    (receipt,) = payee.receive(request_id, payment, now_s=NOW)
    payer.receive(request_id, receipt, now_s=NOW)
    return b"".join(map(encode_frame, (both.request, payment, receipt)))


def messages_in(stream: bytes) -> list[Message]:
    reader = FrameReader()
    reader.feed(stream)
    found = []
    while (message := reader.next_message()) is not None:
        found.append(message)
    return found


def test_f44_no_private_key_is_in_a_recorded_session(world: World) -> None:
    both = parties(world)
    stream = recorded(both)
    # The private halves, derived from the world's seed as it derives them.
    seeds = [sha256(f"1/wallet/{number}".encode()) for number in range(2)]
    assert [SigningKey(seed).public for seed in seeds] == [both.payer.key.public, both.payee.key.public]
    assert all(wallet.key.public in stream for wallet in both[:2])
    assert not any(seed in stream for seed in seeds)


def test_f44_a_recorded_session_replayed_anywhere_moves_nothing(world: World) -> None:
    both = parties(world)
    stranger = world.wallet([1_000])
    told = messages_in(recorded(both))
    assert len(told) == RECORDED
    new_request = request_id_of(both.payee.request(PRICE_FEN, now_s=NOW))
    before = [wallet.purse.balance_fen for wallet in (*both[:2], stranger)]
    for wallet in (*both[:2], stranger):
        for request_id in (both.request_id, new_request):
            for message in told:
                if wallet is not stranger or message.kind is not Kind.REQUEST:
                    replay(wallet, request_id, message)
    assert [wallet.purse.balance_fen for wallet in (*both[:2], stranger)] == before
    with pytest.raises(ShuangliError):
        stranger.receive(new_request, both.request, now_s=NOW)


def replay(wallet: Wallet, request_id: bytes, message: Message) -> None:
    try:
        wallet.receive(request_id, message, now_s=NOW)
    except (ProtocolError, Refused):
        return


def test_f44_the_coins_of_a_recorded_payment_are_spent_by_nobody_else(world: World) -> None:
    """The listener has a certified wallet of its own, and signs the coin that it saw over to itself."""
    both = parties(world)
    _, payment, _ = messages_in(recorded(both))
    seen = Bundle.decode(payment.body)
    spent = Transfer.parse(seen.transfers[-1])
    listener, victim = world.wallet(), world.wallet(tier=0)
    request = victim.request(PRICE_FEN, now_s=NOW)
    theft = Transfer.sign(
        signing_key(listener),
        request_id=request_id_of(request),
        certificate=listener.certificate,
        signed_at_s=NOW,
        claim_by_s=spent.claim_by_s,
        payee=victim.key.public,
        spends=[Spend(spend.coin_id, spend.pay_fen, spend.change_fen) for spend in spent.spends],
    )
    stolen = Bundle(loads=seen.loads, transfers=(*seen.transfers[:-1], theft.signed.data)).encode()
    with pytest.raises(ProtocolError) as refused:
        victim.receive(request_id_of(request), Message(Kind.PAYMENT, stolen), now_s=NOW)
    assert refused.value.code == "not-owner"
    one_payment_and_the_books_balance(world, both)
