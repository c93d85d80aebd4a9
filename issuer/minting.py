"""Minting: an order against an operator's vault becomes a load. One coin, two vaults.

The issuer keeps digital value in the issuance vault; an operator buys it with reserves into its own
vault; a load moves it from there into circulation, signed by the epoch's minting key.

Several epochs may be under way: the mint takes the newest that is open and of which it holds the key. All
of them are in the issuer's one currency (`issuer.epochs.desk`), which stands in every load.
"""

from dataclasses import dataclass

from shuangli.books import transfer_entry
from shuangli.crypto import Signer
from shuangli.database.audit import post_and_log
from shuangli.days import DAY_S
from shuangli.errors import BadInput, Refused
from shuangli.issuer.epochs.states import EpochState
from shuangli.issuer.persons.desk import PersonDesk
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.store import IssuerStore
from shuangli.messages.certificates import Epoch
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
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

    def __init__(self, *, store: IssuerStore, trust: Trust, persons: PersonDesk) -> None:
        """Mint under the epochs whose keys it is given; `trust` is the issuer's own place."""
        self._store = store
        self._trust = trust
        self._keys: dict[int, MintingKey] = {}
        self._persons = persons

    def add_key(self, minting: MintingKey) -> None:
        """Mint under this epoch, too, while it is open."""
        self._keys[minting.epoch.number] = minting

    def open_epoch(self, *, now_s: int) -> MintingKey:
        """The newest epoch that is open and valid now, with its key.

        Raises:
            Refused: there is none (`epoch`), and why.
        """
        states = self._store.epochs.states()
        why = "the mint holds no key"
        for number, minting in sorted(self._keys.items(), reverse=True):
            state = states.get(number)
            if state is not EpochState.OPEN:
                why = f"epoch {number} is {state.value if state else 'not open yet'}"
            elif minting.epoch.claims.valid_at(now_s):
                return minting
            else:
                why = f"epoch {number} does not mint at this time"
        raise Refused("epoch", f"nothing is minted: {why}")

    def fill_vault(self, operator: str, amount_fen: int, *, now_s: int) -> None:
        """Sell value to an operator against reserves. Call it inside a transaction.

        Raises:
            BadInput: the amount is not at least 1 fen.
        """
        if not fen(amount_fen):
            raise BadInput("bad-value", "0 fen do not fill a vault: give at least 1 fen")
        filled = transfer_entry(
            kind="vault-filled",
            debit=RESERVES,
            credit=vault(operator),
            amount_fen=amount_fen,
            at_s=now_s,
            reference=operator.encode(),
        )
        post_and_log(self._store.ledger, self._store.audit, filled, operator=operator)

    def mint(self, order: LoadOrder, *, operator: str, customer: Customer, now_s: int) -> bytes:
        """Answer an operator's order with a signed load. Call it inside a transaction.

        The operator answers for its wallets and for who its customers are; the vault is its own. That the
        key's holder is its customer is on the word of the key, which has signed the order to it.

        Raises:
            Unverified: the owner's key has not signed the order (`signature`).
            Refused: the order names another operator (`unknown-wallet`), its nonce has been used for
                another order (`nonce-used`), no epoch is open (`epoch`), its condition allows no time to
                spend it (`condition`), the vault does not hold
                enough (`vault-empty`), or the person has loaded too much today, here or at another operator
                (`over-limit`).
        """
        if order.operator != operator:
            raise Refused("unknown-wallet", f"{operator} sends an order made to {order.operator}")
        known = self._store.order(order.owner, order.nonce)
        if known is not None:
            order_id, load_data = known
            if order_id != order.signed.id:
                raise Refused("nonce-used")
            return load_data
        self._trust.verifier.check_once(order.signed, order.owner, "load order")
        if order.ordered_at_s < self._store.epochs.forgotten_before_s():
            raise Refused(
                "epoch", "the order is as old as an epoch that is archived: it may have been filled"
            )
        held_fen = -self._store.ledger.balance_fen(vault(operator))
        amount_fen = sum(order.values_fen)
        if held_fen < amount_fen:
            raise Refused("vault-empty", f"the vault of {operator} is {amount_fen - held_fen} fen short")
        minting = self.open_epoch(now_s=now_s)
        epoch = minting.epoch
        expires_at_s = now_s + epoch.terms.coin_life_s
        if order.condition is not None:
            expires_at_s = min(expires_at_s, order.condition.spend_by_s)
            if now_s >= expires_at_s:
                raise Refused("condition", "the time in which this value could be spent is over")
        self._persons.count_load(customer, order.owner, amount_fen, now_s=now_s)
        load = Load.sign(
            minting.key,
            network=self._trust.network,
            currency=epoch.terms.currency,
            order=order,
            epoch=epoch.number,
            issued_at_s=now_s,
            expires_at_s=expires_at_s,
        )
        self._note(load, order, operator, epoch.terms.grace_s, now_s)
        return load.signed.data

    def _note(self, load: Load, order: LoadOrder, operator: str, grace_s: int, now_s: int) -> None:
        """Enter a load into the mint log, the books and the audit log."""
        amount_fen = sum(load.values_fen)
        due_s = load.expires_at_s + grace_s
        self._store.add_load(load, order, due_s=due_s)
        self._store.ledger.post(
            transfer_entry(
                kind="load",
                debit=vault(operator),
                credit=circulation(load.epoch),
                amount_fen=amount_fen,
                at_s=now_s,
                reference=load.signed.id,
            )
        )
        self._store.audit.append(
            [
                Event.of(
                    EventKind.LOAD,
                    at_s=now_s,
                    operator=operator,
                    load_id=load.signed.id,
                    epoch=load.epoch,
                    value_fen=amount_fen,
                    since_day=now_s // DAY_S,
                    due_day=due_s // DAY_S,
                )
            ]
        )
