"""A cell: devices that meet only each other, played window by window in one process.

A cell runs wallet code and nothing else: what a device says to another goes over a link, what it says
to an operator leaves as an ask. Each device is a place of its own, with its own checked signatures.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from shuangli.crypto import sha256
from shuangli.errors import ProtocolError, Refused
from shuangli.offline.links.memory import MemoryLink
from shuangli.offline.payer import IDLE, PayerSession
from shuangli.offline.policy import PayeePolicy, PayerPolicy
from shuangli.offline.states import PayerState
from shuangli.sims.adversary import Copies, CopySpend
from shuangli.sims.device import ANSWERS_KEPT_S, Device, Surroundings
from shuangli.sims.holdings import Holdings, holdings
from shuangli.sims.plan import NOBODY, CellPlan, Role, Rules
from shuangli.sims.schedule import Act, Schedule
from shuangli.sims.system import Anchors, derive_key
from shuangli.sims.uplink import Answer, Ask, AskKind
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.rules import WalletRules
from shuangli.wallet.session import run_session
from shuangli.wallet.wallet import Wallet

REMEMBERED_BY_MERCHANT: Final = 1_024
REMEMBERED_BY_PERSON: Final = 2
PAID: Final = "paid"
UNANSWERED: Final = "unanswered"
REFUSED_BY_PAYEE: Final = "refused-by-payee"
NOT_OPEN: Final = "not-open"
"""What became of a payment, beside the codes of `shuangli.errors` for what ended it before a signature."""


class PaymentRow(NamedTuple):
    """One payment that was attempted; `transfer_id` is empty where nothing was signed."""

    at_s: int
    payer: int
    payee: int
    amount_fen: int
    tag: int
    coins: int
    hops: int
    carried_bytes: int
    outcome: str
    transfer_id: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a window brought forth in one cell."""

    asks: list[Ask]
    payments: list[PaymentRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellReport:
    """What a cell holds at the end, the truth about its copies, and what it has cost."""

    holdings: Holdings
    copy_spends: list[CopySpend]
    copied_keys: set[bytes]
    wallets: int
    signatures_made: int
    signatures_checked: int


class Cell:
    """The devices of one cell."""

    def __init__(self, plan: CellPlan, anchors: Anchors) -> None:
        """Make the devices; no wallet is opened yet."""
        self._plan = plan
        self._schedule = Schedule(plan)
        self._asks: list[Ask] = []
        self._copies = Copies()
        self._paid: deque[tuple[int, Wallet]] = deque()
        self._copy_of: list[int] = plan.devices.copy_of.tolist()
        copied = {index for index in self._copy_of if index != NOBODY}
        self._watched = copied | {i for i, original in enumerate(self._copy_of) if original != NOBODY}
        around = Surroundings(
            anchors=anchors,
            rules=_rules(plan.rules, anchors.operator_names),
            seed=plan.seed,
            send=lambda ask: self._asks.append(ask),
        )
        self._devices: list[Device] = []
        for index, original in enumerate(self._copy_of):
            merchant = plan.devices.role[index] == Role.MERCHANT
            holder = index if original == NOBODY else original
            self._devices.append(
                Device(
                    plan.first_device + index,
                    derive_key(plan.seed, f"device/{plan.first_device + holder}"),
                    int(plan.devices.operator[index]),
                    remembers=REMEMBERED_BY_MERCHANT if merchant else REMEMBERED_BY_PERSON,
                    around=around,
                )
            )

    def play(self, start_s: int, end_s: int, answers: Sequence[Answer]) -> Played:
        """Play all that happens in [start_s, end_s), after handing out the answers of an earlier window."""
        self._asks.clear()
        self._tidy(start_s)
        for answer in answers:
            self._answer(answer, start_s)
        payments: list[PaymentRow] = []
        for at_s, act, number in self._schedule.due(start_s, end_s):
            if act is Act.MEET:
                payments.append(self._meet(number, at_s))
            elif act is Act.OPEN:
                self._open(number, at_s)
            elif act is Act.WAGE:
                self._pay_wage(number, at_s)
            elif self._plan.calendar.online(at_s) and (act is Act.SYNC or self._devices[number].has_more):
                self._sync(number, at_s)
        return Played(asks=list(self._asks), payments=payments)

    def _tidy(self, now_s: int) -> None:
        """Let payers forget the payments of which no repeat will come any more."""
        while self._paid and self._paid[0][0] < now_s - ANSWERS_KEPT_S:
            _, wallet = self._paid.popleft()
            wallet.compact(forget_before_s=now_s - ANSWERS_KEPT_S)

    def _sync(self, index: int, at_s: int) -> None:
        device = self._devices[index]
        device.sync(at_s=at_s)
        if index in self._watched and device.wallet is not None:
            self._copies.note_hand_in(device.wallet, at_s)

    def _answer(self, answer: Answer, now_s: int) -> None:
        index = answer.device - self._plan.first_device
        device = self._devices[index]
        device.receive(answer, now_s=now_s)
        first_load_fen = int(self._plan.devices.first_load_fen[index])
        if answer.kind is AskKind.OPEN and answer.data and first_load_fen:
            self._order_load(device, first_load_fen, now_s, deposit_fen=0)

    def _order_load(self, device: Device, amount_fen: int, at_s: int, *, deposit_fen: int) -> None:
        device.order_load(amount_fen, unit_fen=self._plan.habits.unit_fen, deposit_fen=deposit_fen, at_s=at_s)

    def _open(self, index: int, at_s: int) -> None:
        devices, device = self._plan.devices, self._devices[index]
        device.open(
            tier=int(devices.tier[index]),
            person=sha256(f"person/{self._plan.seed}/{device.number}".encode()),
            deposit_fen=int(devices.deposit_fen[index]),
            at_s=at_s,
        )

    def _pay_wage(self, number: int, at_s: int) -> None:
        wages = self._plan.wages
        employer, worker = self._devices[wages.employer[number]], self._devices[wages.worker[number]]
        employer.pay_wage(worker.key.public, int(wages.amount_fen[number]), at_s=at_s)
        if load_fen := int(wages.load_fen[number]):
            self._order_load(worker, load_fen, at_s, deposit_fen=0)

    def _wallet(self, index: int) -> Wallet | None:
        """The open wallet of a device; a copy comes to life at its first use, as its original then is."""
        wallet, original = self._devices[index].wallet, self._copy_of[index]
        if wallet is None and original != NOBODY:
            source = self._devices[original].wallet
            if source is not None and source.purse.coins:
                wallet = self._devices[index].start_wallet(MemoryJournal([source.purse.checkpoint()]))
        return wallet if wallet is not None and wallet.purse.certificate is not None else None

    def _meet(self, number: int, at_s: int) -> PaymentRow:
        meetings = self._plan.meetings
        payer_index, payee_index = int(meetings.payer[number]), int(meetings.payee[number])
        amount_fen = int(meetings.amount_fen[number])
        payer, payee = self._wallet(payer_index), self._wallet(payee_index)
        session, carried_bytes, outcome = IDLE, 0, NOT_OPEN
        if payer is not None and payee is not None:
            session, carried_bytes, outcome = self._pay(payer, payee, amount_fen, at_s)
            if payer_index in self._watched:
                self._copies.note(payer, session, at_s)
            self._top_up(payer_index, payer, at_s)
        return PaymentRow(
            at_s,
            self._plan.first_device + payer_index,
            self._plan.first_device + payee_index,
            amount_fen,
            int(meetings.tag[number]),
            session.coins,
            session.hops,
            carried_bytes,
            outcome,
            session.transfer_id,
        )

    def _pay(self, payer: Wallet, payee: Wallet, amount_fen: int, at_s: int) -> tuple[PayerSession, int, str]:
        to_payer, to_payee = MemoryLink(), MemoryLink()
        try:
            request_id = run_session(
                payer=payer,
                payee=payee,
                to_payer=to_payer,
                to_payee=to_payee,
                amount_fen=amount_fen,
                now_s=at_s,
            )
        except (Refused, ProtocolError) as error:
            # Whoever had signed by then has spent the coins, whatever the payee says.
            signed = next(reversed(payer.purse.paying.values())) if to_payee.carried_bytes else IDLE
            return signed, to_payer.carried_bytes + to_payee.carried_bytes, error.code
        session = payer.purse.paying[request_id]
        payer.compact()
        self._paid.append((session.expires_at_s, payer))
        outcome = {PayerState.PAID: PAID, PayerState.REFUSED: REFUSED_BY_PAYEE}.get(session.state, UNANSWERED)
        return session, to_payer.carried_bytes + to_payee.carried_bytes, outcome

    def _top_up(self, index: int, wallet: Wallet, at_s: int) -> None:
        habits = self._plan.habits
        low = wallet.purse.balance_fen < habits.top_up_below_fen and not wallet.purse.orders
        may = habits.top_up_fen and index not in self._watched and self._plan.calendar.online(at_s)
        if low and may:
            amount_fen = habits.top_up_fen
            self._order_load(self._devices[index], amount_fen, at_s, deposit_fen=amount_fen)

    def report(self) -> CellReport:
        """What the cell holds, and what it has cost."""
        wallets = [device.wallet for device in self._devices if device.wallet is not None]
        watched = {self._plan.first_device + index for index in self._watched}
        return CellReport(
            holdings=holdings(self._devices, watched, self._copies.spends),
            copy_spends=self._copies.spends,
            copied_keys={self._devices[index].key.public for index in self._watched},
            wallets=sum(1 for original in self._copy_of if original == NOBODY),
            signatures_made=sum(device.key.made for device in self._devices),
            signatures_checked=sum(wallet.trust.verifier.checked for wallet in wallets),
        )


def _rules(rules: Rules, operators: Sequence[str]) -> tuple[WalletRules, ...]:
    """What the wallets of each operator are told."""
    payee = PayeePolicy()
    payee = replace(payee, accepts=replace(payee.accepts, list_age_s=rules.oldest_list_s))
    payer = replace(PayerPolicy(), day_limit_fen=rules.day_limit_fen)
    return tuple(WalletRules(operator=name, currency="CNY", payer=payer, payee=payee) for name in operators)
