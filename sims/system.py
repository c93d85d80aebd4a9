"""The online half of a simulation: issuer and operators as they are, on SQLite files, fed with asks."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shuangli.crypto import SigningKey, sha256
from shuangli.errors import Refused
from shuangli.issuer.authority import Authority
from shuangli.issuer.centre import LossPolicy
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.minting import MintingKey
from shuangli.issuer.store import IssuerStore
from shuangli.messages.certificates import Terms
from shuangli.messages.notices import RevocationList
from shuangli.offline.trust import Trust
from shuangli.operator.bank import Bank, BankTerms
from shuangli.operator.store import OperatorStore
from shuangli.operator.tiers import LIMITS_2022
from shuangli.sims.uplink import Answer, Ask, AskKind

NETWORK: Final = "sim"
EPOCH: Final = 1
YEAR_S: Final = 365 * 86_400
REMEMBERED: Final = 1_000_000
VAULT_FEN: Final = 10**13


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPlan:
    """What the online half is set up from."""

    seed: int
    start_s: int
    operators: int
    terms: Terms
    cap_per_person_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What every device is given at the start: the root's public key and what it has certified."""

    root: bytes
    operators: tuple[bytes, ...]
    operator_keys: tuple[bytes, ...]
    centre: bytes
    epoch: bytes
    operator_names: tuple[str, ...]


def derive_key(seed: int, name: str) -> SigningKey:
    """The simulated key of a name: the same for the same seed, and good for nothing else."""
    return SigningKey(sha256(f"shuangli-sim/{seed}/{name}".encode()))


class System:
    """Issuer, centre and operators of one simulated network."""

    def __init__(self, plan: SystemPlan, directory: Path) -> None:
        """Set up a network whose databases lie in `directory`."""
        self._plan = plan
        start_s, end_s = plan.start_s, plan.start_s + YEAR_S
        self._root = derive_key(plan.seed, "root")
        authority = Authority(self._root, network=NETWORK)
        names = tuple(f"OP{index + 1:02d}" for index in range(plan.operators))
        keys = [derive_key(plan.seed, name) for name in names]
        self.centre_key, self._minting_key = derive_key(plan.seed, "centre"), derive_key(plan.seed, "minting")
        operators = [
            authority.certify_operator(name, key.public, not_before_s=start_s, expires_at_s=end_s)
            for name, key in zip(names, keys, strict=True)
        ]
        centre = authority.certify_centre(
            "centre", self.centre_key.public, not_before_s=start_s, expires_at_s=end_s
        )
        epoch = authority.open_epoch(
            EPOCH, self._minting_key.public, plan.terms, not_before_s=start_s, expires_at_s=end_s
        )
        self.anchors = Anchors(
            root=authority.public,
            operators=tuple(operator.signed.data for operator in operators),
            operator_keys=tuple(key.public for key in keys),
            centre=centre.signed.data,
            epoch=epoch.signed.data,
            operator_names=names,
        )
        self.issuer = Issuer(
            store=IssuerStore(directory / "issuer.sqlite"),
            minting=MintingKey(epoch=epoch, key=self._minting_key),
            centre_key=self.centre_key,
            trust=self._place(),
            policy=LossPolicy(cap_per_person_fen=plan.cap_per_person_fen),
        )
        self.banks = [
            Bank(
                terms=BankTerms(name=name, limits=LIMITS_2022, certificate_life_s=YEAR_S // 2),
                key=key,
                trust=self._place(),
                store=OperatorStore(directory / f"operator-{name}.sqlite"),
                issuer=self.issuer,
            )
            for name, key in zip(names, keys, strict=True)
        ]
        self._keys = [self._root, self.centre_key, self._minting_key, *keys]
        self._revocations = b""
        self._list_number = 0
        with self._transaction():
            for bank in self.banks:
                self.issuer.fill_vault(bank.terms.name, VAULT_FEN, now_s=start_s)
                bank.fill_vault(VAULT_FEN, now_s=start_s)

    def _place(self) -> Trust:
        trust = Trust(root=self.anchors.root, network=NETWORK, objects_kept=REMEMBERED)
        for certificate in self.anchors.operators:
            trust.add_operator(certificate)
        trust.add_centre(self.anchors.centre)
        trust.add_epoch(self.anchors.epoch)
        return trust

    def _transaction(self) -> ExitStack:
        """One transaction in every database; the issuer's commits first, so a bank never runs ahead."""
        stack = ExitStack()
        for bank in self.banks:
            stack.enter_context(bank.store.transaction())
        stack.enter_context(self.issuer.transaction())
        return stack

    def handle(self, asks: Sequence[Ask], *, now_s: int) -> list[Answer]:
        """Answer a window's asks in their order; everything is on disk when this returns."""
        if not asks:
            return []
        with self._transaction():
            answers = [self._answer(ask) for ask in asks]
        self._revocations = self.issuer.centre.revocation_list(now_s=now_s)
        self._list_number = RevocationList.parse(self._revocations).number
        return [
            answer._replace(revocations=self._revocations)
            if ask.kind is AskKind.SYNC and ask.list_number < self._list_number
            else answer
            for ask, answer in zip(asks, answers, strict=True)
            if ask.kind is not AskKind.WAGE
        ]

    def _answer(self, ask: Ask) -> Answer:
        bank = self.banks[ask.operator]
        try:
            data = self._act(bank, ask)
        except Refused as refusal:
            return Answer(ask.device, ask.kind, b"", error=refusal.code)
        return Answer(ask.device, ask.kind, data)

    @staticmethod
    def _act(bank: Bank, ask: Ask) -> bytes:
        if ask.kind is AskKind.WAGE:
            bank.pay(ask.key, ask.data, ask.amount_fen, now_s=ask.at_s)
            return b""
        if ask.kind is AskKind.SYNC:
            return bank.reconcile(ask.data, now_s=ask.at_s) if ask.data else b""
        certificate = bank.open_wallet(ask.data, now_s=ask.at_s) if ask.kind is AskKind.OPEN else b""
        if ask.amount_fen:
            bank.deposit(ask.key, ask.amount_fen, now_s=ask.at_s)
        return certificate or bank.order_load(ask.data, now_s=ask.at_s)

    def signatures(self) -> tuple[int, int]:
        """Signatures made and checked by issuer, centre and operators."""
        places = [self.issuer.trust, *(bank.trust for bank in self.banks)]
        return sum(key.made for key in self._keys), sum(place.verifier.checked for place in places)

    def close(self) -> None:
        """Close all databases."""
        self.issuer.store.close()
        for bank in self.banks:
            bank.store.close()
