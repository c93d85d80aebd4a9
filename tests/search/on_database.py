"""The same events at the real issuer on its database: what the search's centre is held against."""

from pathlib import Path
from typing import Final

from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.minting import MintingKey
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.store import IssuerStore
from shuangli.issuer.supply import supply_by_epoch
from shuangli.messages.returns import Watermark
from tests.search.plan import MINTING_KEY, NETWORK, NOW, OPERATOR_KEYS, OPERATORS, ROOT_KEY
from tests.search.state import UNSIGNED
from tests.search.story import Story
from tests.search.walking import Walked

VAULT_FEN: Final = 10**6


class Played:
    """A walk's events at an issuer of its own: what was credited by key, and the supply in the end."""

    def __init__(self, walked: Walked, directory: Path) -> None:
        story, cap_fen = walked.world.story, walked.world.bounds.cap_fen
        self.credited_fen: dict[bytes, int] = {}
        self._seen: dict[str, int] = {}
        self._issuer = Issuer(
            store=IssuerStore(directory / "issuer.sqlite"),
            minting=MintingKey(epoch=story.epoch, key=MINTING_KEY),
            centre_key=ROOT_KEY,
            trust=story.place(),
            policy=LossPolicy(cap_per_person_fen=cap_fen),
        )
        self._mint(story)
        for event in walked.events:
            with self._issuer.transaction():
                if event.receipt is not None:
                    upload = story.uploads[event.receipt.upload]
                    key = story.keys[upload.who].public
                    answer = self._issuer.settle(
                        Submission(
                            operator=OPERATORS[event.receipt.operator],
                            upload=story.encoded(upload).encode(),
                            person=key,
                            received_s=event.receipt.received_s,
                        )
                    )
                    self._credit(key, answer)
                elif event.marks:
                    self._take(event.marks, event.now_s)
                else:
                    self._issuer.return_desk.return_due(now_s=event.now_s)
                    self._fetch(event.now_s)
        self._issuer.centre.check_books()
        (self.supply,) = supply_by_epoch(self._issuer.store)
        self.cases = frozenset((case.coin_key, case.culprit) for case in self._issuer.store.cases())
        self._issuer.store.close()

    def _mint(self, story: Story) -> None:
        with self._issuer.transaction():
            for operator in OPERATORS:
                self._issuer.fill_vault(operator, VAULT_FEN, now_s=NOW)
            for who, order in story.orders.items():
                certificate = story.certificates[who]
                customer = Customer(order.owner, certificate.tier, certificate.profile)
                data = self._issuer.mint(
                    order.signed.data, operator=order.operator, customer=customer, now_s=NOW
                )
                assert data == story.loads[who].signed.data

    def _credit(self, key: bytes, answer: Settled) -> None:
        self.credited_fen[key] = self.credited_fen.get(key, 0) + answer.credited_fen

    def _take(self, marks: tuple[int, ...], now_s: int) -> None:
        for operator, operator_key, mark_s in zip(OPERATORS, OPERATOR_KEYS, marks, strict=True):
            if mark_s != UNSIGNED:
                watermark = Watermark.sign(operator_key, network=NETWORK, operator=operator, up_to_s=mark_s)
                self._issuer.take_watermark(watermark.signed.data, now_s=now_s)

    def _fetch(self, now_s: int) -> None:
        """Let operators fetch what has gone back, as they do, and ask the guarantee fund for its part."""
        for operator in OPERATORS:
            for back in self._issuer.returns_to(operator, after=self._seen.get(operator, 0)):
                self._seen[operator] = back.number
                paid_fen = back.value_fen
                if back.from_fund:
                    paid_fen = self._issuer.claim_return(
                        operator, back.number, person=back.owner, now_s=now_s
                    )
                self.credited_fen[back.owner] = self.credited_fen.get(back.owner, 0) + paid_fen
