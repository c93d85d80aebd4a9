"""Makes the devices of a cell: what each remembers, what it is told, where its key is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from shuangli.offline.policy import PayeePolicy, PayerPolicy
from shuangli.sims.adversaries.crew import Crew
from shuangli.sims.device import Device
from shuangli.sims.make import Make, Surroundings
from shuangli.sims.plan import NOBODY, CellPlan, Role, Rules
from shuangli.sims.system import DAY_OFFSET_S, Anchors, derive_seed
from shuangli.sims.uplink import Ask
from shuangli.wallet.rules import WalletRules

REMEMBERED_BY_MERCHANT: Final = 1_024
REMEMBERED_BY_PERSON: Final = 2
ELEMENT_BUNDLE_BYTES: Final = 8_192
ELEMENT_COINS: Final = 4
"""What an element takes in at once."""


class Maker:
    """Makes the devices of one cell."""

    def __init__(self, plan: CellPlan, anchors: Anchors, crew: Crew, send: Callable[[Ask], None]) -> None:
        """Devices made here say what they ask by `send`."""
        self._plan = plan
        self._crew = crew
        rules = _rules(plan.rules, anchors)
        self._around = Surroundings(
            anchors=anchors,
            rules=rules,
            hard_rules=tuple(map(_for_element, rules)),
            seed=plan.seed,
            send=send,
        )
        self._copy_of: list[int] = plan.devices.copy_of.tolist()
        self._hard: list[int] = plan.devices.hard.tolist()
        self._merchant: list[bool] = (plan.devices.role == Role.MERCHANT).tolist()
        self._operator: list[int] = plan.devices.operator.tolist()
        self._makes: dict[Make, Make] = {}

    def device(self, index: int) -> Device:
        """The device at a position of the plan; a secret copy has the key of its original."""
        original = self._copy_of[index]
        name = self._name(index if original == NOBODY else original)
        hard = bool(self._hard[index]) and original == NOBODY
        make = self._make(index, element=derive_seed(self._plan.seed, name) if hard else b"")
        return self._made(index, name, make)

    def second(self, index: int, hand: int, *, key: str, operator: int | None) -> Device:
        """A further device of a device's holder: with the same key, or one of that name."""
        name = f"device/{self._plan.first_device}/{key}" if key else self._name(index)
        make = replace(self._make(index), hand=hand)
        if operator is not None:
            make = replace(make, operator=operator)
        return self._made(index, name, make)

    def _made(self, index: int, name: str, make: Make) -> Device:
        key = self._around.anchors.key(name)
        return Device(self._plan.first_device + index, key, make, around=self._around)

    def _name(self, index: int) -> str:
        return f"device/{self._plan.first_device + index}"

    def _make(self, index: int, *, element: bytes = b"") -> Make:
        traits = self._crew.traits(index)
        make = Make(
            operator=self._operator[index],
            remembers=REMEMBERED_BY_MERCHANT if self._merchant[index] else REMEMBERED_BY_PERSON,
            element=element,
            shared=index in self._crew.watched,
            clock_off_s=traits.clock_off_s,
            deaf=traits.deaf,
            purposes=self._plan.errands.purposes.get(self._plan.errands.class_of(index), ()),
        )
        # Nearly all devices of a kind are made alike.
        return self._makes.setdefault(make, make)


def _rules(rules: Rules, anchors: Anchors) -> tuple[WalletRules, ...]:
    """What the wallets of each operator are told."""
    payee = PayeePolicy()
    payee = replace(payee, accepts=replace(payee.accepts, list_age_s=rules.oldest_list_s))
    payer = PayerPolicy(
        day_limit_fen=rules.day_limit_fen,
        payment_limit_fen=rules.payment_limit_fen,
        payments_between_syncs=rules.payments_between_syncs,
        pin_above_fen=rules.pin_above_fen,
        payments_between_pins=rules.payments_between_pins,
        day_offset_s=DAY_OFFSET_S,
    )
    return tuple(
        WalletRules(operator=name, currency=anchors.currency, payer=payer, payee=payee)
        for name in anchors.operator_names
    )


def _for_element(rules: WalletRules) -> WalletRules:
    """The same for a wallet in an element, which takes in less at once."""
    accepts = replace(rules.payee.accepts, bundle_bytes=ELEMENT_BUNDLE_BYTES, coins=ELEMENT_COINS)
    return replace(rules, payee=replace(rules.payee, accepts=accepts))
