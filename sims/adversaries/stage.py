"""Where adversaries act: carries out the acts of a cell's attacks with real wallets, and tells the truth.

A device has hands. Its own wallet is in the first; what an adversary makes of it (a copy, a key out of an
opened element, a wallet under a forged certificate) is in another one, on a device of its own. Everything is
paid and handed in as by anybody else: the sessions, wallets and operators are the real ones.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from shuangli.crypto import SigningKey, sha256
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.claims import Claims
from shuangli.messages.loads import Load, LoadOrder
from shuangli.offline.limits import LIMITS_2022
from shuangli.offline.states import PayerState
from shuangli.sims.adversaries.attack import OWN, Act, Attack, Kind, Step
from shuangli.sims.adversaries.truth import Truth
from shuangli.sims.device import Device
from shuangli.sims.system import EPOCH as FIRST_EPOCH
from shuangli.sims.system import Anchors
from shuangli.sims.tap import Tapped
from shuangli.wallet.choice import denominate
from shuangli.wallet.element.attacks import break_open, key_in
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.wallet import Wallet

LEAST_FEN: Final = 1
FORGED_TIER: Final = 1
"""The tier without limits."""


class Town(Protocol):
    """What adversaries find around them."""

    def second(self, index: int, hand: int, *, key: str = "", operator: int | None = None) -> Device:
        """A further device for the holder of a device, with the same key or one of its own."""
        ...

    def open_wallet(self, index: int, hand: int) -> Wallet | None:
        """The wallet in a hand, if it is open."""
        ...

    def pay(self, payer: tuple[int, int], payee: tuple[int, int], amount_fen: int, act: Act) -> Tapped | None:
        """Let a (device, hand) pay another; None if one of them has no wallet."""
        ...

    def enrol(self, index: int, device: Device, at_s: int) -> None:
        """Open the wallet of a device's holder at the operator of another device of theirs."""
        ...

    def order(self, index: int, amount_fen: int, at_s: int) -> None:
        """Order a load out of the deposit of a device's holder, if operators can be reached."""
        ...

    def report_lost(self, index: int, at_s: int) -> None:
        """Tell a device's operator that it is lost."""
        ...

    def go_online(self, index: int, hand: int, at_s: int) -> None:
        """Let a wallet hand in, if operators can be reached."""
        ...


@dataclass(slots=True)
class Stand:
    """Where one device stands in one attack: what it has paid, and what it was last paid (fen)."""

    paid_fen: int = 0
    received_fen: int = 0


class Stage:
    """Carries out the acts of all attacks of a cell, each when it is due.

    Attributes:
        past: wallets that were put back to what they had been, as they were before that, by device
        stolen: devices that their holders do not have any more
    """

    def __init__(self, town: Town, attacks: Sequence[Attack], truth: Truth, *, anchors: Anchors) -> None:
        """Nothing has happened yet."""
        self._town = town
        self._truth = truth
        self._anchors = anchors
        self._budgets = {attack.kind: attack.budget_fen for attack in attacks}
        self._stands: dict[tuple[Kind, int], Stand] = {}
        self._backups: dict[int, MemoryJournal] = {}
        self.past: list[tuple[int, Wallet]] = []
        self.stolen: set[int] = set()

    def act(self, act: Act) -> None:
        """Carry out one act. What cannot be done is left."""
        STEPS[act.step](self, act)

    def _stand(self, kind: Kind, device: int) -> Stand:
        return self._stands.setdefault((kind, device), Stand())

    def copy(self, act: Act) -> None:
        """Copy a wallet as it is now: two devices, one key (F01)."""
        source = self._town.open_wallet(act.device, act.source)
        if source is not None:
            forged = act.source != OWN and act.kind is Kind.LEAKED_KEY
            device = self._town.second(act.device, act.hand, key=_forged_name(act.device) if forged else "")
            self._start(device, source)

    def _start(self, device: Device, source: Wallet) -> None:
        if source.purse.certificate is not None:
            wallet = device.start_wallet(MemoryJournal([source.purse.checkpoint()]))
            self._truth.expose(wallet.key.public, wallet.purse.balance_fen)

    def open_chip(self, act: Act) -> None:
        """Take the key out of an opened element (F25): from now on a program signs with it, without rules."""
        source = self._town.open_wallet(act.device, OWN)
        element = self._town.second(act.device, OWN).element
        if source is not None and element is not None:
            device = self._town.second(act.device, act.hand)
            if key_in(break_open(element)).public != device.key.public:
                raise RuntimeError("an element has another key than its device")
            self._start(device, source)

    def back_up(self, act: Act) -> None:
        """Keep what the wallet is now, unless it waits for an answer."""
        wallet = self._town.open_wallet(act.device, OWN)
        if wallet is not None and self._town.second(act.device, OWN).quiet:
            self._backups[act.device] = MemoryJournal([wallet.purse.checkpoint()])

    def put_back(self, act: Act) -> None:
        """Make the wallet what it was at the backup (F02), unless it waits for an answer."""
        device, backup = self._town.second(act.device, OWN), self._backups.get(act.device)
        if backup is not None and device.wallet is not None and device.quiet:
            self.past.append((act.device, device.wallet))
            wallet = device.start_wallet(backup)
            self._truth.expose(wallet.key.public, wallet.purse.balance_fen)

    def forge(self, act: Act) -> None:
        """Make a wallet that no operator has opened, under a certificate signed with its key (F30)."""
        device, mine = self._forged(act, _forged_name(act.device))
        if mine is not None:
            signer = self._anchors.key(mine.certificate.claims.issuer)
            self._install(device.start_wallet(MemoryJournal()), mine, _certificate(device, mine, signer))

    def open_another(self, act: Act) -> None:
        """Open a further wallet for the adversary, at the same operator: a customer like any other."""
        device = self._town.second(act.device, act.hand, key=f"counterfeit/{act.device}")
        self._town.enrol(act.device, device, act.at_s)

    def counterfeit(self, act: Act) -> None:
        """Sign a load with the minting key, behind the issuer's back (F31)."""
        wallet = self._town.open_wallet(act.device, act.hand)
        if wallet is None:
            return
        epoch = wallet.trust.epoch(FIRST_EPOCH)
        values_fen = denominate(act.amount_fen, unit_fen=LEAST_FEN)
        order = LoadOrder.parse(wallet.order_load(values_fen, now_s=act.at_s))
        load = Load.sign(
            self._anchors.key("minting"),
            network=self._anchors.network,
            currency=self._anchors.currency,
            order=order,
            epoch=epoch.number,
            issued_at_s=act.at_s,
            expires_at_s=act.at_s + epoch.terms.coin_life_s,
        )
        self._truth.forged.add(load.signed.id)
        wallet.receive_load(load.signed.data)

    def slip_in(self, act: Act) -> None:
        """Make a wallet that only itself has certified, and pay it all there is (F19).

        These two do not check each other's certificate: they are the adversary's own programs.
        """
        device, mine = self._forged(act, f"uncertified/{act.device}")
        if mine is None:
            return
        certificate = _certificate(device, mine, device.key)
        operator_key = self._anchors.operator_keys[device.operator]
        wallet = device.start_wallet(MemoryJournal())
        for trust in (mine.trust, wallet.trust):
            trust.verifier.remember(certificate.signed, operator_key)
        self._install(wallet, mine, certificate)
        self.pay(act._replace(hand=OWN, other=act.device, other_hand=act.hand))

    def _forged(self, act: Act, key: str) -> tuple[Device, Wallet | None]:
        """A device with a key of that name, and the adversary's own wallet if it is open."""
        return self._town.second(act.device, act.hand, key=key), self._town.open_wallet(act.device, OWN)

    def _install(self, wallet: Wallet, mine: Wallet, certificate: WalletCertificate) -> None:
        wallet.install(certificate.signed.data)
        if mine.trust.revocations is not None:
            wallet.update_revocations(mine.trust.revocations.signed.data)

    def steal(self, act: Act) -> None:
        """Take a device away (F23): its holder pays and is paid with it no more."""
        self.stolen.add(act.device)

    def order(self, act: Act) -> None:
        """Try to load from the holder's deposit."""
        self._town.order(act.device, act.amount_fen, act.at_s)

    def report(self, act: Act) -> None:
        """Its holder reports it."""
        self._town.report_lost(act.device, act.at_s)

    def enrol(self, act: Act) -> None:
        """Open the wallet at another operator as well."""
        own = self._town.second(act.device, OWN)
        if own.wallet is not None and own.operator != act.other:
            self._town.enrol(
                act.device, self._town.second(act.device, act.hand, operator=act.other), act.at_s
            )

    def pay(self, act: Act) -> None:
        """Pay what the act says, or a part of what is there, within the budget of the attack."""
        wallet, stand = self._town.open_wallet(act.device, act.hand), self._stand(act.kind, act.device)
        if wallet is None:
            return
        budget_fen = self._budgets[act.kind]
        left_fen = min(wallet.purse.balance_fen, budget_fen - stand.paid_fen if budget_fen else 2**62)
        amount_fen = act.amount_fen or left_fen // act.parts
        if amount_fen >= LEAST_FEN and (act.amount_fen <= left_fen or not budget_fen):
            self._pay(act, amount_fen, stand)

    def pass_on(self, act: Act) -> None:
        """Pay on what an act of this attack has paid here."""
        stand = self._stand(act.kind, act.device)
        if stand.received_fen:
            self._pay(act, stand.received_fen, stand)

    def _pay(self, act: Act, amount_fen: int, stand: Stand) -> None:
        tapped = self._town.pay((act.device, act.hand), (act.other, act.other_hand), amount_fen, act)
        if tapped is not None and tapped.session.state is PayerState.PAID:
            stand.paid_fen += amount_fen
            self._stand(act.kind, act.other).received_fen = amount_fen

    def sync(self, act: Act) -> None:
        """Go online."""
        self._town.go_online(act.device, act.hand, act.at_s)


STEPS: Final[Mapping[Step, Callable[[Stage, Act], None]]] = {
    Step.COPY: Stage.copy,
    Step.OPEN_CHIP: Stage.open_chip,
    Step.BACK_UP: Stage.back_up,
    Step.PUT_BACK: Stage.put_back,
    Step.FORGE: Stage.forge,
    Step.OPEN_ANOTHER: Stage.open_another,
    Step.COUNTERFEIT: Stage.counterfeit,
    Step.SLIP_IN: Stage.slip_in,
    Step.STEAL: Stage.steal,
    Step.ORDER: Stage.order,
    Step.REPORT: Stage.report,
    Step.ENROL: Stage.enrol,
    Step.PAY: Stage.pay,
    Step.PASS_ON: Stage.pass_on,
    Step.SYNC: Stage.sync,
}


def _forged_name(device: int) -> str:
    """The name of a forged wallet's key: the same for its copies."""
    return f"forged/{device}"


def _certificate(device: Device, mine: Wallet, signer: SigningKey) -> WalletCertificate:
    """A certificate for a device as an operator would sign it, whoever does."""
    claims = mine.certificate.claims
    return WalletCertificate.sign(
        signer,
        Claims(
            issuer=claims.issuer,
            subject=None,
            key=device.key.public,
            serial=sha256(device.key.public)[: len(claims.serial)],
            not_before_s=claims.not_before_s,
            expires_at_s=claims.expires_at_s,
        ),
        kind=WalletKind.HARD,
        tier=FORGED_TIER,
        profile=LIMITS_2022.profile,
    )
