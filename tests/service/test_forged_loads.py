"""A load with a wrong signature: to the centre, which knows what it has minted, it is the load all the same.

The operator has no mint log. It would not see whose the coins are that the centre has it paid for.
"""

import pytest

from shuangli.errors import Unverified
from shuangli.issuer.reading import Reader, Vouched
from shuangli.messages.bundle import Bundle
from shuangli.messages.hand_in import HandIn
from shuangli.operator.accounts import UNKNOWN_OWNERS
from shuangli.operator.shown import Shown, footing_here
from tests.paying import pay
from tests.service.banks import Banks
from tests.setting import NOW


def with_a_wrong_signature(upload: bytes) -> Bundle:
    """What an upload shows, its loads with other signatures."""
    shown = HandIn.decode(upload).bundle
    return Bundle(
        loads=tuple(load[:-1] + bytes([load[-1] ^ 1]) for load in shown.loads), transfers=shown.transfers
    )


def uploads(banks: Banks, *amounts_fen: int) -> list[bytes]:
    """Redemptions of companies of OP01, each of what somebody has paid to it."""
    found = []
    for amount_fen in amounts_fen:
        payee = banks.world.wallet(operator="OP01", tier=0)
        pay(banks.world.wallet((amount_fen,), operator="OP01", tier=0), payee, amount_fen)
        upload = payee.hand_in(now_s=NOW)
        assert upload is not None
        found.append(upload)
    return found


@pytest.mark.parametrize("knows_all", [True, False])
def test_f31_nothing_of_an_upload_with_such_a_load_is_kept(banks: Banks, knows_all: bool) -> None:
    (upload,) = uploads(banks, 300)
    if not knows_all:
        banks.start_without_the_other()
    desk = banks.desks.at["OP01"]
    with pytest.raises(Unverified) as refused:
        desk.reconcile(HandIn(bundle=with_a_wrong_signature(upload)).encode())
    assert refused.value.code == "signature"
    assert not desk.has_backlog()
    assert banks.world.supply().redeemed_fen == 0
    desk.reconcile(upload)
    assert banks.world.banks["OP01"].store.ledger.balance_fen(UNKNOWN_OWNERS) == 0
    banks.net()
    banks.check_settled()


def test_nobody_is_paid_for_what_another_wallet_redeems(banks: Banks) -> None:
    """A thief has got hold of an upload, and adds a coin of its own, the only one that is to be seen then."""
    stolen, own = uploads(banks, 300, 1)
    mixed = Bundle.join([with_a_wrong_signature(stolen), HandIn.decode(own).bundle])
    desk = banks.desks.at["OP01"]
    with pytest.raises(Unverified):
        desk.reconcile(HandIn(bundle=mixed).encode())
    assert banks.world.supply().redeemed_fen == 0


def test_a_reader_that_takes_loads_for_minted_vouches_for_none_of_it(banks: Banks) -> None:
    (upload,) = uploads(banks, 300)
    forged = HandIn(bundle=with_a_wrong_signature(upload)).encode()
    trust = banks.world.banks["OP01"].trust
    footing = footing_here(trust)
    vouched = Vouched(footing, Reader(footing).read("OP01", forged))
    assert vouched.reading.proven is not None
    with pytest.raises(Unverified):
        _ = Shown(forged, trust, vouched).creditor
