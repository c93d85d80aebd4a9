"""Seeded bugs: each breaks one rule of DESIGN by swapping one part of the real code for another.

They show what the tests of this folder are worth: `test_mutations` runs the machine of `payments` with each
of them, `test_state_space` the search of `exploring` with some, and they must notice.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from tests.protocol import mutated_centre as centre
from tests.protocol import mutated_sessions as sessions
from tests.protocol import mutated_wallets as wallets


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A bug: its name, the rule that it breaks in the words of DESIGN, and what puts it in for a while.

    `staged` says that it shows where a received coin must be reconciled before it is spent.
    """

    name: str
    rule: str
    patch: Callable[[], AbstractContextManager[Any]]
    staged: bool = False

    def __repr__(self) -> str:
        return self.name


def _mutation(
    patch: Callable[[], AbstractContextManager[Any]], rule: str, *, staged: bool = False
) -> Mutation:
    return Mutation(name=patch.__name__, rule=rule, patch=patch, staged=staged)


MUTATIONS: Final[Sequence[Mutation]] = (
    _mutation(sessions.request_not_under_the_signature, "The payee's nonce is inside what the payer signs."),
    _mutation(sessions.sent_before_written, "Write, then send."),
    _mutation(sessions.signed_again_on_resend, "Nothing is ever signed twice: a resend is the stored bytes."),
    _mutation(
        sessions.request_paid_again, "Re-running the session with the same request finishes the same payment."
    ),
    _mutation(sessions.receipt_for_another_payment, "The receipt names the transfer."),
    _mutation(
        sessions.second_payer_is_taken_too, "Anything else out of turn is refused and changes nothing."
    ),
    _mutation(sessions.repeat_is_judged_again, "The identical repeat of a message gets the stored answer."),
    _mutation(sessions.repeat_is_stored_again, "The identical repeat of a message gets the stored answer."),
    _mutation(
        sessions.owner_not_checked, "A transfer is one signature by the owner that spends one or more coins."
    ),
    _mutation(sessions.not_conserved, "Each coin is conserved on its own."),
    _mutation(sessions.change_to_the_payee, "Change stays on the same key."),
    _mutation(
        sessions.certificate_not_checked, "A certificate is signed by an operator key, itself certified."
    ),
    _mutation(
        sessions.id_over_the_signature, "A second valid signature over the same content is the same transfer."
    ),
    _mutation(wallets.spent_coin_stays, "The payer's mark 'spent' and the signed bytes are one write."),
    _mutation(wallets.refund_on_a_lost_receipt, "Value in flight comes back by the centre alone, once."),
    _mutation(wallets.refund_on_a_refusal, "Value in flight comes back by the centre alone, once."),
    _mutation(wallets.old_load_is_taken_again, "A wallet imports only what answers a nonce it holds open."),
    _mutation(
        wallets.handed_in_before_written, "Redemption is stored before it is sent: a retry is the same bytes."
    ),
    _mutation(wallets.uploads_forgotten, "A crash loses nothing, and repeats nothing."),
    _mutation(
        sessions.received_coin_passed_on, "A received coin cannot be spent until reconciled.", staged=True
    ),
    _mutation(centre.second_depositor_accused, "Nor is the second to hand in guilty."),
    _mutation(centre.first_depositor_accused, "The first to hand in is not thereby honest, nor guilty."),
    _mutation(centre.repeat_taken_for_a_fork, "Same coin, same transfer: a repeat, harmless."),
    _mutation(centre.facts_by_wallet, "The centre keeps one fact per spent coin."),
    _mutation(centre.fact_for_an_unproven_coin, "A fact only for coins whose whole chain was verified."),
    _mutation(centre.fork_paid_from_circulation, "Forks are booked apart."),
    _mutation(centre.refund_without_a_fact, "A refused payment comes back once."),
)
