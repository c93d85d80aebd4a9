"""Colluding payees, in three forms.

claims   it signs a refusal and the receipt of the same payment, shows its payer the refusal, and claims what
         it has received: the payer gets it back, the payee redeems it, and its two words are the evidence
deaf     it takes no revocation list, so that keys that others refuse still pay there
pair     a helper with a copied wallet pays two payees who know of it: they share what the fund pays (F17)
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shuangli.sims.adversaries import budget
from shuangli.sims.adversaries.attack import Act, Attack, Kind, Step, Traits
from shuangli.sims.adversaries.site import Site, choose, helpers, in_order, spree
from shuangli.sims.settings import Concern, setting

CLAIMS = "claims"
DEAF = "deaf"
PAIR = "pair"
SELDOM = 8
"""Slow and low: one payment in so many is refused and claimed."""
AFTER_S = 60
"""So long after the last payment the two hand in."""
_COPY = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ColludingPayee:
    """Payees that break their word, or accept what they should not."""

    share: float = budget.share("payees (form pair: persons) that collude")
    number: int = budget.number()
    form: str = setting(
        CLAIMS,
        "claim what was refused; take no revocation list; or two payees of one fork",
        concern=Concern.ATTACK,
        choices=(CLAIMS, DEAF, PAIR),
    )
    strategy: str = budget.strategy()
    budget_fen: int = budget.budget_fen()


def plan(settings: ColludingPayee, sites: Sequence[Site]) -> list[Attack]:
    """Who colludes in each cell."""
    could = (lambda site: site.persons) if settings.form == PAIR else (lambda site: site.payees)
    chosen = choose(Kind.COLLUDING_PAYEE, sites, could, settings)
    make = _pairs if settings.form == PAIR else _alone
    return [make(settings, site, devices) for site, devices in zip(sites, chosen, strict=True)]


def _alone(settings: ColludingPayee, _: Site, chosen: list[int]) -> Attack:
    claims = settings.form == CLAIMS
    every = (1 if settings.strategy == budget.BURST else SELDOM) if claims else 0
    return Attack(
        kind=Kind.COLLUDING_PAYEE,
        devices=tuple(chosen),
        forking=frozenset(chosen if claims else ()),
        traits=dict.fromkeys(chosen, Traits(deaf=not claims, claims_every=every)),
    )


def _pairs(settings: ColludingPayee, site: Site, chosen: list[int]) -> Attack:
    soft = site.soft(chosen)
    site.taken |= set(soft)
    payees = helpers(site, Kind.COLLUDING_PAYEE, 2) if soft else None
    if payees is None:
        return Attack(kind=Kind.COLLUDING_PAYEE, foiled=len(chosen) - len(soft))
    acts = []
    for device in soft:
        mine, copys = (
            spree(site, Kind.COLLUDING_PAYEE, device, settings.strategy, payees=[payee]) for payee in payees
        )
        acts += [mine.act(Step.COPY, hand=_COPY), *mine.pays(), *copys.pays(_COPY, after_s=1)]
    last_s = max((act.at_s for act in acts), default=0)
    acts += [Act(last_s + AFTER_S, Kind.COLLUDING_PAYEE, Step.SYNC, payee) for payee in payees]
    return Attack(
        kind=Kind.COLLUDING_PAYEE,
        devices=tuple(sorted((*soft, *payees))),
        forking=frozenset(soft),
        acts=in_order(acts),
        budget_fen=settings.budget_fen,
        foiled=len(chosen) - len(soft),
    )
