"""Seeded bugs in the registration centre: see `tests.protocol.mutations`."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from shuangli.issuer import centre, settlement
from shuangli.issuer.batch import Batch
from shuangli.issuer.centre import RegistrationCentre
from shuangli.issuer.facts import Fact, ObjectKind, Settlement, Spending, coin_key, dated_key
from shuangli.issuer.settlement import _Settling
from shuangli.messages.notices import Outcome
from shuangli.messages.transfers import CENTRE, Transfer
from shuangli.offline.chain import Coin, Step, Walk
from tests.protocol.mutated_sessions import both

Patch = AbstractContextManager[Any]


def second_depositor_accused() -> Patch:
    """Who hands in the further branch is named in its case."""
    run = _Settling.run

    def accuse(settling: _Settling, seen: Walk, refusals: Any) -> Settlement:
        settled = run(settling, seen, refusals)
        for step in seen.steps:
            if step.transfer is not None and step.transfer.payee == CENTRE:
                culprit = step.transfer.payer
                settled.cases = [case._replace(culprit=culprit) for case in settled.cases]
        return settled

    return patch.object(_Settling, "run", accuse)


def first_depositor_accused() -> Patch:
    """Who was paid by the branch that was handed in first is named in the case."""
    open_cases = RegistrationCentre._open_cases

    def accuse(centre: RegistrationCentre, settled: Settlement, batch: Batch, **rest: Any) -> None:
        cases = []
        for case in settled.cases:
            fact = batch.facts([case.coin_key])[case.coin_key]
            data = batch.object(fact.number) or centre._store.object(fact.number)
            payee = Transfer.parse(data).payee
            cases.append(case if payee == CENTRE else case._replace(culprit=payee))
        open_cases(centre, replace(settled, cases=cases), batch, **rest)

    return patch.object(RegistrationCentre, "_open_cases", accuse)


def repeat_taken_for_a_fork() -> Patch:
    """A coin's fact that is handed in again counts as another spend of it."""
    record_first = _Settling._record_first

    def record(settling: _Settling, spend: Spending, known: Fact | None) -> Outcome:
        if known is None:
            return record_first(settling, spend, None)
        return settling._record_further(spend, known)

    return patch.object(_Settling, "_record_first", record)


def _known_facts(settling: _Settling, key: bytes) -> dict[bytes, Fact]:
    """What is known of a coin that the hand-in does not show: a batch has not looked it up."""
    known = settling._known
    found = known.facts([key])
    return found or (known._known.facts([key]) if isinstance(known, Batch) else {})


def facts_by_wallet() -> Patch:
    """What was spent is noted by its owner's key."""
    record = _Settling._record

    def record_by_owner(settling: _Settling, spend: Spending) -> Outcome:
        coin = spend.coin._replace(coin_id=spend.coin.owner, since_s=0)
        for key, fact in _known_facts(settling, coin_key(coin)).items():
            settling._facts.setdefault(key, fact)
        return record(settling, spend._replace(coin=coin, coin_key=coin_key(coin)))

    return patch.object(_Settling, "_record", record_by_owner)


def fact_for_an_unproven_coin() -> Patch:
    """A coin counts as spent by any transfer that names it, shown or not (F48)."""
    judge = _Settling._transfer

    def transfer(settling: _Settling, step: Step, key: bytes, position: int) -> Outcome:
        if step.transfer is not None and step.spend is not None and step.coin is None:
            _note_spent(settling, step.transfer, step.spend.coin_id)
        return judge(settling, step, key, position)

    return both(
        patch.object(_Settling, "_transfer", transfer),
        patch.object(settlement, "coin_key", _undated),
        patch.object(centre, "coin_key", _undated),
    )


def _undated(coin: Coin) -> bytes:
    """The key of a coin whose parent nobody has shown."""
    return dated_key(0, coin.coin_id)


def _note_spent(settling: _Settling, transfer: Transfer, coin_id: bytes) -> None:
    nothing: Any = None
    signed = transfer.signed
    key = dated_key(0, coin_id)
    if not _known_facts(settling, key) and key not in settling._facts:
        spend = Spending(ObjectKind.TRANSFER, signed, signed.id, nothing, key, nothing, 0, (), None, "")
        settling._set_fact(key, Fact(settling._number(spend), signed.id, 0))


def fork_paid_from_circulation() -> Patch:
    """What lies on a fork is paid for as if it were in the supply."""
    carry_out = _Settling._carry_out

    def carry_out_all(settling: _Settling, spend: Spending, forked: bool) -> None:
        carry_out(settling, spend, forked and spend.creditor is None)

    return patch.object(_Settling, "_carry_out", carry_out_all)


def refund_without_a_fact() -> Patch:
    """What is given back for a refusal is not noted as spent."""
    set_fact = _Settling._set_fact

    def set_most(settling: _Settling, key: bytes, fact: Fact) -> None:
        if fact.object_id:
            set_fact(settling, key, fact)

    return patch.object(_Settling, "_set_fact", set_most)
