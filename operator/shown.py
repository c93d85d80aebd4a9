"""What an upload shows, as its operator needs it: who is paid, what its books count, what its log tells.

The operator walks over it; or a reader of this very process, which trusts exactly what the operator trusts,
has walked over it and proven what it changes if all that it shows is new (`issuer.reading`). Then nothing is
walked again unless the centre says that something was not new. A reader passes over the signatures of small
loads, which the centre finds in its mint log. The operator has no such log, and checks them itself.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from shuangli.errors import ProtocolError
from shuangli.issuer.findings.payments import settled_payments
from shuangli.issuer.proven import Proven
from shuangli.issuer.reading import Footing, Vouched, footing_of
from shuangli.messages.hand_in import HandIn
from shuangli.messages.notices import Outcome
from shuangli.offline.chain import Walk, verify_load, walk
from shuangli.offline.refusals import VerifiedRefusal, verify_refusals
from shuangli.offline.trust import NO_KEYS, Trust
from shuangli.operator.creditor import check_loads, may_lack_keys, one_creditor, paid_keys
from shuangli.operator.netting.sums import Redeemed, redeemed_by_loader


class _Walked(NamedTuple):
    """The walk over an upload, and a verdict on each of its refusals."""

    seen: Walk
    refusals: list[VerifiedRefusal | ProtocolError]


def footing_here(trust: Trust) -> Footing:
    """What readers are to trust in place of an operator, whose own place `trust` is."""
    listed = trust.revocations
    return footing_of(trust, revoked=NO_KEYS if listed is None else listed.operators)


class Shown:
    """One upload at its operator."""

    def __init__(self, upload: bytes, trust: Trust, vouched: Vouched | None = None) -> None:
        """Look at an upload; `trust` is the operator's own place, `vouched` what a reader has said of it.

        Raises:
            Malformed: it is no hand-in.
        """
        self._hand_in = HandIn.decode(upload)
        self._trust = trust
        self._proven = None if vouched is None else self._proven_by(vouched)

    def _proven_by(self, vouched: Vouched) -> Proven | None:
        """What a reader has proven, if it trusted what is trusted here now, and the loads hold here."""
        if vouched.footing != footing_here(self._trust):
            return None
        try:
            for data in self._hand_in.bundle.loads:
                verify_load(data, self._trust)
        except ProtocolError:
            return None
        return vouched.reading.proven

    @cached_property
    def _walked(self) -> _Walked:
        seen = walk(self._hand_in.bundle, self._trust)
        check_loads(self._hand_in.bundle, seen)
        return _Walked(seen, verify_refusals(self._hand_in.refusals, seen, self._trust))

    @property
    def creditor(self) -> bytes | None:
        """The one key that it is to be paid to; None if nothing in it that holds is to be paid.

        Raises:
            Malformed: it is to be paid to two keys, or shows nothing at all: none such is kept.
            Unverified: a load in it has a wrong signature (`signature`): neither is such a one.
        """
        return one_creditor(paid_keys(*self._walked) if self._proven is None else self._proven.creditors)

    @property
    def may_lack_keys(self) -> bool:
        """Whether newer keys might show more in it."""
        return self._proven is None and may_lack_keys(*self._walked)

    def _settled_as_proven(self, outcomes: Sequence[Outcome]) -> Proven | None:
        """What was proven, if that is what the centre has settled: all of it."""
        proven = self._proven
        as_proven = proven is not None and [*outcomes] == [Outcome.SETTLED] * proven.spends
        return proven if as_proven else None

    def redeemed(self, outcomes: Sequence[Outcome]) -> dict[str, Redeemed]:
        """What it has redeemed or given back, by the operator that loaded; an outcome for each spend."""
        proven = self._settled_as_proven(outcomes)
        if proven is None:
            return redeemed_by_loader(*self._walked, outcomes)
        return {loader: Redeemed(settled_fen=fen) for loader, fen in proven.redeemed_by_loader}

    def paid_at_s(self, outcomes: Sequence[Outcome]) -> list[int]:
        """When each payment was signed that is settled now."""
        proven = self._settled_as_proven(outcomes)
        return settled_payments(self._walked.seen, outcomes) if proven is None else proven.paid_at_s

    def walk_if_paid_by(self, keys: frozenset[bytes]) -> Walk | None:
        """Its walk; None if it shows for certain that none of these keys has paid in it."""
        proven = self._proven
        if proven is not None and keys.isdisjoint(proven.payers):
            return None
        return self._walked.seen
