"""What people do at an issuer by hand about disputed payments: look at them, and decide to whom each goes.

It works on the issuer's database, on which an issuer may be serving at the same time.
"""

from typing import Any, NamedTuple

from shuangli.errors import BadInput
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.returns.due import Dispute
from shuangli.money import format_yuan


class DisputeView(NamedTuple):
    """A payment that nobody has claimed in time, and whose payee has lost its key."""

    dispute: Dispute

    @property
    def name(self) -> str:
        """What it is called when it is decided: the number of its transfer, and the position in it."""
        return f"{self.dispute.parent_no}.{self.dispute.position}"

    def facts(self) -> dict[str, Any]:
        """The same for programs; keys as hex, amounts in fen."""
        one = self.dispute
        return {
            "payment": self.name,
            "payer": one.payer.hex(),
            "payee": one.payee.hex(),
            "value_fen": one.value_fen,
        }

    def text(self) -> str:
        """The same for people, in one line; amounts in yuan."""
        one = self.dispute
        return (
            f"payment {self.name}: {format_yuan(one.value_fen)} from key {one.payer.hex()[:16]}"
            f" to the lost key {one.payee.hex()[:16]}"
        )


def look_at_disputes(issuer: Issuer) -> list[DisputeView]:
    """All payments that wait for a decision."""
    return [DisputeView(one) for one in issuer.return_desk.disputes()]


def decide(issuer: Issuer, name: str, *, to_payee: bool, now_s: int) -> DisputeView:
    """Give a disputed payment to its payee's next wallet, or back to its payer; it waits no more.

    Raises:
        BadInput: no payment of this name waits for a decision (`bad-value`).
        StoreError: its epoch is suspended (`unavailable`).
    """
    with issuer.transaction():
        for view in look_at_disputes(issuer):
            if view.name == name:
                issuer.return_desk.decide(view.dispute, to_payee=to_payee, now_s=now_s)
                return view
    raise BadInput(
        "bad-value", f"no payment {name} waits for a decision; `shuangli issuer disputes` names them"
    )
