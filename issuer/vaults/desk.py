"""The desk of vaults: reserves, the daily netting among operators, and orders that fill or empty a vault.

Books (debit positive): `reserve:NAME` is what operator NAME holds of central-bank money for settlement, a
credit; `vault:NAME` its value. Buying value moves from the first to the second, selling it back (wholesale
redemption) the other way; netting moves both between operators: money and value for coins, one way each, and
money alone for payments online. None of it touches circulation: the supply of no epoch changes. `lent:NAME`
is what an operator owes the issuer, a debit, whose reserves did not suffice for a netting.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from shuangli.books import Entry, Posting, transfer_entries, transfer_entry
from shuangli.codec import encode
from shuangli.crypto import Signer, sha256
from shuangli.days import DAY_S
from shuangli.errors import BadInput, Refused, Unverified
from shuangli.issuer.epochs.operator_keys import check_operator
from shuangli.issuer.logged import post
from shuangli.issuer.minting import RESERVES, vault
from shuangli.issuer.returns.desk import ReturnDesk
from shuangli.issuer.store import IssuerStore
from shuangli.issuer.vaults.netting import (
    NOTHING,
    Cover,
    Due,
    Payment,
    Share,
    added,
    counted,
    cover,
    fewest_payments,
    net_positions,
    obligations,
    shares,
)
from shuangli.issuer.vaults.orders import Side, VaultOrder
from shuangli.issuer.vaults.statements import FIRST, NettingStatement
from shuangli.money import fen
from shuangli.offline.trust import Trust

MOST_STATEMENTS: Final = 100
_LENT: Final = "lent:"


def reserve(operator: str) -> str:
    """The account of an operator's reserves."""
    return f"reserve:{operator}"


def lent(operator: str) -> str:
    """The account of what an operator was lent for nettings, and has not paid back."""
    return f"{_LENT}{operator}"


class VaultDesk:
    """Moves value and reserves of operators; what writes is called inside the issuer's transaction."""

    def __init__(self, *, store: IssuerStore, key: Signer, trust: Trust, returns: ReturnDesk) -> None:
        """Use `store`; the centre's `key` signs statements, `trust` is the issuer's own place.

        `returns` knows up to when each operator has passed everything on.
        """
        self._store = store
        self._key = key
        self._trust = trust
        self._returns = returns

    def held_fen(self, operator: str) -> tuple[int, int]:
        """What an operator holds: value in its vault, and reserves, in fen."""
        balance_fen = self._store.ledger.balance_fen
        return -balance_fen(vault(operator)), -balance_fen(reserve(operator))

    def owed_fen(self, operator: str) -> int:
        """What an operator was lent and has not paid back: so much of its reserves it may not spend."""
        return self._store.ledger.balance_fen(lent(operator))

    def pay_in(self, operator: str, amount_fen: int, *, now_s: int) -> None:
        """Take in central-bank money that an operator sets aside for settlement.

        Raises:
            BadInput: the amount is not at least 1 fen (`bad-value`).
        """
        if not fen(amount_fen):
            raise BadInput("bad-value", "0 fen are no reserves: give at least 1 fen")
        paid_in = transfer_entry(
            kind="reserves-paid-in",
            debit=RESERVES,
            credit=reserve(operator),
            amount_fen=amount_fen,
            at_s=now_s,
            reference=operator.encode(),
        )
        post(self._store, paid_in, operator=operator)

    def execute(self, data: bytes, *, now_s: int) -> VaultOrder:
        """Carry out an operator's signed order; the same one again changes nothing.

        Raises:
            Malformed, Unverified: the order does not hold.
            Refused: its nonce came with another order (`nonce-used`), or the vault (`vault-empty`) or the
                reserves (`reserves-short`) do not hold enough.
        """
        order = VaultOrder.parse(data)
        if order.network != self._trust.network:
            raise Unverified("wrong-network", f"the order is for network {order.network}")
        check_operator(
            order.signed,
            operator=order.operator,
            at_s=order.ordered_at_s,
            trust=self._trust,
            revoked=self._store.epochs.revoked_operators(),
            what="vault order",
        )
        name, order_id = order.operator, order.signed.id
        known = self._store.vaults.order(name, order.nonce)
        if known is not None:
            if known != order_id:
                raise Refused("nonce-used")
            return order
        buys = order.side is Side.BUY
        if buys:
            promised_fen = max(0, self._store.remittances.promised_fen(name))
            kept_fen = promised_fen + self.owed_fen(name)
            self._check_held(name, value_fen=0, money_fen=order.amount_fen + kept_fen)
        else:
            self._check_held(name, value_fen=order.amount_fen, money_fen=0)
        debit, credit = (reserve(name), vault(name)) if buys else (vault(name), reserve(name))
        self._store.vaults.add_order(name, order.nonce, order_id, now_s)
        moved = transfer_entry(
            kind="vault-bought" if buys else "vault-sold",
            debit=debit,
            credit=credit,
            amount_fen=order.amount_fen,
            at_s=now_s,
            reference=order_id,
        )
        post(self._store, moved, operator=name)
        return order

    def _check_held(self, operator: str, *, value_fen: int, money_fen: int) -> None:
        held_value_fen, held_money_fen = self.held_fen(operator)
        if held_value_fen < value_fen:
            short_fen = value_fen - held_value_fen
            raise Refused("vault-empty", f"the vault of {operator} is {short_fen} fen short")
        if held_money_fen < money_fen:
            short_fen = money_fen - held_money_fen
            raise Refused("reserves-short", f"the reserves of {operator} are {short_fen} fen short")

    # --- netting ------------------------------------------------------------------------------

    def net(self, *, now_s: int) -> list[Payment]:
        """Net what operators owe each other for the days that are over; says what was paid.

        Money and value change hands together, and every operator concerned is told in a signed statement, in
        the same transaction: all of it or nothing. Done again for the same day, it finds nothing to do. An
        operator that has not enough value buys it, and one that has not the money is lent it; what was lent
        is paid back with the first netting for which its reserves suffice (`netting.cover`).

        A day is netted once every operator has signed that it has passed on all that it received by its end;
        a day later, without the rest of those that have not. So a statement is of what both sides know.
        """
        newest = now_s // DAY_S - 1
        passed_on_s = self._returns.passed_on_s(now_s=now_s)
        for day in (newest, newest - 1):
            if day <= self._store.vaults.last_netted_day():
                break
            dues = [due for due in self._store.vaults.dues() if due.day <= day]
            # Whoever is dismissed has no say: all that ever counts of it is known.
            cuts = {
                name: min(day, (passed_on_s.get(name, now_s) + 1) // DAY_S - 1)
                for name in passed_on_s.keys() | {due.redeemer for due in dues}
            }
            if day < newest or all(cut == day for cut in cuts.values()):
                return self._net(day, counted(dues, cuts), cuts, now_s)
        return []

    def _net(self, day: int, dues: list[Due], cuts: Mapping[str, int], now_s: int) -> list[Payment]:
        owed, clearing = obligations(dues), self._store.remittances.clearing()
        values, positions = net_positions(owed), net_positions(added(owed, clearing))
        payments = fewest_payments(positions)
        self._store.vaults.add_netting(day, positions, dues)
        concerned = shares(dues, clearing)
        covers = {
            name: self._cover(name, values.get(name, 0), positions.get(name, 0))
            for name in sorted(concerned.keys() | self._debtors())
        }
        for name, covered in covers.items():
            if name in concerned or any(covered):
                told = covered, day, cuts.get(name, 0), payments
                statement_id = self._tell(name, concerned.get(name, NOTHING), *told, now_s)
                self._book_cover(name, covered, statement_id, now_s)
        self._store.remittances.end_clearing()
        self._move(day, values, payments, now_s)
        return payments

    def _debtors(self) -> set[str]:
        balances = self._store.ledger.balances()
        return {
            account.removeprefix(_LENT)
            for account, fen in balances.items()
            if fen and account.startswith(_LENT)
        }

    def _cover(self, name: str, value_fen: int, position_fen: int) -> Cover:
        held_value_fen, held_money_fen = self.held_fen(name)
        return cover(
            value_fen=value_fen,
            position_fen=position_fen,
            held_value_fen=held_value_fen,
            held_money_fen=held_money_fen,
            owed_fen=self.owed_fen(name),
        )

    def _book_cover(self, name: str, covered: Cover, statement_id: bytes, now_s: int) -> None:
        """Book what an operator buys, is lent and pays back, each for itself."""
        bought_fen, lent_fen, repaid_fen = covered
        moves = (
            ("lent", lent(name), reserve(name), lent_fen),
            ("repaid", reserve(name), lent(name), repaid_fen),
            ("vault-bought", reserve(name), vault(name), bought_fen),
        )
        for entry in transfer_entries(moves, at_s=now_s, reference=statement_id):
            post(self._store, entry, operator=name)

    def _tell(
        self,
        name: str,
        share: Share,
        covered: Cover,
        day: int,
        cut: int,
        payments: Sequence[Payment],
        now_s: int,
    ) -> bytes:
        """Sign and keep what an operator is told; gives the statement's id."""
        number, counted_day, previous_id = 0, 0, FIRST
        last = self._store.vaults.last_statement(name)
        if last is not None:
            number, counted_day, data = last
            previous_id = NettingStatement.parse(data).signed.id
        counted_day = max(counted_day, cut)
        statement = NettingStatement.sign(
            self._key,
            network=self._trust.network,
            operator=name,
            number=number + 1,
            previous_id=previous_id,
            made_at_s=now_s,
            day=day,
            counted_day=counted_day,
            outcome_no=self._store.remittances.last_outcome_no(),
            claims=share.claims.items(),
            debts=share.debts.items(),
            sent=share.sent.items(),
            received=share.received.items(),
            own_fen=share.own_fen,
            fund_fen=share.fund_fen,
            payments=[payment for payment in payments if name in payment[:2]],
            covered=covered,
        )
        self._store.vaults.add_statement(name, number + 1, counted_day, statement.signed.data)
        return statement.signed.id

    def _move(self, day: int, values: Mapping[str, int], payments: Sequence[Payment], now_s: int) -> None:
        """Let money and value change hands: `values` is what each operator gives, in fen."""
        changes = Counter({vault(name): value_fen for name, value_fen in values.items()})
        for payer, payee, amount_fen in payments:
            changes[reserve(payer)] += amount_fen
            changes[reserve(payee)] -= amount_fen
        postings = tuple(Posting(account, change) for account, change in sorted(changes.items()) if change)
        if not postings:
            return
        reference = sha256(encode([day, [list(payment) for payment in payments]]))
        post(self._store, Entry(kind="netting", at_s=now_s, reference=reference, postings=postings))

    def statements_to(self, operator: str, *, after: int) -> list[bytes]:
        """What an operator was told of nettings after the number that it has seen, at most 100."""
        return self._store.vaults.statements(operator, after=after, most=MOST_STATEMENTS)
