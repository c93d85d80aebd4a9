"""What a sandbox network is founded with. Its money is play money.

Root, centre, epoch and operators are certified for ten years, so that nobody has to renew anything. Every
operator's vault is filled once, and has reserves to settle with.
"""

from typing import Final

from shuangli.crypto import SigningKey
from shuangli.days import DAY_S
from shuangli.issuer.authority import Authority
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.minting import MintingKey, vault
from shuangli.issuer.store import IssuerStore
from shuangli.messages.certificates import Mode, Terms
from shuangli.messages.key_set import KeySet
from shuangli.offline.trust import Trust

NETWORK: Final = "sandbox"
EPOCH: Final = 1
LIFE_S: Final = 10 * 365 * DAY_S
TERMS: Final = Terms(
    currency="CNY",
    mode=Mode.TRANSFERABLE,
    hop_cap=6,
    coin_life_s=90 * DAY_S,
    claim_window_s=14 * DAY_S,
    grace_s=2 * DAY_S,
)
VAULT_FEN: Final = 10**12
RESERVES_FEN: Final = 10**12
CAP_PER_PERSON_FEN: Final = 1_000_000
OBJECTS_KEPT: Final = 100_000


def validity(now_s: int) -> dict[str, int]:
    """From when to when what is certified now is valid: from a day ago, since clocks differ."""
    return {"not_before_s": now_s - DAY_S, "expires_at_s": now_s + LIFE_S}


def first_key_set(
    authority: Authority, *, centre: bytes, minting: bytes, operators: dict[str, bytes], now_s: int
) -> KeySet:
    """The first key set of a new network: it certifies these public keys."""
    valid = validity(now_s)
    return authority.sign_key_set(
        1,
        issued_at_s=now_s,
        operators=[authority.certify_operator(name, key, **valid) for name, key in operators.items()],
        centres=[authority.certify_centre("centre", centre, **valid)],
        epochs=[authority.open_epoch(EPOCH, minting, TERMS, **valid)],
    )


def trust_in(root: bytes, key_set: bytes) -> Trust:
    """A place of its own that trusts a network's key set.

    Raises:
        Malformed, Unverified: the root has not signed it.
    """
    trust = Trust(root=root, network=NETWORK, objects_kept=OBJECTS_KEPT)
    trust.add_key_set(key_set)
    return trust


def make_issuer(
    store: IssuerStore, *, root: bytes, centre: SigningKey, minting: SigningKey, key_set: bytes
) -> Issuer:
    """The issuer of a network, on its database."""
    (epoch,) = KeySet.parse(key_set).epochs
    return Issuer(
        store=store,
        minting=MintingKey(epoch=epoch, key=minting),
        centre_key=centre,
        trust=trust_in(root, key_set),
        policy=LossPolicy(cap_per_person_fen=CAP_PER_PERSON_FEN),
    )


def fill_vaults(issuer: Issuer, key_set: KeySet, *, now_s: int) -> None:
    """Sell value to each operator that has bought none yet, and pay in reserves. Call it in a transaction."""
    known = issuer.store.ledger.balances()
    for name in {certificate.claims.subject or "" for certificate in key_set.operators}:
        if vault(name) not in known:
            issuer.fill_vault(name, VAULT_FEN, now_s=now_s)
            issuer.vaults.pay_in(name, RESERVES_FEN, now_s=now_s)
