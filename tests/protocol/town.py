"""The town of the stateful tests: its wallets, all that was ever sent, and what must hold of them.

What happens there is drawn in `tests.protocol.payments`.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Final, NamedTuple, TypeVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from shuangli.errors import ProtocolError, Refused
from shuangli.messages.certificates import Terms
from shuangli.messages.loads import Load
from shuangli.messages.notices import Acknowledgement
from shuangli.offline.evidence import verify_evidence
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from shuangli.wallet.wallet import Wallet
from tests.paying import as_upload
from tests.protocol.adversary import PUPPET
from tests.protocol.cutting import Cut, PowerCut, cut_power
from tests.protocol.happened import Happened, check_accused, check_value, check_words, holders, transfers_in
from tests.setting import NAMES, NOW, TRANSFERABLE
from tests.world import World

HONEST: Final = 3
VALUES_FEN: Final = (100, 50, 20, 5)
MOST_UPLOADS: Final = 20
IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a fresh directory in it, of this process alone
"""Where files need not wait for a disk: what a disk loses is not tested here."""

T = TypeVar("T")


class Sent(NamedTuple):
    """A message that somebody has sent; it may arrive anywhere, any number of times, or never."""

    request_id: bytes
    message: Message


class Town(RuleBasedStateMachine):
    """Wallets, everything that was ever sent, and the truth that follows from it."""

    terms: ClassVar[Terms] = TRANSFERABLE

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None)
        self.world = World(Path(self.directory.name), terms=self.terms)
        self.wallets: list[Wallet] = []
        self.sent: list[Sent] = []
        self.uploads: list[bytes] = []
        self.forged: list[bytes] = []
        self.answers: list[bytes] = []
        self.loads: list[bytes] = []
        self.now_s = NOW

    def settle(self) -> None:
        """Honest wallets, and then the adversary's, each with coins, open at both operators."""
        for _ in range(HONEST + 1):
            wallet = self.world.wallet()
            self.loads.append(self.world.load(wallet, VALUES_FEN))
            certificate = wallet.certificate.signed.data
            self.world.enrol(wallet, "OP02")
            wallet.install(certificate)
            self.wallets.append(wallet)
        self.happened = Happened(
            loads=[*map(Load.parse, self.loads)],
            dishonest={PUPPET.public, self.wallets[HONEST].key.public},
        )

    # --- how it happens -------------------------------------------------------------------------

    def act(self, who: int, cut: Cut, do: Callable[[Wallet], T]) -> T | None:
        """Let a wallet do something; None if it refused, or if the power went."""
        number = who % len(self.wallets)
        wallet = self.wallets[number]
        before = wallet.purse.checkpoint()
        cut_power(wallet, cut)
        done = None
        try:
            done = do(wallet)
        except PowerCut:
            wallet = self.wallets[number] = self.restarted(wallet)
        except (ProtocolError, Refused):
            assert wallet.purse.checkpoint() == before, "what is refused changes nothing"
        wallet._journal = self.world.journals[wallet]
        self.happened.note_purse(wallet.purse)
        return done

    def restarted(self, wallet: Wallet) -> Wallet:
        try:
            return self.world.restart(wallet)
        except KeyError as error:
            raise AssertionError("a journal does not add up to a purse") from error

    def recent(self, kind: Kind, recent: int) -> Sent | None:
        """A message of some kind, counted from the end."""
        found = [sent for sent in self.sent if sent.message.kind is kind]
        return found[-1 - recent % len(found)] if found else None

    def awaiting(self, request_id: bytes, kind: Kind, otherwise: int) -> int:
        """The wallet that such a message of a session is for; `otherwise` says which one of several."""
        sides = [
            wallet.purse.asking if kind is Kind.PAYMENT else wallet.purse.paying for wallet in self.wallets
        ]
        meant = [number for number, sessions in enumerate(sides) if request_id in sessions]
        return meant[otherwise % len(meant)] if meant else otherwise % len(self.wallets)

    def show_request(self, payee: int, amount_fen: int, cut: Cut) -> bool:
        message = self.act(payee, cut, lambda wallet: wallet.request(amount_fen, now_s=self.now_s))
        if message is not None:
            self.sent.append(Sent(request_id_of(message), message))
        return message is not None

    def hear(self, request_id: bytes, message: Message, receiver: int, cut: Cut) -> None:
        def receive(wallet: Wallet) -> Sequence[Message]:
            return wallet.receive(request_id, message, now_s=self.now_s, pin=True)

        for reply in self.act(receiver, cut, receive) or ():
            self.happened.note_message(reply)
            self.sent.append(Sent(request_id, reply))

    def submit(self, upload: bytes, operator: str) -> bytes | None:
        try:
            answer = self.world.submit(upload, operator, now_s=self.now_s).signed.data
        except (ProtocolError, Refused):
            assert upload in self.forged, "an operator refuses what an honest wallet hands in"
            return None
        self.answers.append(answer)
        return answer

    def switch_off(self, who: int, *, compacted: bool, forget: bool = False, cut: Cut = Cut.NEVER) -> None:
        """A device is switched off and on; it may have compacted its journal, and forgotten what is old."""
        if compacted:
            self.now_s += 1_000 if forget else 0
            forget_before_s = self.now_s - 600 if forget else 0
            self.act(who, cut, lambda wallet: wallet.compact(forget_before_s=forget_before_s))
        number = who % len(self.wallets)
        killed = self.wallets[number]
        self.wallets[number] = self.restarted(killed)
        same = self.wallets[number].purse.checkpoint() == killed.purse.checkpoint()
        assert same, "a wallet was what it had not written"

    def upload(self, who: int, cut: Cut = Cut.NEVER) -> None:
        """A wallet says what it has to say to an operator; what has no answer yet, it says again before."""

        def hand_in(wallet: Wallet) -> Sequence[bytes]:
            new = wallet.hand_in(now_s=self.now_s)
            return [*dict.fromkeys((*wallet.unanswered, *([new] if new else [])))]

        for upload in self.act(who, cut, hand_in) or ():
            self.happened.note_bundle(upload)
            self.uploads.append(upload)

    def take_answer(self, recent: int, who: int, cut: Cut = Cut.NEVER) -> None:
        """A wallet hears an operator."""
        answer = self.answers[-1 - recent % len(self.answers)]
        key = self.world.keys[Acknowledgement.parse(answer).operator].public
        self.act(who, cut, lambda wallet: wallet.acknowledge(answer, operator_key=key))

    # --- what must hold -------------------------------------------------------------------------

    @invariant()
    def all_is_accounted_for(self) -> None:
        check_value(self.happened, holders(self.wallets))

    @invariant()
    def everybody_keeps_its_word(self) -> None:
        check_words(self.happened, holders(self.wallets))

    @invariant()
    def the_books_balance(self) -> None:
        self.world.check_books()
        check_accused(self.happened, holders(self.wallets), self.world.issuer.store.culprits())

    def teardown(self) -> None:
        """Everybody reconciles, the adversary first; all that was sent arrives once more, and so again."""
        try:
            if self.wallets:
                self.adversary_shows_all()
                self.everybody_reconciles()
                for sent in self.sent[:]:
                    at = self.awaiting(sent.request_id, sent.message.kind, 0)
                    self.hear(sent.request_id, sent.message, at, Cut.NEVER)
                self.all_is_accounted_for()
                self.everybody_keeps_its_word()
                self.everybody_reconciles()
                self.adversary_shows_all()
                self.everybody_has_its_due()
        finally:
            self.world.close()
            self.directory.cleanup()

    def everybody_reconciles(self) -> None:
        """Each device is switched off once between what it hands in and what it is answered.

        Every other one hears of its newest upload first.
        """
        for number in range(len(self.wallets)):
            for _ in range(MOST_UPLOADS):
                self.upload(number)
                self.switch_off(number, compacted=True)
                unanswered = self.wallets[number].unanswered
                if not unanswered:
                    break
                self.submit(unanswered[-(number % 2)], "OP01")
                self.take_answer(0, number)

    def everybody_has_its_due(self) -> None:
        """Every double spend has its case, which proves itself, and everybody else is paid."""
        truth = self.happened.truth()
        found = self.world.issuer.store.cases()
        assert {case.coin_id for case in found} == truth.forks, "forks and cases are not the same"
        assert {case.culprit for case in found} == truth.culprits, "a case names somebody else"
        for case in self.world.cases():
            proven = verify_evidence(case.evidence, root=self.world.keys["root"].public)
            assert (proven.coin_id, proven.culprit) == (case.coin_id, case.culprit), (
                "evidence of another fork"
            )
        assert self.world.supply().forked_fen == truth.forked_fen, "forks are booked for more, or less"
        self.world.check_books()
        for wallet in self.wallets[:HONEST]:
            credited_fen = sum(self.world.deposit_fen(wallet, operator) for operator in NAMES)
            assert credited_fen == truth.due_fen[wallet.key.public], "an honest wallet is not paid its due"

    def adversary_shows_all(self) -> None:
        """All that he has signed, and every refusal there was: those too that answered a forgery."""
        for bundle in self.forged:
            self.submit(bundle, "OP01")
        payments = [sent.message.body for sent in self.sent if sent.message.kind is Kind.PAYMENT]
        for refusal in self.happened.refusals.values():
            for payment in payments:
                if {t.signed.id for t in transfers_in(payment)} & {*refusal.transfer_ids}:
                    upload = as_upload(payment, refusal.signed.data)
                    self.forged.append(upload)
                    self.submit(upload, "OP01")
                    break
