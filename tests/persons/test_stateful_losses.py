"""Copies that pay, claims, redemptions, returns and the loss desk in any order (DESIGN section 5, Losses).

After each step: nothing is created, the fund has paid nobody more than the cap and no more than it has in
all, nobody owes less than nothing, and no more has come back on a case than the fund has paid. In the end a
person owes, or has left, exactly the difference of what the fund paid on its cases and what was taken.
"""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shuangli.crypto import sha256
from shuangli.errors import BadInput, ProtocolError, Refused
from shuangli.issuer.losses.desk import outlay_fen
from shuangli.issuer.losses.gather import losses_by_person
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.losses.set_off import Debt
from shuangli.wallet.wallet import Wallet
from tests.paying import pay
from tests.persons.answers import pseudonym_of, redeem_all, run_losses
from tests.setting import DAY_S, NAMES, NOW, TRANSFERABLE
from tests.settlement.policies import PATIENT
from tests.world import World

POLICY: Final = LossPolicy(cap_per_person_fen=80, fund_fen=100)
PERSONS: Final = tuple(sha256(b"person %d" % number) for number in range(3))
LAST_S: Final = NOW + 300 * DAY_S
"""Operators are certified for a year, and sign no watermark after it."""
numbers: Final = st.integers(0, 7)


class Losses(RuleBasedStateMachine):
    """Three persons with two wallets each, of two operators; copies of two of them; two gates."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.world = World(Path(self.directory.name), terms=TRANSFERABLE, policy=POLICY)
        self.wallets: list[Wallet] = []
        self.gates: list[Wallet] = []
        self.now_s = NOW
        self.paid_back_fen = 0
        self.references = 0

    @initialize()
    def open_wallets(self) -> None:
        for number, person in enumerate(PERSONS * 2):
            name = NAMES[number % 2]
            wallet = self.world.wallet([60, 25], operator=name, person=person, payee=PATIENT)
            self.wallets.append(wallet)
        self.wallets += [self.world.clone(wallet) for wallet in self.wallets[:2]]
        self.gates = [self.world.wallet(tier=0, operator=name, payee=PATIENT) for name in NAMES]

    # --- what can happen ------------------------------------------------------------------------

    @rule(payer=numbers, payee=numbers, gate=st.booleans(), amount_fen=st.integers(1, 70))
    def pay(self, payer: int, payee: int, gate: bool, amount_fen: int) -> None:
        """A payment to a gate or to somebody else."""
        who, to = self.wallets[payer], self.gates[payee % 2] if gate else self.wallets[payee]
        if who.key.public == to.key.public or who.purse.uploads or to.purse.uploads:
            return
        try:
            pay(who, to, amount_fen, self.now_s)
        except (Refused, ProtocolError):
            return

    @rule(number=numbers, amounts_fen=st.tuples(*[st.integers(1, 60)] * 2), later=st.booleans())
    def double_spend(self, number: int, amounts_fen: tuple[int, int], later: bool) -> None:
        """A copy pays one gate, and the wallet the other one; the gates hand in at once, or wait."""
        wallet = self.wallets[number]
        if wallet.purse.uploads or any(gate.purse.uploads for gate in self.gates):
            return
        for who, gate, amount_fen in zip(
            (self.world.clone(wallet), wallet), self.gates, amounts_fen, strict=True
        ):
            try:
                pay(who, gate, amount_fen, self.now_s)
            except (Refused, ProtocolError):
                continue
        if not later:
            for number_of_gate in (8, 9):
                self.hand_in(number_of_gate)

    @rule(number=st.integers(0, 9))
    def hand_in(self, number: int) -> None:
        """Somebody reconciles."""
        wallet = (self.wallets + self.gates)[number]
        while (upload := wallet.hand_in(now_s=self.now_s)) is not None:
            name = wallet.certificate.claims.issuer
            answer = self.world.submit(upload, name, now_s=self.now_s)
            wallet.acknowledge(answer.signed.data, operator_key=self.world.keys[name].public)

    @rule(number=numbers)
    def redeem(self, number: int) -> None:
        """Somebody redeems behind the wallet's back all that it holds, which it may pay with later."""
        wallet = self.wallets[number]
        if wallet.purse.coins:
            redeem_all(self.world, wallet, wallet.certificate.claims.issuer, now_s=self.now_s)

    @rule(days=st.sampled_from([0, 1, 4, 33]))
    def time_passes(self, days: int) -> None:
        """Days pass; operators say so, what is due goes back or is taken, and losses are booked."""
        self.now_s = min(self.now_s + days * DAY_S, LAST_S)
        run_losses(self.world, now_s=self.now_s)

    @rule(person=st.sampled_from(PERSONS), amount_fen=st.integers(1, 80))
    def pay_back(self, person: bytes, amount_fen: int) -> None:
        """Somebody pays back, more than it owes or not, and its operator passes that on."""
        self.references += 1
        reference = b"%d" % self.references
        key = self.wallets[PERSONS.index(person)].key.public
        name = NAMES[PERSONS.index(person) % 2]
        owed_fen = sum(debt.open_fen for debt in self.debts(person))
        with self.world.transaction():
            try:
                self.world.issuer.loss_desk.recover(
                    pseudonym_of(person), amount_fen, operator=name, reference=reference, now_s=self.now_s
                )
            except BadInput:
                assert amount_fen > owed_fen
                return
            self.world.banks[name].deposit(key, amount_fen, now_s=self.now_s)
            self.world.banks[name].pay_back(key, amount_fen, now_s=self.now_s, reference=reference)
        assert amount_fen <= owed_fen
        self.paid_back_fen += amount_fen

    @rule(person=st.sampled_from(PERSONS))
    def write_off(self, person: bytes) -> None:
        """Somebody's debts are given up."""
        with self.world.issuer.transaction():
            self.world.issuer.loss_desk.write_off(pseudonym_of(person), now_s=self.now_s)
        assert not self.debts(person)

    def debts(self, person: bytes) -> list[Debt]:
        """What somebody owes, as far as it is booked."""
        return self.world.issuer.store.losses.debts(pseudonym_of(person))

    # --- what always holds ----------------------------------------------------------------------

    @invariant()
    def nothing_is_created_and_no_cap_is_passed(self) -> None:
        self.world.check_books()
        store = self.world.issuer.store
        paid_fen = store.losses.fund_paid_by_person_fen()
        assert all(0 <= paid <= POLICY.cap_per_person_fen for paid in paid_fen.values())
        assert POLICY.fund_fen is not None
        assert 0 <= outlay_fen(store) <= POLICY.fund_fen
        assert all(one.open_fen >= 0 for one in store.losses.receivables())

    @invariant()
    def what_is_owed_is_what_was_paid_and_has_not_come_back(self) -> None:
        store = self.world.issuer.store
        totals = Counter[str]()
        for standing in losses_by_person(store):
            assert standing.open_fen >= 0
            assert standing.frozen_fen >= 0
            totals["claimed"] += standing.claimed_fen
            totals["recovered"] += standing.recovered_fen
            totals["paid"] += standing.fund_paid_fen
        assert totals["recovered"] == self.paid_back_fen
        assert totals["claimed"] <= totals["paid"] == self.world.supply().fund_paid_fen

    def teardown(self) -> None:
        """All expires: nobody both owes and has left, and all that the fund paid is claimed."""
        if self.gates:
            self.time_passes(99)
            self.time_passes(1)
            store = self.world.issuer.store
            for standing in losses_by_person(store):
                assert not (standing.open_fen and standing.frozen_fen)
            claimed_fen = sum(one.claimed_fen for one in store.losses.receivables())
            assert claimed_fen == self.world.supply().fund_paid_fen
            assert self.world.supply().outstanding_fen == 0
        self.world.close()
        self.directory.cleanup()


TestLosses = Losses.TestCase
TestLosses.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
