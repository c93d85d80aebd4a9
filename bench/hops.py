"""Uploads to settle, made by the same messages that devices sign: chains of four hops, redeemed at their end.

One upload is a merchant's: 25 chains, each a coin of a load that changes hands four times (at first with
change), then one redemption of all 25 coins. So it holds 100 hops and 101 signatures of transfers.

known   the hops are signed by wallets whose certificates the centre has seen before
new     every hop is signed by a wallet of its own: a new certificate with every hop
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bench.certified import NOW_S, key_of
from bench.network import BenchIssuer
from shuangli.crypto import SigningKey, sha256
from shuangli.days import DAY_S
from shuangli.issuer.centre import Settled, Submission
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.hand_in import HandIn
from shuangli.messages.loads import Load
from shuangli.messages.transfers import (
    CENTRE,
    NO_REQUEST,
    PAYEE_OUTPUT,
    Spend,
    Transfer,
    load_coin_id,
    output_coin_id,
)

CHAINS: Final = 25
HOPS: Final = 4
HOPS_IN_UPLOAD: Final = CHAINS * HOPS
UPLOADS_IN_BATCH: Final = 10
WALLETS: Final = 200
"""As many wallets take turns where certificates are known."""
COIN_FEN: Final = 1_000
CHANGE_FEN: Final = 250
MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class Holder:
    """A wallet as far as a hop needs it: its key and certificate."""

    key: SigningKey
    certificate: WalletCertificate


class Hops:
    """Makes uploads; each call gives others."""

    def __init__(self, network: BenchIssuer, *, known: bool, seed: str) -> None:
        """Use the network's mint; `known` says whether the same wallets sign again and again."""
        self._network = network
        self._seed = seed
        self._made = 0
        self._known = [self._holder() for _ in range(WALLETS)] if known else []
        self._merchant = self._holder()
        self._keys: dict[bytes, SigningKey] = {}

    def _holder(self) -> Holder:
        self._made += 1
        key = key_of(f"{self._seed}/{self._made}")
        return Holder(key, self._network.certify(key.public, self._made))

    def _payers(self) -> list[Holder]:
        if not self._known:
            return [self._holder() for _ in range(HOPS)]
        self._made += 1
        first = self._made * 7
        return [self._known[(first + step) % WALLETS] for step in range(HOPS)]

    def submissions(self, uploads: int) -> Iterator[Submission]:
        """So many uploads, their loads minted before they are given."""
        for _ in range(uploads):
            yield self._network.submission(self._upload())

    def forked(self) -> tuple[Submission, Submission, bytes]:
        """An upload, another branch of one of its chains, and the key that signed both."""
        upload = self._upload()
        first = HandIn.decode(upload).bundle
        # The first chain's third payer pays what it has received to somebody else, too.
        signed = Transfer.parse(first.transfers[HOPS - 2])
        payer = Holder(self._keys[signed.payer], signed.certificate)
        self._made += 1
        payee = key_of(f"{self._seed}/{self._made}").public
        other = _sign(payer, payee, sha256(payee), [*signed.spends], at_s=signed.signed_at_s + 1)
        branch = Bundle(loads=first.loads[:1], transfers=(*first.transfers[: HOPS - 2], other.signed.data))
        submit = self._network.submission
        return submit(upload), submit(HandIn(bundle=branch).encode()), signed.payer

    def _upload(self) -> bytes:
        loads: list[bytes] = []
        transfers: list[bytes] = []
        redeemed: list[Spend] = []
        for _ in range(CHAINS):
            payers = self._payers()
            self._keys = {payer.key.public: payer.key for payer in payers} if not loads else self._keys
            load = self._network.mint(payers[0].key, (COIN_FEN,))
            loads.append(load.signed.data)
            coin_id, value_fen = self._chain(load, payers, transfers)
            redeemed.append(Spend(coin_id, value_fen))
        redemption = _sign(self._merchant, CENTRE, NO_REQUEST, redeemed, at_s=NOW_S + (HOPS + 1) * MINUTE_S)
        transfers.append(redemption.signed.data)
        return HandIn(bundle=Bundle(loads=tuple(loads), transfers=tuple(transfers))).encode()

    def _chain(self, load: Load, payers: list[Holder], transfers: list[bytes]) -> tuple[bytes, int]:
        coin_id, value_fen = load_coin_id(load.signed.id, 0), COIN_FEN
        payees = [*[payer.key.public for payer in payers[1:]], self._merchant.key.public]
        for hop, (payer, payee) in enumerate(zip(payers, payees, strict=True)):
            change_fen = 0 if hop else CHANGE_FEN
            value_fen -= change_fen
            request_id = sha256(coin_id)
            spend = Spend(coin_id, value_fen, change_fen)
            transfer = _sign(payer, payee, request_id, [spend], at_s=NOW_S + (hop + 1) * MINUTE_S)
            transfers.append(transfer.signed.data)
            coin_id = output_coin_id(transfer.signed.id, coin_id, PAYEE_OUTPUT)
        return coin_id, value_fen


def in_batches(submissions: Sequence[Submission]) -> Iterator[Sequence[Submission]]:
    """Uploads as they are settled: `UPLOADS_IN_BATCH` in each transaction."""
    for at in range(0, len(submissions), UPLOADS_IN_BATCH):
        yield submissions[at : at + UPLOADS_IN_BATCH]


def check_settled(answers: Iterable[object]) -> None:
    """Everything in the uploads was settled, or what was measured is something else."""
    for answer in answers:
        assert isinstance(answer, Settled)
        assert not any(answer.outcomes)


def _sign(payer: Holder, payee: bytes, request_id: bytes, spends: list[Spend], *, at_s: int) -> Transfer:
    return Transfer.sign(
        payer.key,
        request_id=request_id,
        certificate=payer.certificate,
        signed_at_s=at_s,
        claim_by_s=NOW_S + DAY_S,
        payee=payee,
        spends=spends,
    )
