"""Minting: an order against an operator's vault becomes a load. One coin, two vaults.

The issuer keeps digital value in the issuance vault; an operator buys it with reserves into its own
vault; a load moves it from there into circulation, signed by the epoch's minting key.
"""

from dataclasses import dataclass

from shuangli.books import transfer_entry
from shuangli.crypto import Signer
from shuangli.errors import BadInput, Refused
from shuangli.issuer.store import IssuerStore
from shuangli.messages.certificates import Epoch
from shuangli.messages.loads import Load, LoadOrder
from shuangli.money import fen
from shuangli.offline.trust import Trust

RESERVES = "reserves"
GUARANTEE_FUND = "guarantee-fund"


def vault(operator: str) -> str:
    """The account of an operator's vault."""
    return f"vault:{operator}"


def circulation(epoch: int) -> str:
    """The account of the value of an epoch that is outside all vaults."""
    return f"circulation:{epoch}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MintingKey:
    """An epoch and the key that its certificate names."""

    epoch: Epoch
    key: Signer


class Mint:
    """Mints for operators; every order is answered by one load, however often it is sent."""

    def __init__(self, *, store: IssuerStore, minting: MintingKey, trust: Trust) -> None:
        """Mint under one epoch; `trust` is the issuer's own place."""
        self._store = store
        self._minting = minting
        self._trust = trust

    def fill_vault(self, operator: str, amount_fen: int, *, now_s: int) -> None:
        """Sell value to an operator against reserves. Call it inside a transaction.

        Raises:
            BadInput: the amount is not at least 1 fen.
        """
        if not fen(amount_fen):
            raise BadInput("bad-value", "0 fen do not fill a vault: give at least 1 fen")
        self._store.ledger.post(
            transfer_entry(
                kind="vault-filled",
                debit=RESERVES,
                credit=vault(operator),
                amount_fen=amount_fen,
                at_s=now_s,
                reference=operator.encode(),
            )
        )

    def mint(self, order: LoadOrder, *, operator: str, now_s: int) -> bytes:
        """Answer an operator's order with a signed load. Call it inside a transaction.

        The operator has verified the order and answers for its wallets; the vault is its own.

        Raises:
            Refused: the order names another operator (`unknown-wallet`), its nonce has been used for
                another order (`nonce-used`), no epoch is open (`epoch`), or the vault does not hold
                enough (`vault-empty`).
        """
        if order.operator != operator:
            raise Refused("unknown-wallet", f"{operator} sends an order made to {order.operator}")
        known = self._store.order(order.owner, order.nonce)
        if known is not None:
            order_id, load_data = known
            if order_id != order.signed.id:
                raise Refused("nonce-used")
            return load_data
        held_fen = -self._store.ledger.balance_fen(vault(operator))
        amount_fen = sum(order.values_fen)
        if held_fen < amount_fen:
            raise Refused("vault-empty", f"the vault of {operator} is {amount_fen - held_fen} fen short")
        epoch = self._minting.epoch
        if not epoch.claims.valid_at(now_s):
            raise Refused("epoch", f"epoch {epoch.number} does not mint at this time")
        load = Load.sign(
            self._minting.key,
            network=self._trust.network,
            currency=epoch.terms.currency,
            order=order,
            epoch=epoch.number,
            issued_at_s=now_s,
            expires_at_s=now_s + epoch.terms.coin_life_s,
        )
        self._store.add_load(load, order, due_s=load.expires_at_s + epoch.terms.grace_s)
        self._store.ledger.post(
            transfer_entry(
                kind="load",
                debit=vault(operator),
                credit=circulation(epoch.number),
                amount_fen=amount_fen,
                at_s=now_s,
                reference=load.signed.id,
            )
        )
        return load.signed.data
