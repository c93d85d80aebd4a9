"""The desk of vaults: reserves, the daily netting among operators, and orders that fill or empty a vault.

Books (debit positive): `reserve:NAME` is what operator NAME holds of central-bank money for settlement, a
credit; `vault:NAME` its value. Buying value moves from the first to the second, selling it back (wholesale
redemption) the other way; netting moves both between operators, money one way and value the other. None of it
touches circulation: the supply of no epoch changes.
"""

from collections import Counter

from shuangli.books import Entry, Posting, transfer_entry
from shuangli.codec import encode
from shuangli.crypto import sha256
from shuangli.errors import BadInput, Refused, Unverified
from shuangli.issuer.logged import post
from shuangli.issuer.minting import RESERVES, vault
from shuangli.issuer.store import IssuerStore
from shuangli.issuer.vaults.netting import Payment, fewest_payments, net_positions
from shuangli.issuer.vaults.orders import Side, VaultOrder
from shuangli.issuer.vaults.store import DAY_S
from shuangli.money import fen
from shuangli.offline.trust import Trust


def reserve(operator: str) -> str:
    """The account of an operator's reserves."""
    return f"reserve:{operator}"


class VaultDesk:
    """Moves value and reserves of operators; what writes is called inside the issuer's transaction."""

    def __init__(self, *, store: IssuerStore, trust: Trust) -> None:
        """Use `store`; `trust` is the issuer's own place."""
        self._store = store
        self._trust = trust

    def held_fen(self, operator: str) -> tuple[int, int]:
        """What an operator holds: value in its vault, and reserves, in fen."""
        balance_fen = self._store.ledger.balance_fen
        return -balance_fen(vault(operator)), -balance_fen(reserve(operator))

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
        self._check_operator(order)
        name, order_id = order.operator, order.signed.id
        known = self._store.vaults.order(name, order.nonce)
        if known is not None:
            if known != order_id:
                raise Refused("nonce-used")
            return order
        buys = order.side is Side.BUY
        self._check_held(
            name, value_fen=0 if buys else order.amount_fen, money_fen=order.amount_fen if buys else 0
        )
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

    def _check_operator(self, order: VaultOrder) -> None:
        """Make sure that the operator has signed its order with a key that is valid and not revoked."""
        revoked = self._store.epochs.revoked_operators()
        fault = Unverified("unknown-signer", f"operator {order.operator} is not trusted here")
        for certificate in self._trust.operators:
            claims = certificate.claims
            if claims.subject == order.operator and claims.valid_at(order.ordered_at_s):
                if claims.key in revoked:
                    continue
                try:
                    self._trust.verifier.check_once(order.signed, claims.key, "vault order")
                except Unverified as error:
                    # While one key of an operator follows another, both are valid.
                    fault = error
                    continue
                return
        raise fault

    def _check_held(self, operator: str, *, value_fen: int, money_fen: int) -> None:
        held_value_fen, held_money_fen = self.held_fen(operator)
        if held_value_fen < value_fen:
            short_fen = value_fen - held_value_fen
            raise Refused("vault-empty", f"the vault of {operator} is {short_fen} fen short")
        if held_money_fen < money_fen:
            short_fen = money_fen - held_money_fen
            raise Refused("reserves-short", f"the reserves of {operator} are {short_fen} fen short")

    def net(self, *, now_s: int) -> list[Payment]:
        """Net all that operators owe each other for the days that are over; says what was paid.

        Money and value change hands together, all of it or nothing. Done again on the same day, it finds
        nothing to do. While somebody cannot pay, what is owed stays owed, and grows.

        Raises:
            Refused: an operator's reserves (`reserves-short`) or vault (`vault-empty`) do not hold enough.
        """
        day = now_s // DAY_S - 1
        vaults = self._store.vaults
        if day <= vaults.last_netted_day():
            return []
        positions = net_positions(vaults.owed(day))
        for operator, position_fen in positions.items():
            self._check_held(operator, value_fen=max(0, position_fen), money_fen=max(0, -position_fen))
        payments = fewest_payments(positions)
        vaults.add_netting(day, positions)
        if payments:
            changes: Counter[str] = Counter()
            for payer, payee, amount_fen in payments:
                changes[reserve(payer)] += amount_fen
                changes[reserve(payee)] -= amount_fen
                changes[vault(payee)] += amount_fen
                changes[vault(payer)] -= amount_fen
            postings = tuple(
                Posting(account, change) for account, change in sorted(changes.items()) if change
            )
            reference = sha256(encode([day, [list(payment) for payment in payments]]))
            post(self._store, Entry(kind="netting", at_s=now_s, reference=reference, postings=postings))
        return payments
