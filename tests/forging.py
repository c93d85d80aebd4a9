"""What a dishonest holder can make with a wallet's key, behind the wallet's back."""

import hashlib
from collections.abc import Sequence
from typing import Any

from nacl import bindings

from shuangli import codec, cose
from shuangli.cose import Domain
from shuangli.crypto import SIGNATURE_BYTES
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.session import Refusal, RefusalReason
from shuangli.messages.transfers import CENTRE, NO_REQUEST, Spend, Transfer
from shuangli.offline.chain import Coin, chains, spend_outputs
from shuangli.wallet.wallet import Wallet
from tests.core import edwards
from tests.paying import Paid, signing_key
from tests.setting import DAY_S, NOW


def sign_away(
    wallet: Wallet,
    spends: Sequence[tuple[Coin, int]],
    *,
    payee: bytes = CENTRE,
    request_id: bytes = NO_REQUEST,
    certificate: WalletCertificate | None = None,
    now_s: int = NOW,
    claim_by_s: int | None = None,
) -> Transfer:
    """A transfer of (coin, fen paid from it), signed with the wallet's key; by default a redemption."""
    return Transfer.sign(
        wallet.key,
        request_id=request_id,
        certificate=certificate or wallet.certificate,
        signed_at_s=now_s,
        claim_by_s=now_s + DAY_S if claim_by_s is None else claim_by_s,
        payee=payee,
        spends=[Spend(coin.coin_id, pay_fen, coin.value_fen - pay_fen) for coin, pay_fen in spends],
    )


def sign_rows(wallet: Wallet, rows: list[Any], *, payee: bytes, request_id: bytes, now_s: int = NOW) -> bytes:
    """A transfer with any rows in place of its spends, as no honest program would encode it."""
    fields = [request_id, wallet.certificate.signed.data, now_s, now_s + DAY_S, payee, rows]
    return cose.sign(wallet.key, Domain.TRANSFER, codec.encode(fields)).data


def refuse(payee: Wallet, paid: Paid, *, now_s: int = NOW) -> bytes:
    """A payee's refusal of a payment, whatever else it does with it."""
    return Refusal.sign(
        payee.key,
        request_id=paid.request_id,
        transfer_ids=[paid.transfer.signed.id],
        refused_at_s=now_s,
        reason=RefusalReason.INVALID,
    ).signed.data


def outputs_of(transfer: Transfer, coin: Coin) -> tuple[Coin, ...]:
    """The outputs of one coin that a transfer spends."""
    spend = next(spend for spend in transfer.spends if spend.coin_id == coin.coin_id)
    return spend_outputs(transfer, spend, coin)


def bundle(coins: Sequence[Coin], *transfers: Transfer) -> bytes:
    """The chains of coins, followed by transfers."""
    return raw_bundle(coins, *(transfer.signed.data for transfer in transfers))


def raw_bundle(coins: Sequence[Coin], *objects: bytes) -> bytes:
    """The chains of coins, followed by any bytes in the place of transfers."""
    shown = chains(coins)
    return Bundle(loads=shown.loads, transfers=(*shown.transfers, *objects)).encode()


def signed_again(wallet: Wallet, transfer: Transfer) -> Transfer:
    """The same content under another valid signature: Ed25519 with a nonce of one's own choice."""
    seed = signing_key(wallet)._secret[:32]
    nonce = int.from_bytes(hashlib.sha512(transfer.signed.data).digest(), "little") % edwards.L
    # `edwards.sign_with_nonce` does the same in plain Python, too slowly for drawn tests.
    r = bindings.crypto_scalarmult_ed25519_base_noclamp(nonce.to_bytes(32, "little"))
    challenge = edwards.challenge(r, wallet.key.public, transfer.signed.message)
    signature = edwards.signature(r, (nonce + challenge * edwards.secret_scalar(seed)) % edwards.L)
    return Transfer.parse(transfer.signed.data[:-SIGNATURE_BYTES] + signature)
