"""The issuer as one service: the mint and the registration centre over one database."""

from contextlib import AbstractContextManager

from shuangli.crypto import Signer
from shuangli.issuer.centre import LossPolicy, RegistrationCentre, Settled, Submission
from shuangli.issuer.minting import Mint, MintingKey
from shuangli.issuer.store import IssuerStore
from shuangli.messages.loads import LoadOrder
from shuangli.offline.trust import Trust


class Issuer:
    """What operators reach: mint and settle, each inside `transaction()`."""

    def __init__(
        self,
        *,
        store: IssuerStore,
        minting: MintingKey,
        centre_key: Signer,
        trust: Trust,
        policy: LossPolicy,
    ) -> None:
        """Run the issuer's online side; the root key is not needed here."""
        self.store = store
        self.trust = trust
        self._mint = Mint(store=store, minting=minting, trust=trust)
        self.centre = RegistrationCentre(store=store, key=centre_key, trust=trust, policy=policy)

    def transaction(self) -> AbstractContextManager[None]:
        """All that happens inside is kept, or nothing of it."""
        return self.store.transaction()

    def fill_vault(self, operator: str, amount_fen: int, *, now_s: int) -> None:
        """Sell value to an operator against reserves."""
        self._mint.fill_vault(operator, amount_fen, now_s=now_s)

    def mint(self, order: bytes, *, operator: str, now_s: int) -> bytes:
        """Answer an operator's order with a signed load."""
        return self._mint.mint(LoadOrder.parse(order), operator=operator, now_s=now_s)

    def settle(self, submission: Submission) -> Settled:
        """Settle an upload that an operator passes on."""
        return self.centre.settle(submission)
