"""A whole network in this process: cells, operators and issuer as they are, played window by window.

The engine does the same with processes; here a test can look into every device in between.
"""

from contextlib import suppress
from pathlib import Path

from shuangli.crypto import SigningKey
from shuangli.operator.bank import Bank
from shuangli.sims.banks import Dies, Premises, premises
from shuangli.sims.branch import Branch
from shuangli.sims.cell import Cell
from shuangli.sims.device import Device
from shuangli.sims.duties import Duties
from shuangli.sims.engine import WINDOWS_AFTER_CLOSE
from shuangli.sims.plan import CellPlan
from shuangli.sims.played import PaymentRow
from shuangli.sims.system import System, SystemPlan
from shuangli.sims.uplink import SILENT, Answer, Ask, with_news
from shuangli.wallet.wallet import Wallet
from tests.engine.plans import system_plan


class Town:
    """One cell, its operators and the issuer.

    Attributes:
        payments: every payment attempted so far
        asks: what devices have asked for in the last window played
    """

    def __init__(self, plan: CellPlan, directory: Path, system: SystemPlan | None = None) -> None:
        self.plan = plan
        self.system = System(system or system_plan(), directory)
        self.banks: list[Bank] = []
        self.bank_keys: list[SigningKey] = []
        self.branches: list[Branch] = []
        self.places: list[Premises] = []
        self._duties = Duties(self.system)
        for index in range(self.system.plan.operators):
            place = premises(self.system.plan, self.system.anchors, index, directory)
            self.places.append(place)
            self.banks.append(place.bank())
            self.branches.append(Branch(self.banks[-1], place.inbox))
            self.bank_keys.append(place.key)
        self.cell = Cell(plan, self.system.anchors)
        self.payments: list[PaymentRow] = []
        self.asks: list[Ask] = []
        self._answers: list[Answer] = []
        self._revocations = b""
        self.now_s = plan.calendar.start_s

    def window(self, count: int = 1) -> None:
        """Play so many windows."""
        for _ in range(count):
            end_s = self.now_s + self.plan.calendar.window_s
            played = self.cell.play(self.now_s, end_s, self._answers)
            self._answers = self._settle(self.asks)
            self.asks = sorted(played.asks, key=lambda ask: ask.at_s)
            self.payments += played.payments
            self.now_s = end_s

    def finish(self) -> None:
        """Play all windows that are left."""
        calendar = self.plan.calendar
        last_s = calendar.closes_s + calendar.close_takes_s + WINDOWS_AFTER_CLOSE * calendar.window_s
        self.window((last_s - self.now_s) // calendar.window_s)

    def _settle(self, asks: list[Ask]) -> list[Answer]:
        answered: list[tuple[Ask, Answer]] = []
        with self.system.issuer.transaction():
            self.system.keep_up(now_s=self.now_s)
        outgoing = self._duties.outgoing(asks, now_s=self.now_s)
        for index, (branch, mine) in enumerate(zip(self.branches, outgoing, strict=True)):
            if self._revocations:
                branch.revoke(self._revocations)
            with suppress(Dies), branch.transaction():
                with self.system.issuer.transaction():
                    replies = self.system.reply(branch.begin(mine))
                branch.resume(replies)
                if index == self._duties.dying:
                    raise Dies
            if index == self._duties.dying:
                self.banks[index] = self.places[index].bank()
                branch.restart(self.banks[index])
                self._duties.unanswered(mine)
                continue
            mine_answered = [*zip(mine, branch.answers(), strict=True)]
            self._duties.heard(index, mine_answered, now_s=self.now_s)
            answered += mine_answered
        self._duties.give_back(now_s=self.now_s)
        number, self._revocations = self.system.revocations(now_s=self.now_s)
        heard, told = self.system.published(number, self._revocations, now_s=self.now_s)
        return [
            with_news(ask, answer, list_number=heard, revocations=told)
            for ask, answer in answered
            if ask.kind not in SILENT
        ]

    def device(self, index: int) -> Device:
        """The device at this position."""
        return self.cell._devices[index]

    def wallet(self, index: int) -> Wallet:
        """The wallet on the device at this position."""
        wallet = self.device(index).wallet
        assert wallet is not None
        return wallet

    def checked(self, index: int) -> int:
        """Signatures that the device at this position has checked."""
        return self.wallet(index).trust.verifier.checked

    @property
    def outcomes(self) -> list[str]:
        """What became of the payments, in order."""
        return [payment.outcome for payment in self.payments]

    def close(self) -> None:
        """Close all databases."""
        self.system.close()
        for bank in self.banks:
            bank.store.close()
