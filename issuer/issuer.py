"""The issuer as one service: mint, registration centre and return desk over one database."""

from contextlib import AbstractContextManager

from shuangli.crypto import Signer
from shuangli.issuer.centre import LossPolicy, RegistrationCentre, Settled, Submission
from shuangli.issuer.minting import Mint, MintingKey
from shuangli.issuer.returns.desk import ReturnDesk
from shuangli.issuer.returns.due import Return
from shuangli.issuer.store import IssuerStore
from shuangli.messages.loads import LoadOrder
from shuangli.offline.trust import Trust


class Issuer:
    """What operators reach: mint, settle and what goes back, each inside `transaction()`."""

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
        self.return_desk = ReturnDesk(store=store, trust=trust, policy=policy)

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

    def take_watermark(self, data: bytes, *, now_s: int) -> None:
        """Take an operator's word on up to when it has passed everything on."""
        self.return_desk.take_watermark(data, now_s=now_s)

    def returns_to(self, operator: str, *, after: int) -> list[Return]:
        """What has gone back to an operator's wallets after the number that it has seen."""
        return self.return_desk.returns_to(operator, after=after)

    def report_lost(self, certificate: bytes, *, operator: str, now_s: int) -> None:
        """Note that an operator's customer has lost a wallet."""
        self.return_desk.report_lost(certificate, operator=operator, now_s=now_s)

    def claim_return(self, operator: str, number: int, *, person: bytes, now_s: int) -> int:
        """Let the guarantee fund pay a return to a person; gives what it has paid, in fen."""
        return self.return_desk.claim(operator, number, person=person, now_s=now_s)
