"""What the issuer's database says of losses, gathered for the pure parts: standings and hints."""

from shuangli.issuer.facts import CaseRow, ObjectKind
from shuangli.issuer.losses.branches import claims_on_forks
from shuangli.issuer.losses.by_person import CaseLoss, Standing, standings
from shuangli.issuer.losses.hints import ForkClaim, Hint, find_hints
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.persons.limits import by_person
from shuangli.issuer.store import IssuerStore
from shuangli.messages.transfers import Transfer


def losses_by_person(store: IssuerStore) -> list[Standing]:
    """How every person stands that is named in a case or was paid by the fund, by pseudonym."""
    cases = store.cases()
    figures = claims_on_forks(store).figures
    holders = store.losses.holders([case.culprit for case in cases])
    losses = [
        CaseLoss(
            case.coin_key,
            holders.get(case.culprit, case.culprit),
            case.culprit,
            max(0, figures[case.coin_key].claimed_fen - case.face_fen),
        )
        for case in cases
    ]
    return standings(
        losses,
        store.losses.receivables(),
        frozen_fen=store.losses.frozen_fen(),
        fund_paid_fen=store.losses.fund_paid_by_person_fen(),
    )


def collusion_hints(store: IssuerStore, policy: LossPolicy) -> list[Hint]:
    """Patterns in what the guarantee fund has paid; redemptions count as far as `PersonDesk` has counted."""
    claims = fork_claims(store)
    keys = list({claim.claimant_key for claim in claims})
    redeemed_fen = store.persons.redeemed_fen(keys)
    holders = store.losses.holders(list(redeemed_fen))
    return find_hints(
        claims, redeemed_fen=by_person(redeemed_fen, holders), cap_fen=policy.cap_per_person_fen
    )


def fork_claims(store: IssuerStore) -> list[ForkClaim]:
    """What the guarantee fund has paid, claim by claim, with the persons behind the keys."""
    payouts = claims_on_forks(store).payouts
    signers = {case.coin_key: (case.culprit, _giver(store, case)) for case in store.cases()}
    keys = {payout.claimant for payout in payouts}.union(*signers.values())
    holders = store.losses.holders(list(keys))
    found = []
    for payout in payouts:
        culprit, giver = signers[payout.coin_key]
        found.append(
            ForkClaim(
                coin_key=payout.coin_key,
                culprit=holders.get(culprit, culprit),
                culprit_key=culprit,
                claimant=holders.get(payout.claimant, payout.claimant),
                claimant_key=payout.claimant,
                giver=holders.get(giver, giver),
                paid_fen=payout.paid_fen,
            )
        )
    return found


def _giver(store: IssuerStore, case: CaseRow) -> bytes:
    """The key that paid a forked coin to its culprit; empty if it was loaded, or is its own change."""
    kind, data = store.objects.get(case.parent_no)
    if kind is ObjectKind.LOAD or case.position % 2:
        return b""
    return Transfer.parse(data).payer
