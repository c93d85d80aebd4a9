"""What the centre tells each operator when it has netted a day: a numbered, signed statement.

It says what the operator has redeemed of others' loads since the last one (claims), what others have redeemed
of its loads (debts), what its customers have sent to those of others and received from them online, and what
was paid for all that; where the operator had not enough, also what it has bought and was lent. It says what
else the operator's customers were credited with for uploads: out of its own loads, and by the guarantee fund.
So the operator can compare each sum with its books before it books anything. Each statement names the one
before it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Self

from shuangli import codec, cose
from shuangli.cose import Domain, Signed
from shuangli.crypto import DIGEST_BYTES, Signer
from shuangli.issuer.vaults.netting import Cover, Payment
from shuangli.messages.fields import (
    MAX_NAME,
    check_amount,
    check_count,
    check_id,
    check_text,
    check_time,
    read_array,
    read_list,
    require,
)
from shuangli.money import MAX_FEN

FIRST: Final = bytes(DIGEST_BYTES)
"""What the first statement of an operator names in place of the one before it."""
MOST_PARTIES: Final = 1_000
MOST_DAYS: Final = 2**20
"""Days are counted from 1970-01-01."""

Shares = tuple[tuple[str, int], ...]
"""Fen by operator, in the order of names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NettingStatement:
    """An operator's netting of all days up to `day`; amounts are fen.

    Attributes:
        number: counts the operator's statements from 1
        previous_id: the id of the one before it; `FIRST` if there is none
        counted_day: the last day of which the operator's own redemptions are in it: `day`, or an earlier one
            if the operator had not passed on everything by then
        outcome_no: the last outcome of a remittance that is in it (`issuer.remittances.desk`)
        claims: what the operator has redeemed, by the operator that loaded it
        debts: what was redeemed of its loads, by the operator that did so
        sent: what its customers have paid online to those of others, by the operator that took it
        received: what its customers have got online from those of others, by the operator that ordered it
        own_fen: what it has redeemed of its own loads
        fund_fen: what the guarantee fund has paid for uploads that it was handed
        payments: those of its payments in the fewest that settle everything
        covered: what value it has bought for that, and what it was lent or has paid back
    """

    network: str
    operator: str
    number: int
    previous_id: bytes
    made_at_s: int
    day: int
    counted_day: int
    outcome_no: int
    claims: Shares
    debts: Shares
    sent: Shares
    received: Shares
    own_fen: int
    fund_fen: int
    payments: tuple[Payment, ...]
    covered: Cover
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.network, MAX_NAME, "network")
        check_text(self.operator, MAX_NAME, "operator")
        check_amount(self.number, "number")
        check_id(self.previous_id, "id of the statement before")
        check_time(self.made_at_s, "time")
        check_count(self.day, MOST_DAYS, "day")
        check_count(self.counted_day, self.day, "counted day")
        check_count(self.outcome_no, MAX_FEN, "number of an outcome")
        for what in ("claims", "debts", "sent", "received"):
            _check_shares(getattr(self, what), self.operator, what)
        check_count(self.own_fen, MAX_FEN, "own redemptions")
        check_count(self.fund_fen, MAX_FEN, "what the fund has paid")
        for what, amount_fen in self.covered._asdict().items():
            check_count(amount_fen, MAX_FEN, what.removesuffix("_fen"))
        require(not (self.covered.lent_fen and self.covered.repaid_fen), "range", "both lent and repaid")
        paid_fen = sum(each.amount_fen * ((each.payee == self.operator) or -1) for each in self.payments)
        concerned = all(self.operator in each[:2] and each.payer != each.payee for each in self.payments)
        require(concerned, "range", "a payment is one of others")
        require(paid_fen == self.position_fen, "range", "the payments do not settle the position")

    @property
    def position_fen(self) -> int:
        """What the operator gets in money; negative if it pays."""
        return self.value_fen + _sum(self.received) - _sum(self.sent)

    @property
    def value_fen(self) -> int:
        """What the operator gives in value, for what it has redeemed; negative if it gets some."""
        return _sum(self.claims) - _sum(self.debts)

    @property
    def credited_fen(self) -> int:
        """All that the operator has credited to its customers for uploads, as the centre has counted it."""
        return _sum(self.claims) + self.own_fen + self.fund_fen

    @classmethod
    def sign(
        cls,
        centre_key: Signer,
        *,
        network: str,
        operator: str,
        number: int,
        previous_id: bytes,
        made_at_s: int,
        day: int,
        counted_day: int,
        outcome_no: int,
        claims: Iterable[tuple[str, int]],
        debts: Iterable[tuple[str, int]],
        sent: Iterable[tuple[str, int]],
        received: Iterable[tuple[str, int]],
        own_fen: int,
        fund_fen: int,
        payments: Sequence[Payment],
        covered: Cover,
    ) -> Self:
        """Sign a statement."""
        fields: list[Any] = [
            *(network, operator, number, previous_id, made_at_s, day, counted_day, outcome_no),
            *([list(share) for share in sorted(shares)] for shares in (claims, debts, sent, received)),
            *(own_fen, fund_fen, [list(payment) for payment in payments], list(covered)),
        ]
        return cls._build(
            fields, cose.sign(centre_key, Domain.NETTING_STATEMENT, codec.encode_fields(fields))
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received statement; its signature is not yet verified.

        Raises:
            Malformed: it is something else.
        """
        signed = cose.parse(data, Domain.NETTING_STATEMENT)
        return cls._build(read_array(signed.payload, 16, "netting statement"), signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        network, operator, number, previous_id, made_at_s, day, counted_day, outcome_no = fields[:8]
        claims, debts, sent, received, own_fen, fund_fen, payments, covered = fields[8:]
        return cls(
            network=network,
            operator=operator,
            number=number,
            previous_id=previous_id,
            made_at_s=made_at_s,
            day=day,
            counted_day=counted_day,
            outcome_no=outcome_no,
            claims=_read_shares(claims, "claims"),
            debts=_read_shares(debts, "debts"),
            sent=_read_shares(sent, "sent"),
            received=_read_shares(received, "received"),
            own_fen=own_fen,
            fund_fen=fund_fen,
            payments=tuple(_read_payment(part) for part in _parts(payments, "payments")),
            covered=_read_cover(covered),
            signed=signed,
        )


def _sum(shares: Shares) -> int:
    return sum(amount_fen for _, amount_fen in shares)


def _parts(value: object, what: str) -> list[Any]:
    parts = read_list(value, what)
    require(len(parts) <= MOST_PARTIES, "shape", f"{what} of more than {MOST_PARTIES} operators")
    return parts


def _read_shares(value: object, what: str) -> Shares:
    shares = []
    for part in _parts(value, what):
        fields = read_list(part, what)
        require(len(fields) == 2, "shape", f"{what} are pairs of an operator and an amount")
        shares.append((fields[0], fields[1]))
    return tuple(shares)


def _read_payment(part: object) -> Payment:
    fields = read_list(part, "a payment")
    require(len(fields) == 3, "shape", "a payment has a payer, a payee and an amount")
    payment = Payment(*fields)
    for name in payment[:2]:
        check_text(name, MAX_NAME, "operator")
    check_amount(payment.amount_fen, "payment")
    return payment


def _read_cover(value: object) -> Cover:
    fields = read_list(value, "what was bought, lent and paid back")
    require(
        len(fields) == len(Cover._fields), "shape", "what was bought, lent and paid back is three amounts"
    )
    return Cover(*fields)


def _check_shares(shares: Shares, own: str, what: str) -> None:
    for name, amount_fen in shares:
        check_text(name, MAX_NAME, "operator")
        check_amount(amount_fen, what)
        require(name != own, "range", f"{what} of an operator against itself")
    rises = all(one[0] < other[0] for one, other in pairwise(shares))
    require(rises, "range", f"{what} are not in the order of operators")
