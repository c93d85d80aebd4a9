"""F43 on a stream: the payer's device bounds the time from the connection to the request."""

import pytest

from shuangli.errors import Refused
from shuangli.messages.session import PaymentRequest
from shuangli.offline.links.haste import Haste
from shuangli.offline.links.memory import Duplex, MemoryLink
from shuangli.offline.states import Message
from shuangli.wallet.session import Consent, PayerSide
from tests.links.support import Parties, agree, now_s, parties
from tests.world import World


class SlowLink(Duplex):
    """An end of a link at which everything arrives so many seconds after it was asked for."""

    def __init__(self, both: Parties, *, delay_s: float) -> None:
        inbound = MemoryLink()
        inbound.send(both.request)
        super().__init__(outbound=MemoryLink(), inbound=inbound)
        self.delay_s = delay_s
        self.at_s = 100.0

    def receive(self) -> Message | None:
        self.at_s += self.delay_s
        return super().receive()


def side(both: Parties, link: SlowLink, asked: list[PaymentRequest]) -> PayerSide:
    def confirm(request: PaymentRequest, needs_pin: bool) -> Consent:
        asked.append(request)
        return agree(request, needs_pin)

    haste = Haste(most_s=0.5, monotonic_s=lambda: link.at_s)
    return PayerSide(both.payer, confirm=confirm, now_s=now_s, haste=haste)


def test_f43_a_slow_request_is_refused_before_the_person_is_asked(world: World) -> None:
    both = parties(world)
    link, asked = SlowLink(both, delay_s=0.6), list[PaymentRequest]()
    with pytest.raises(Refused) as refused:
        side(both, link, asked).run(link)
    assert (refused.value.code, asked, both.payer.purse.paying) == ("too-slow", [], {})


def test_f43_the_person_sees_whom_the_request_names(world: World) -> None:
    both = parties(world)
    link, asked = SlowLink(both, delay_s=0.4), list[PaymentRequest]()
    side(both, link, asked).run(link)
    assert [request.payee for request in asked] == [both.payee.key.public]
    assert both.request_id in both.payer.purse.paying


def test_what_is_signed_is_sent_again_however_slow_the_link(world: World) -> None:
    """A resend signs nothing new: the bound would only keep the payee from what it is owed."""
    both = parties(world)
    (payment,) = both.payer.receive(both.request_id, both.request, now_s=now_s())
    link, asked = SlowLink(both, delay_s=60), list[PaymentRequest]()
    side(both, link, asked).run(link)
    assert asked == []
    assert both.payee.receive(both.request_id, payment, now_s=now_s())
