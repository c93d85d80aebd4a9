"""Orders, answers and outcomes of payments online that are false: neither operator believes one."""

from typing import Any

import pytest

from shuangli.errors import Malformed, Refused, ShuangliError, Unverified
from shuangli.issuer.remittances.messages import Remittance, RemittanceAnswer, Verdict
from shuangli.issuer.remittances.store import Outcome, Waiting
from shuangli.issuer.service.remittance_messages import (
    decode_outcomes,
    decode_waiting,
    encode_outcomes,
    encode_waiting,
)
from tests.service.banks import Banks
from tests.setting import NETWORK, NOW


@pytest.mark.parametrize(
    ("signer", "about", "verdict"),
    [("OP01", None, Verdict.PAID), ("OP02", bytes(32), Verdict.PAID), ("OP02", None, Verdict.FROZEN)],
    ids=["another signer", "another order", "a refusal"],
)
def test_the_payers_operator_believes_no_outcome_that_the_other_has_not_signed(
    banks: Banks, signer: str, about: bytes | None, verdict: Verdict
) -> None:
    sent = banks.send(700)
    forged = RemittanceAnswer.sign(
        banks.world.keys[signer],
        network=NETWORK,
        operator="OP02",
        order_id=about or sent.order.signed.id,
        verdict=verdict,
        answered_at_s=NOW,
    ).signed.data
    line: Any = banks.desks.lines["OP01"]
    line.remittance_outcomes = lambda *_, **__: [Outcome(1, sent.order.signed.id, Verdict.PAID, forged)]
    with pytest.raises(Unverified):
        banks.exchange("OP01")
    assert banks.kept(sent).verdict is None


def test_the_payees_operator_credits_nothing_that_it_has_refused(banks: Banks) -> None:
    sent = banks.send(700, payee=banks.freeze_bob())
    banks.exchange("OP01")
    line: Any = banks.desks.lines["OP02"]
    line.remittance_outcomes = lambda *_, **__: [Outcome(1, sent.order.signed.id, Verdict.PAID, b"")]
    with pytest.raises(Unverified, match="refused here"):
        banks.exchange("OP02")
    assert banks.holds_fen("OP02", banks.bob) == 0


def test_an_operator_answers_no_order_that_the_other_has_not_signed(banks: Banks) -> None:
    genuine = banks.send(700).order
    fields = {name: getattr(genuine, name) for name in Remittance.__dataclass_fields__ if name != "signed"}
    forged = Remittance.sign(banks.world.keys["OP02"], **fields | {"amount_fen": 70_000}).signed.data
    line: Any = banks.desks.lines["OP02"]
    pages = [[Waiting(1, forged)], []]
    line.remittances_to = lambda *_, **__: pages.pop(0)
    banks.exchange("OP02")
    assert banks.desks.at["OP02"].remittances.kept.last_number() == 0
    with pytest.raises(Unverified):
        banks.desks.issuer.remit(forged, operator="OP01", now_s=NOW)


def test_an_operator_answers_only_orders_to_itself(banks: Banks) -> None:
    sent = banks.send(700)
    banks.exchange("OP01")
    for order_id in (sent.order.signed.id, bytes(32)):
        answer = RemittanceAnswer.sign(
            banks.world.keys["OP01"],
            network=NETWORK,
            operator="OP01",
            order_id=order_id,
            verdict=Verdict.PAID,
            answered_at_s=NOW,
        ).signed.data
        with pytest.raises(Refused) as refused:
            banks.desks.issuer.answer_remittance(answer, operator="OP01", now_s=NOW)
        assert refused.value.code == "not-found"


def test_what_travels_is_read_strictly() -> None:
    waiting, outcome = Waiting(3, b"order"), Outcome(4, bytes(32), Verdict.FROZEN, b"")
    assert decode_waiting(encode_waiting([waiting])) == [waiting]
    assert decode_outcomes(encode_outcomes([outcome])) == [outcome]
    for damaged in (
        lambda: decode_waiting(encode_waiting([waiting, waiting])),
        lambda: decode_outcomes(encode_waiting([waiting])),
        lambda: decode_waiting(encode_waiting([Waiting(0, b"order")])),
        lambda: decode_waiting(b"\x81\x82\x01\x02"),
    ):
        with pytest.raises(ShuangliError) as fault:
            damaged()
        assert isinstance(fault.value, Malformed)
