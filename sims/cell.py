"""A cell: devices that meet only each other, played window by window in one process.

A cell runs wallet code and nothing else: what a device says to another goes over a link, what it says
to an operator leaves as an ask. Each device is a place of its own, with its own checked signatures.
What adversaries do besides is carried out on a stage of their own (`adversaries.stage`).
"""

from collections import deque
from collections.abc import Sequence

from shuangli.crypto import sha256
from shuangli.offline.payer import PayerSession
from shuangli.offline.states import Kind as MessageKind
from shuangli.sims.adversaries.attack import OWN, Act, Kind
from shuangli.sims.adversaries.crew import Crew
from shuangli.sims.adversaries.stage import Stage
from shuangli.sims.adversaries.truth import Truth
from shuangli.sims.device import ANSWERS_KEPT_S, Device
from shuangli.sims.errand_runner import ERRANDS, ErrandRunner
from shuangli.sims.hands import Hands
from shuangli.sims.holdings import holdings
from shuangli.sims.makers import Maker
from shuangli.sims.plan import NOBODY, CellPlan
from shuangli.sims.played import CellReport, PaymentRow, Played
from shuangli.sims.schedule import CellAct, Schedule
from shuangli.sims.system import Anchors
from shuangli.sims.tap import NOTHING, Tapped, tap
from shuangli.sims.torn_taps import TornTaps
from shuangli.sims.uplink import Answer, Ask, AskKind
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.wallet import Wallet


class Cell:
    """The devices of one cell."""

    def __init__(self, plan: CellPlan, anchors: Anchors) -> None:
        """Make the devices; no wallet is opened yet."""
        self._plan = plan
        self._schedule = Schedule(plan)
        self._asks: list[Ask] = []
        self._truth = Truth()
        self._paid: deque[tuple[int, tuple[Wallet, Device], tuple[Wallet, Device]]] = deque()
        self._copy_of: list[int] = plan.devices.copy_of.tolist()
        self._crew, self._torn = Crew(plan), TornTaps(plan)
        maker = Maker(plan, anchors, self._crew, lambda ask: self._asks.append(ask))
        self._hands = Hands(maker, len(plan.devices))
        self._devices = self._hands.own
        self._errands = ErrandRunner(plan, self._devices)
        self._stage = Stage(self, plan.attacks, self._truth, anchors=anchors)

    def play(self, start_s: int, end_s: int, answers: Sequence[Answer]) -> Played:
        """Play all that happens in [start_s, end_s), after handing out the answers of an earlier window."""
        self._asks.clear()
        self._tidy(start_s)
        for answer in answers:
            self._answer(answer, start_s)
        self._payments: list[PaymentRow] = []
        for at_s, act, number in self._schedule.due(start_s, end_s):
            if act is CellAct.MEET:
                self._meet(number, at_s)
            elif act is CellAct.OPEN:
                self._open(number, at_s)
            elif act is CellAct.WAGE:
                self._pay_wage(number, at_s)
            elif act is CellAct.REFUND:
                self.go_online(int(self._plan.errands.refunds.device[number]), OWN, at_s, give_back=True)
            elif act in ERRANDS:
                ERRANDS[act](self._errands, number, at_s)
            elif act is CellAct.ATTACK:
                self._stage.act(self._schedule.acts[number])
            elif act is CellAct.SYNC or self._has_more(number):
                self._sync(number, at_s)
        return Played(asks=list(self._asks), payments=self._payments)

    def _tidy(self, now_s: int) -> None:
        """Let both sides forget the payments of which no repeat will come any more."""
        payees: dict[Wallet, Device] = {}
        while self._paid and self._paid[0][0] < now_s - ANSWERS_KEPT_S:
            _, (payer, device), (payee, gate) = self._paid.popleft()
            device.forget(payer, before_s=now_s - ANSWERS_KEPT_S)
            payees[payee] = gate
        # A gate has many of them, and looks through all; while nobody is online it hears of nothing else.
        for payee, gate in payees.items():
            gate.forget(payee, before_s=now_s + min(0, gate.clock_off_s) - ANSWERS_KEPT_S)

    def _has_more(self, index: int) -> bool:
        """Say whether one of the wallets of a device's holder has something to hand in."""
        return any(self._hands.device(index, hand).has_more for hand in self._hands.enrolled(index))

    def _sync(self, index: int, at_s: int) -> None:
        """Go online; at the close, with every wallet that an operator knows."""
        hands = self._hands.enrolled(index) if at_s >= self._plan.calendar.closes_s else [OWN]
        for hand in hands:
            self.go_online(index, hand, at_s)

    def _answer(self, answer: Answer, now_s: int) -> None:
        index = answer.device - self._plan.first_device
        device = self._hands.device(index, answer.hand)
        device.receive(answer, now_s=now_s)
        first_load_fen = int(self._plan.devices.first_load_fen[index])
        if answer.kind is AskKind.OPEN and answer.data and first_load_fen and answer.hand == OWN:
            self._order_load(device, first_load_fen, now_s, deposit_fen=0)

    def _order_load(self, device: Device, amount_fen: int, at_s: int, *, deposit_fen: int) -> None:
        device.order_load(amount_fen, unit_fen=self._plan.habits.unit_fen, deposit_fen=deposit_fen, at_s=at_s)

    def _open(self, index: int, at_s: int, device: Device | None = None) -> None:
        """Enrol a device; or the same holder with the same key at the operator of another one of theirs."""
        devices, own = self._plan.devices, self._devices[index]
        (device or own).open(
            tier=int(devices.tier[index]),
            person=sha256(f"person/{self._plan.seed}/{own.number}".encode()),
            deposit_fen=int(devices.deposit_fen[index]) if device is None else 0,
            payee_class=self._plan.errands.class_of(index),
            at_s=at_s,
        )

    def _pay_wage(self, number: int, at_s: int) -> None:
        wages = self._plan.wages
        employer, worker = self._devices[wages.employer[number]], self._devices[wages.worker[number]]
        employer.tell(AskKind.WAGE, worker.key.public, int(wages.amount_fen[number]), at_s=at_s)

    def _meet(self, number: int, at_s: int) -> None:
        meetings = self._plan.meetings
        payer, payee = int(meetings.payer[number]), int(meetings.payee[number])
        amount_fen, tag = int(meetings.amount_fen[number]), int(meetings.tag[number])
        attack = self._crew.label(payer, payee)
        self._revive(payer)
        self._revive(payee)
        self._tapped(
            (payer, OWN),
            (payee, OWN),
            amount_fen,
            at_s,
            attack=attack,
            tag=tag,
            loses=self._torn.of(number),
            away=not self._stage.stolen.isdisjoint((payer, payee)),
        )
        wallet = self.open_wallet(payer, OWN)
        if wallet is not None and self.open_wallet(payee, OWN) is not None:
            self._top_up(payer, wallet, at_s)
        self._devices[payer].rest()

    def _revive(self, index: int) -> None:
        """A copy comes to life at its first use, as its original then is."""
        original = self._copy_of[index]
        if original != NOBODY and self._devices[index].wallet is None:
            source = self._devices[original].wallet
            if source is not None and source.purse.coins:
                wallet = self._devices[index].start_wallet(MemoryJournal([source.purse.checkpoint()]))
                self._truth.expose(wallet.key.public, wallet.purse.balance_fen)

    def _tapped(
        self,
        payer: tuple[int, int],
        payee: tuple[int, int],
        amount_fen: int,
        at_s: int,
        *,
        attack: str,
        tag: int,
        loses: MessageKind | None = None,
        away: bool = False,
    ) -> Tapped:
        """Let one wallet pay another, unless one of them is `away`, and write it down."""
        paying, paid = self.open_wallet(*payer), self.open_wallet(*payee)
        tapped = NOTHING
        if paying is not None and paid is not None and not away:
            link, refuses = self._crew.link_of(payee[0], paid, at_s)
            tapped = tap(
                paying,
                paid,
                (self._hands.device(*payer), self._hands.device(*payee)),
                amount_fen,
                at_s,
                gossip=self._plan.rules.gossip,
                to_payer=link,
                loses=loses,
                pin=attack != Kind.STOLEN_DEVICE,
            )
            if tapped.session.expires_at_s:
                sides = (paying, self._hands.device(*payer)), (paid, self._hands.device(*payee))
                self._paid.append((tapped.session.expires_at_s, *sides))
            self._note(payer[0], payee[0] if refuses else NOBODY, paying, paid, tapped.session, at_s)
        first = self._plan.first_device
        self._payments.append(
            PaymentRow(
                at_s,
                first + payer[0],
                first + payee[0],
                amount_fen,
                tag,
                tapped.session.coins,
                tapped.session.hops,
                tapped.carried_bytes,
                tapped.outcome,
                tapped.session.transfer_id,
                attack,
            )
        )
        return tapped

    def _note(
        self, payer: int, refuser: int, paying: Wallet, paid: Wallet, session: PayerSession, at_s: int
    ) -> None:
        """Tell the truth about a payment of somebody who may spend twice, or to somebody who says no."""
        if payer in self._crew.watched:
            self._truth.note_payment(paying, session, at_s)
        if refuser != NOBODY:
            self._truth.note_refusal(paid, session, at_s)

    def _top_up(self, index: int, wallet: Wallet, at_s: int) -> None:
        habits = self._plan.habits
        low = wallet.purse.balance_fen < habits.top_up_below_fen and not wallet.purse.orders
        theirs = index not in self._crew.watched and index not in self._stage.stolen
        may = habits.top_up_fen and theirs and self._plan.calendar.online(at_s)
        if low and may:
            amount_fen = habits.top_up_fen
            self._order_load(self._devices[index], amount_fen, at_s, deposit_fen=amount_fen)

    # --- what adversaries find around them (`adversaries.stage.Town`) ---------------------------------

    def second(self, index: int, hand: int, *, key: str = "", operator: int | None = None) -> Device:
        """A further device for the holder of one."""
        return self._hands.second(index, hand, key=key, operator=operator)

    def open_wallet(self, index: int, hand: int) -> Wallet | None:
        """The wallet in a hand, if it is open."""
        return self._hands.open_wallet(index, hand)

    def pay(self, payer: tuple[int, int], payee: tuple[int, int], amount_fen: int, act: Act) -> Tapped | None:
        """Let a hand pay another one, if both are open."""
        if self.open_wallet(*payer) is None or self.open_wallet(*payee) is None:
            return None
        return self._tapped(payer, payee, amount_fen, act.at_s, attack=act.kind, tag=NOBODY)

    def enrol(self, index: int, device: Device, at_s: int) -> None:
        """Open the wallet of a device's holder at another operator."""
        if self._plan.calendar.online(at_s):
            self._open(index, at_s, device)

    def order(self, index: int, amount_fen: int, at_s: int) -> None:
        """Order a load out of the deposit of a device's holder."""
        if self._plan.calendar.online(at_s):
            self._order_load(self._devices[index], amount_fen, at_s, deposit_fen=0)

    def report_lost(self, index: int, at_s: int) -> None:
        """Tell a device's operator that it is lost."""
        self._devices[index].tell(AskKind.LOST, at_s=at_s)

    def go_online(self, index: int, hand: int, at_s: int, *, give_back: bool = False) -> None:
        """Let a wallet hand in, if operators can be reached and its holder does not keep quiet."""
        if self._plan.calendar.online(at_s) and at_s >= self._crew.silent_until_s(index):
            device = self._hands.device(index, hand)
            device.sync(at_s=at_s, give_back=give_back)
            if index in self._crew.watched and device.wallet is not None:
                self._truth.note_hand_in(device.wallet, at_s)

    # --------------------------------------------------------------------------------------------------

    def report(self) -> CellReport:
        """What the cell holds, and what it has cost."""
        first = self._plan.first_device
        watched = {first + index for index in self._crew.watched}
        past = [wallet for _, wallet in self._stage.past]
        signatures = [device.signatures for device in self._hands]
        return CellReport(
            holdings=holdings(self._hands, watched, past, self._truth),
            deeds=self._truth.deeds,
            guilty=self._crew.guilty({index: self._hands.keys(index) for index in self._crew.watched}),
            exposed_fen=self._truth.exposed_fen,
            wallets=sum(1 for original in self._copy_of if original == NOBODY),
            signatures_made=sum(made for made, _ in signatures),
            signatures_checked=sum(checked for _, checked in signatures),
        )
