"""An operator in a simulation: the bank as it is, answering asks while many of them wait for the issuer.

Asks come in batches. `begin` starts a flow for each ask of a batch and returns their questions to the
issuer; `resume` takes the replies. The next batch may begin before the replies of the last one are
there, so operator and issuer work at the same time, in an order that depends on the batches only.
"""

from collections import Counter, deque
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from shuangli import codec
from shuangli.crypto import KEY_BYTES, sha256
from shuangli.errors import Refused
from shuangli.messages.conditions import Condition
from shuangli.operator.accounts import VAULT
from shuangli.operator.bank import Bank
from shuangli.operator.exchange.rate import Rate
from shuangli.operator.flow import Flow, Question
from shuangli.sims.banks import Inbox
from shuangli.sims.duties import read_returns
from shuangli.sims.office import TRADES, Exchanged, Office
from shuangli.sims.uplink import Answer, Ask, AskKind, Reply


class BranchReport(NamedTuple):
    """What an operator's books and counters say at the end; `refused` counts asks by code."""

    name: str
    vault_fen: int
    refused: dict[str, int]
    signatures_made: int
    signatures_checked: int
    exchanged: Exchanged | None = None


class Branch:
    """One operator's asks under way."""

    def __init__(self, bank: Bank, inbox: Inbox, rate: Rate | None = None) -> None:
        """Answer for `bank`, which sells its currency at a rate, or exchanges nothing.

        What has gone back to its wallets is put into its `inbox`.
        """
        self._bank = bank
        self._inbox = inbox
        self._office = Office(bank, rate)
        self._waiting: deque[list[tuple[int, Flow]]] = deque()
        self._answers: list[Answer] = []
        self._refused: Counter[str] = Counter()

    def restart(self, bank: Bank) -> None:
        """Go on with a bank that was made anew on its database: what was under way is gone."""
        self._bank = bank
        self._office.restart(bank)
        self._waiting.clear()
        self._answers.clear()

    def transaction(self) -> AbstractContextManager[None]:
        """All answers of a window are kept, or none."""
        return self._bank.store.transaction()

    def revoke(self, revocations: bytes) -> None:
        """Take over the centre's newest revocation list."""
        self._bank.trust.update_revocations(revocations)

    def begin(self, asks: Sequence[Ask]) -> list[Question]:
        """Start on a batch of asks; returns what they ask of the issuer."""
        questions: list[Question] = []
        waiting: list[tuple[int, Flow]] = []
        for ask in asks:
            place = len(self._answers)
            self._answers.append(Answer(ask.device, ask.kind, b"", about=_about(ask), hand=ask.hand))
            try:
                flow = self._start(ask, place)
                if flow is not None:
                    questions.append(next(flow))
                    waiting.append((place, flow))
            except StopIteration as done:
                self._settle(place, done.value)
            except Refused as refusal:
                self._refused[refusal.code] += 1
        self._waiting.append(waiting)
        return questions

    def _start(self, ask: Ask, place: int) -> Flow | None:
        """Do what needs no issuer at once; the flow of what does."""
        bank = self._bank
        if ask.kind is AskKind.WAGE:
            bank.pay(ask.key, ask.data, ask.amount_fen, now_s=ask.at_s)
            return None
        if ask.kind is AskKind.GIVE:
            receiver, condition = ask.data[:KEY_BYTES], Condition.read(codec.decode(ask.data[KEY_BYTES:]))
            bank.grants.give(ask.key, receiver, condition, ask.amount_fen, now_s=ask.at_s)
            return None
        if ask.kind is AskKind.KEEP:
            bank.keep(ask.data, now_s=ask.at_s)
            return None
        if ask.kind is AskKind.DUTY:
            self._inbox.returns = read_returns(ask.data)
            bank.take_returns(now_s=ask.at_s)
            self._settle(place, bank.watermark(now_s=ask.at_s))
            return None
        if ask.kind is AskKind.LOST:
            bank.close_wallet(ask.key, now_s=ask.at_s)
            self._settle(place, bank.store.enrolment(ask.key))
            return None
        if ask.kind in TRADES:
            self._settle(place, self._office.answer(ask))
            return None
        if ask.kind is AskKind.SYNC:
            return bank.reconcile_flow(ask.data, now_s=ask.at_s) if ask.data else None
        if ask.kind is AskKind.OPEN:
            self._settle(place, bank.open_wallet(ask.data, now_s=ask.at_s))
        if ask.amount_fen:
            bank.deposit(ask.key, ask.amount_fen, now_s=ask.at_s)
        return bank.load_flow(ask.data, now_s=ask.at_s) if ask.kind is AskKind.LOAD else None

    def resume(self, replies: Sequence[Reply]) -> None:
        """Take the issuer's replies to the questions of the oldest batch that waits for them."""
        for (place, flow), reply in zip(self._waiting.popleft(), replies, strict=True):
            try:
                if reply.refusal:
                    flow.throw(Refused(reply.refusal))
                else:
                    flow.send(reply.answer)
            except StopIteration as done:
                self._settle(place, done.value)
            except Refused as refusal:
                self._refused[refusal.code] += 1

    def _settle(self, place: int, data: bytes) -> None:
        self._answers[place] = self._answers[place]._replace(data=data)

    def answers(self) -> list[Answer]:
        """The answers to all asks since the last call, in their order."""
        answers, self._answers = self._answers, []
        return answers

    def report(self, *, signatures_made: int) -> BranchReport:
        """Check the books, and say what they hold.

        Raises:
            StoreError: postings and balances differ (`corrupt`).
        """
        ledger = self._bank.store.ledger
        ledger.check()
        return BranchReport(
            name=self._bank.terms.name,
            vault_fen=ledger.balance_fen(VAULT),
            refused=dict(sorted(self._refused.items())),
            signatures_made=signatures_made,
            signatures_checked=self._bank.trust.verifier.checked,
            exchanged=self._office.report(),
        )


def _about(ask: Ask) -> bytes:
    """By what a device knows which of its asks is answered."""
    if ask.kind is AskKind.LOAD:
        return ask.data
    return sha256(ask.data) if ask.data and ask.kind in (AskKind.SYNC, AskKind.KEEP) else b""
