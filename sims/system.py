"""The online half of a simulation, set up from a plan: issuer and operators as they are, on SQLite files."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from shuangli.crypto import SigningKey, sha256
from shuangli.errors import Refused
from shuangli.issuer.authority import Authority
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.epochs.states import EpochState
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.losses.policy import LossPolicy, LossRule
from shuangli.issuer.minting import MintingKey
from shuangli.issuer.store import IssuerStore
from shuangli.messages.certificates import Epoch, Terms
from shuangli.messages.notices import RevocationList
from shuangli.offline.trust import Trust
from shuangli.operator.exchange.rate import Rate
from shuangli.operator.flow import Question, reply
from shuangli.sims.signatures import SCHEMES, Scheme, Signatures, know_certifier, network_of
from shuangli.sims.uplink import Answer, Ask, AskKind, Reply
from shuangli.wallet.element.chip import ELEMENT_POLICY

EPOCH: Final = 1
DAY_OFFSET_S: Final = 0
"""A simulated place has the time that all its clocks show: days begin at its midnight."""
ELEMENT_RULES: Final = replace(ELEMENT_POLICY, day_offset_s=DAY_OFFSET_S)
YEAR_S: Final = 365 * 86_400
REMEMBERED: Final = 800_000
CACHE_KIB: Final = 32_768
"""What an operator or the centre keeps in memory: checked objects, and so much of its database."""
VAULT_FEN: Final = 10**13


class CutOff(NamedTuple):
    """When the operator at a position cannot reach the issuer: from a second up to another one."""

    operator: int
    from_s: int
    to_s: int

    def at(self, time_s: int) -> bool:
        """Say whether it is cut off."""
        return self.from_s <= time_s < self.to_s


class Killed(NamedTuple):
    """Which operator's process is killed: in its first reconciliation from a second on."""

    operator: int
    from_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPlan:
    """What the online half is set up from; certificates and epoch outlive `ends_s`, the close included.

    Devices hear of a revocation list `list_delay_s` seconds after it was made. `revokes` are times at which
    the root revokes the key of the operator at a position: (seconds, position), in order of time. `rate` is
    that at which operators sell the currency of `terms` abroad, where they do. With `returns`, what nobody
    has claimed in time goes back. `cut_off` is when an operator cannot reach the issuer, `killed` when one
    is. `later` are epochs to which the mint changes: (seconds, terms), in order of time. One more, in
    `reserve`, is opened when one is stopped.
    """

    seed: int
    start_s: int
    ends_s: int
    operators: int
    terms: Terms
    cap_per_person_fen: int
    signatures: Signatures = Signatures.REAL
    loss_rule: LossRule = LossRule.HONOUR_UP_TO_CAP
    list_delay_s: int = 0
    revokes: tuple[tuple[int, int], ...] = ()
    rate: Rate | None = None
    returns: bool = False
    cut_off: CutOff | None = None
    killed: Killed | None = None
    later: tuple[tuple[int, Terms], ...] = ()
    reserve: bool = False

    @property
    def epochs(self) -> tuple[int, ...]:
        """The numbers of all epochs."""
        return tuple(range(EPOCH, EPOCH + 1 + len(self.later) + self.reserve))

    @property
    def network(self) -> str:
        """The name of the network."""
        return network_of(self.terms.currency)

    @property
    def operator_names(self) -> tuple[str, ...]:
        """OP01, OP02, …"""
        return tuple(f"OP{index + 1:02d}" for index in range(self.operators))


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What everybody is given at the start: the root's public key, and the key set with what it certified."""

    seed: int
    root: bytes
    key_set: bytes
    operator_keys: tuple[bytes, ...]
    operator_names: tuple[str, ...]
    currency: str
    network: str
    signatures: Signatures = Signatures.REAL

    @property
    def scheme(self) -> Scheme:
        """What keys, places and elements are made with."""
        return SCHEMES[self.signatures]

    def key(self, name: str) -> SigningKey:
        """The key of a name, which signs as this network does."""
        return derive_key(self.seed, name, self.signatures)

    def device_key(self, number: int) -> bytes:
        """The public key of the device of a number."""
        return self.key(f"device/{number}").public

    def place(self, *, objects_kept: int) -> Trust:
        """The trust of one place, which checks the key set itself."""
        if self.signatures is Signatures.ACCOUNTING:
            _know_certifiers(self.seed, self.operator_names)
        trust = self.scheme.trust(root=self.root, network=self.network, objects_kept=objects_kept)
        trust.add_key_set(self.key_set)
        return trust


def derive_seed(seed: int, name: str) -> bytes:
    """32 bytes for a name: the same for the same seed, and good for nothing else."""
    return sha256(f"shuangli-sim/{seed}/{name}".encode())


def derive_key(seed: int, name: str, signatures: Signatures = Signatures.REAL) -> SigningKey:
    """The simulated key of a name; its public half is the same however it signs."""
    return SCHEMES[signatures].key(derive_seed(seed, name))


def place_of(directory: Path | None, name: str) -> Path:
    """Where a database is; SQLite keeps one of this name in memory."""
    return Path(":memory:") if directory is None else directory / f"{name}.sqlite"


@cache
def _know_certifiers(seed: int, names: tuple[str, ...]) -> None:
    for name in names:
        know_certifier(derive_key(seed, name))


class System:
    """The issuer of one simulated network: mint, registration centre, and the root that certified all."""

    def __init__(self, plan: SystemPlan, directory: Path | None) -> None:
        """Set up a network with filled vaults, its databases in `directory`, or in memory without one."""
        start_s, end_s = plan.start_s, plan.ends_s + YEAR_S
        root, self.centre_key, *minting_keys = self._keys = tuple(
            derive_key(plan.seed, name, plan.signatures)
            for name in ("root", "centre", "minting", *(f"minting/{number}" for number in plan.epochs[1:]))
        )
        authority = Authority(root, network=plan.network)
        operator_keys = tuple(derive_key(plan.seed, name).public for name in plan.operator_names)
        operators = [
            authority.certify_operator(name, key, not_before_s=start_s, expires_at_s=end_s)
            for name, key in zip(plan.operator_names, operator_keys, strict=True)
        ]
        centre = authority.certify_centre(
            "centre", self.centre_key.public, not_before_s=start_s, expires_at_s=end_s
        )
        all_terms = [plan.terms, *(terms for _, terms in plan.later)]
        all_terms += [all_terms[-1]] * plan.reserve
        epochs: list[Epoch] = [
            authority.open_epoch(number, key.public, terms, not_before_s=start_s, expires_at_s=end_s)
            for number, key, terms in zip(plan.epochs, minting_keys, all_terms, strict=True)
        ]
        first, *later = (
            MintingKey(epoch=epoch, key=key) for epoch, key in zip(epochs, minting_keys, strict=True)
        )
        self._reserve = later.pop() if plan.reserve else None
        self._to_open = deque(zip((opens_s for opens_s, _ in plan.later), later, strict=True))
        key_set = authority.sign_key_set(
            1, issued_at_s=start_s, operators=operators, centres=[centre], epochs=epochs
        )
        self.centre_certificate = centre.signed.data
        self._operators = tuple(operator.signed.data for operator in operators)
        self._to_revoke = deque(plan.revokes)
        self._lists: deque[tuple[int, int, bytes]] = deque()
        self._newest, self._published = 0, (0, b"")
        self.plan = plan
        self.directory = directory
        self.anchors = Anchors(
            seed=plan.seed,
            root=authority.public,
            key_set=key_set.signed.data,
            operator_keys=operator_keys,
            operator_names=plan.operator_names,
            currency=plan.terms.currency,
            network=plan.network,
            signatures=plan.signatures,
        )
        self.issuer = Issuer(
            store=IssuerStore(place_of(directory, "issuer"), cache_kib=CACHE_KIB),
            minting=first,
            centre_key=self.centre_key,
            trust=self.anchors.place(objects_kept=REMEMBERED),
            policy=LossPolicy(cap_per_person_fen=plan.cap_per_person_fen, rule=plan.loss_rule),
            day_offset_s=DAY_OFFSET_S,
        )
        with self.issuer.transaction():
            for name in plan.operator_names:
                self.issuer.fill_vault(name, VAULT_FEN, now_s=start_s)

    def reply(self, questions: Sequence[Question]) -> list[Reply]:
        """The issuer's replies to the questions of an operator's batch. Call it inside a transaction.

        Uploads that follow one another are settled together.
        """
        replies: list[Reply] = []
        for settles, group in groupby(questions, key=lambda question: isinstance(question, Submission)):
            together = [*group]
            replies += self._settled(together) if settles else map(self._replied, together)
        return replies

    def _settled(self, questions: Sequence[Question]) -> list[Reply]:
        replies = []
        for answer in self.issuer.settle_all([each for each in questions if isinstance(each, Submission)]):
            if not isinstance(answer, Settled):
                raise answer
            replies.append(Reply(answer))
        return replies

    def _replied(self, question: Question) -> Reply:
        try:
            return Reply(reply(question, self.issuer))
        except Refused as refusal:
            return Reply(refusal=refusal.code)

    def revocations(self, *, now_s: int) -> tuple[int, bytes]:
        """The newest revocation list and its number."""
        data = self.issuer.centre.revocation_list(now_s=now_s)
        return RevocationList.parse(data).number, data

    def published(self, number: int, data: bytes, *, now_s: int) -> tuple[int, bytes]:
        """The newest revocation list that devices can hear of by now; `number` and `data` are the newest."""
        if number > self._newest:
            # Without a first list nobody could pay: it is there from the start.
            heard_s = now_s + self.plan.list_delay_s if self._newest else now_s
            self._lists.append((heard_s, number, data))
            self._newest = number
        while self._lists and self._lists[0][0] <= now_s:
            self._published = self._lists.popleft()[1:]
        return self._published

    def note_opened(self, operator: int, answers: Sequence[Answer], *, now_s: int) -> None:
        """Log what an operator has certified, where its key will be revoked: what was logged stays good."""
        if not self._to_revoke:
            return
        opened = [answer.data for answer in answers if answer.kind is AskKind.OPEN and answer.data]
        if opened:
            name = self.plan.operator_names[operator]
            with self.issuer.transaction():
                self.issuer.log_certificates(opened, operator=name, now_s=now_s)

    def note_lost(self, operator: int, asked: Sequence[tuple[Ask, Answer]]) -> None:
        """Let the issuer know of the wallets that an operator has closed because they were lost."""
        lost = [(ask, answer.data) for ask, answer in asked if ask.kind is AskKind.LOST and answer.data]
        if lost:
            name = self.plan.operator_names[operator]
            with self.issuer.transaction():
                for ask, enrolment in lost:
                    self.issuer.report_lost(enrolment, operator=name, now_s=ask.at_s)

    def keep_up(self, *, now_s: int) -> None:
        """Open the epochs and revoke the operators' keys that are due. Call it inside a transaction."""
        while self._to_open and self._to_open[0][0] <= now_s:
            self.issuer.open_epoch(self._to_open.popleft()[1], now_s=now_s)
        if self._reserve is not None and self.issuer.store.epochs.in_states((EpochState.STOPPED,)):
            self.issuer.open_epoch(self._reserve, now_s=now_s)
            self._reserve = None
        while self._to_revoke and self._to_revoke[0][0] <= now_s:
            _, operator = self._to_revoke.popleft()
            self.issuer.centre.operator_keys.revoke(self._operators[operator], now_s=now_s)

    def signatures(self) -> tuple[int, int]:
        """Signatures made and checked by the issuer."""
        return sum(key.made for key in self._keys), self.issuer.trust.verifier.checked

    def close(self) -> None:
        """Close the database."""
        self.issuer.store.close()
