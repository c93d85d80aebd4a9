"""The operators of a simulation: banks as they are, each on its own database, with a filled vault."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shuangli.crypto import SigningKey, sha256
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.returns.due import Return
from shuangli.offline.limits import LIMITS_2022
from shuangli.offline.trust import Trust
from shuangli.operator.bank import Bank
from shuangli.operator.certifying import BankTerms
from shuangli.operator.pseudonyms import PseudonymKey, Pseudonyms
from shuangli.operator.store import OperatorStore
from shuangli.sims.system import (
    CACHE_KIB,
    DAY_OFFSET_S,
    REMEMBERED,
    VAULT_FEN,
    YEAR_S,
    Anchors,
    SystemPlan,
    derive_key,
    place_of,
)


class Inbox:
    """The issuer of a bank whose flows are driven from outside: it tells what has gone back, no more.

    Attributes:
        returns: what has gone back to the bank's wallets, as far as it has been told
    """

    def __init__(self) -> None:
        self.returns: list[Return] = []

    def mint(self, order: bytes, *, operator: str, customer: Customer, now_s: int) -> bytes:
        """Never asked."""
        who = f"{operator} for tier {customer.tier}"
        raise RuntimeError(f"{who} asked for {len(order)} bytes at {now_s} past its flow")

    def settle(self, submission: Submission) -> Settled:
        """Never asked."""
        raise RuntimeError(f"{submission.operator} asked past its flow")

    def returns_to(self, operator: str, *, after: int) -> list[Return]:
        """What has gone back after the number that the bank has seen."""
        return [back for back in self.returns if back.operator == operator and back.number > after]

    def claim_return(self, operator: str, number: int, *, person: bytes, now_s: int) -> int:
        """Never asked."""
        raise RuntimeError(f"{operator} claimed return {number} for {person.hex()} at {now_s}")

    def report_lost(self, certificate: bytes, *, operator: str, now_s: int) -> None:
        """Never asked."""
        raise RuntimeError(f"{operator} reported {len(certificate)} bytes as lost at {now_s}")

    def log_certificates(self, certificates: Sequence[bytes], *, operator: str, now_s: int) -> None:
        """Never asked."""
        raise RuntimeError(f"{operator} reported {len(certificates)} certificates at {now_s}")


class Dies(Exception):
    """Ends a simulated operator's process before it has committed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """Where an operator's bank is made, and made anew after its process was killed."""

    plan: SystemPlan
    index: int
    key: SigningKey
    trust: Trust
    store: OperatorStore
    inbox: Inbox

    def bank(self) -> Bank:
        """A bank on its database as that is now."""
        plan = self.plan
        return Bank(
            terms=BankTerms(
                name=plan.operator_names[self.index],
                limits=LIMITS_2022,
                certificate_life_s=plan.ends_s - plan.start_s + YEAR_S // 2,
                day_offset_s=DAY_OFFSET_S,
            ),
            key=self.key,
            trust=self.trust,
            store=self.store,
            issuer=self.inbox,
            pseudonyms=Pseudonyms(
                PseudonymKey(number=0, since_s=0, secret=sha256(f"shuangli-sim/{plan.seed}/persons".encode()))
            ),
        )


def premises(plan: SystemPlan, anchors: Anchors, index: int, directory: Path | None) -> Premises:
    """The premises of the operator at a position, on its own database, with a filled vault."""
    name = plan.operator_names[index]
    made = Premises(
        plan=plan,
        index=index,
        key=derive_key(plan.seed, name, plan.signatures),
        trust=anchors.place(objects_kept=REMEMBERED),
        store=OperatorStore(place_of(directory, f"operator-{name}"), name=name, cache_kib=CACHE_KIB),
        inbox=Inbox(),
    )
    with made.store.transaction():
        made.bank().fill_vault(VAULT_FEN, now_s=plan.start_s)
    return made
