"""Hints at collusion: patterns in what the guarantee fund has paid, never cases. Pure.

A payer who double spends and a payee who claims may be one band, or one person with two wallets. No signature
proves that, so nobody is named in a case for it, and nothing is withheld. A hint says which pattern was
seen, whose pseudonyms and keys it concerns, and the figures. Whoever acts on it has to look closer.

A gate that thousands pay at will meet culprits, too. So patterns of claimants count only where claims on
forks are a large part of all that the person has handed in to be redeemed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

NO_ACCUSATION: Final = (
    "A hint is no accusation: it says what figures look like, and no case names anybody for it."
)


class Pattern(Enum):
    """What was seen, in words.

    OWN_FORKS: a person claims on forks of its own other wallet.
    MANY_CULPRITS: claims on forks of several persons come from the same one.
    MEET_AGAIN: a culprit's next wallet double spends at the same claimant.
    NEAR_CAP: several claims add up to almost the cap, or to all of it.
    RING: coins that were double spent came from who claims, or two persons claim on each other's forks.
    """

    OWN_FORKS = "own-forks"
    MANY_CULPRITS = "many-culprits"
    MEET_AGAIN = "meet-again"
    NEAR_CAP = "near-cap"
    RING = "ring"


class ForkClaim(NamedTuple):
    """A payout of the fund: for which coin, whose fork, to whom; persons by pseudonym.

    `giver` is the person who paid the coin to the culprit, empty if it was loaded.
    """

    coin_key: bytes
    culprit: bytes
    culprit_key: bytes
    claimant: bytes
    claimant_key: bytes
    giver: bytes
    paid_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HintRules:
    """From when on a pattern is worth a hint.

    Attributes:
        culprits: as many persons' forks for MANY_CULPRITS
        wallets: as many wallets of one culprit for MEET_AGAIN
        claims: as many claims for NEAR_CAP
        coins: as many coins that came from their claimant for RING
        near_cap_percent: so much of the cap for NEAR_CAP
        share_percent: so much of what a claimant has handed in are claims on forks
    """

    culprits: int = 3
    wallets: int = 2
    claims: int = 3
    coins: int = 2
    near_cap_percent: int = 80
    share_percent: int = 25


STANDARD: Final = HintRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A pattern that was seen: no accusation (`NO_ACCUSATION`).

    Attributes:
        pattern: which one
        claimant: the person whom the fund has paid
        culprits: the persons on whose forks
        keys: the keys of both, as they stand in the claims
        claims: how many there are
        paid_fen: what the fund has paid for them
        redeemed_fen: all that the claimant has handed in to be redeemed
    """

    pattern: Pattern
    claimant: bytes
    culprits: tuple[bytes, ...]
    keys: tuple[bytes, ...]
    claims: int
    paid_fen: int
    redeemed_fen: int

    @property
    def words(self) -> str:
        """What a person reads."""
        return (
            f"{self.pattern.value}: {self.claims} claims of {self.claimant.hex()[:16]} on forks of"
            f" {len(self.culprits)} persons, {self.paid_fen} fen from the fund out of {self.redeemed_fen} fen"
            f" handed in. {NO_ACCUSATION}"
        )


def find_hints(
    claims: Iterable[ForkClaim],
    *,
    redeemed_fen: Mapping[bytes, int],
    cap_fen: int,
    rules: HintRules = STANDARD,
) -> list[Hint]:
    """All hints in the fund's payouts, by claimant and pattern; `redeemed_fen` is by person."""
    by_claimant: defaultdict[bytes, list[ForkClaim]] = defaultdict(list)
    for claim in claims:
        by_claimant[claim.claimant].append(claim)
    meet = {(claim.culprit, claimant) for claimant, own in by_claimant.items() for claim in own}
    hints = []
    for claimant, own in sorted(by_claimant.items()):
        handed_in_fen = redeemed_fen.get(claimant, 0)
        paid_fen = sum(claim.paid_fen for claim in own)
        is_much = paid_fen * 100 >= handed_in_fen * rules.share_percent
        for pattern, seen in _patterns(own, meet, cap_fen, rules).items():
            if seen and (is_much or pattern is Pattern.OWN_FORKS):
                hints.append(_hint(pattern, claimant, seen, handed_in_fen))
    return hints


def _patterns(
    own: list[ForkClaim], meet: set[tuple[bytes, bytes]], cap_fen: int, rules: HintRules
) -> dict[Pattern, list[ForkClaim]]:
    """The claims of one person that make each pattern; none where it is not seen."""
    others = [claim for claim in own if claim.culprit != claim.claimant]
    wallets: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for claim in others:
        wallets[claim.culprit].add(claim.culprit_key)
    near_cap = sum(claim.paid_fen for claim in own) * 100 >= cap_fen * rules.near_cap_percent
    given = [claim for claim in others if claim.giver == claim.claimant]
    if _count(given, lambda claim: claim.coin_key) < rules.coins:
        given = []
    mutual = [claim for claim in others if (claim.claimant, claim.culprit) in meet]
    return {
        Pattern.OWN_FORKS: [claim for claim in own if claim.culprit == claim.claimant],
        Pattern.MANY_CULPRITS: others if len(wallets) >= rules.culprits else [],
        Pattern.MEET_AGAIN: [claim for claim in others if len(wallets[claim.culprit]) >= rules.wallets],
        Pattern.NEAR_CAP: own if near_cap and len(own) >= rules.claims else [],
        Pattern.RING: list(dict.fromkeys(given + mutual)),
    }


def _count(claims: Iterable[ForkClaim], of: Callable[[ForkClaim], bytes]) -> int:
    return len({of(claim) for claim in claims})


def _hint(pattern: Pattern, claimant: bytes, seen: Sequence[ForkClaim], redeemed_fen: int) -> Hint:
    keys = {claim.culprit_key for claim in seen} | {claim.claimant_key for claim in seen}
    return Hint(
        pattern=pattern,
        claimant=claimant,
        culprits=tuple(sorted({claim.culprit for claim in seen})),
        keys=tuple(sorted(keys)),
        claims=len(seen),
        paid_fen=sum(claim.paid_fen for claim in seen),
        redeemed_fen=redeemed_fen,
    )
