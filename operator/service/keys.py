"""The private keys of a sandbox network, and the file in which they lie.

The real root is kept offline and the issuer's keys are not the operator's. Here they are together, so that a
wallet can be tried with one command: what is proven with these keys is proven to nobody else.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from shuangli import codec
from shuangli.crypto import KEY_BYTES, SigningKey
from shuangli.errors import BadInput, Malformed, StoreError
from shuangli.issuer.authority import Authority
from shuangli.messages.certificates import Mode, Terms
from shuangli.messages.fields import check_bytes, read_array, require
from shuangli.messages.key_set import KeySet

NETWORK: Final = "sandbox"
OPERATOR: Final = "OP01"
EPOCH: Final = 1
DAY_S: Final = 86_400
LIFE_S: Final = 10 * 365 * DAY_S
TERMS: Final = Terms(
    currency="CNY",
    mode=Mode.TRANSFERABLE,
    hop_cap=6,
    coin_life_s=90 * DAY_S,
    claim_window_s=14 * DAY_S,
    grace_s=2 * DAY_S,
)

KEYS_FILE: Final = "network.cbor"
PARTIAL_FILE: Final = "network.partial"
ROOT_FILE: Final = "root-key.txt"
OWNER_ONLY: Final = 0o600
OWNER_ENTERS: Final = 0o700
_VERSION: Final = 1

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkKeys:
    """The seeds of a network's private keys, 32 bytes each, and the key set that its root has signed."""

    root: bytes = field(repr=False)
    centre: bytes = field(repr=False)
    minting: bytes = field(repr=False)
    operator: bytes = field(repr=False)
    key_set: bytes = field(repr=False)

    def __post_init__(self) -> None:
        for seed in (self.root, self.centre, self.minting, self.operator):
            check_bytes(seed, KEY_BYTES, "a seed")
        KeySet.parse(self.key_set)

    @classmethod
    def found(cls, *, random_bytes: RandomBytes, now_s: int) -> Self:
        """Make a new network, certified from a day before `now_s`, since clocks differ, for ten years."""
        root, centre, minting, operator = (random_bytes(KEY_BYTES) for _ in range(4))
        authority = Authority(SigningKey(root), network=NETWORK)
        valid = {"not_before_s": now_s - DAY_S, "expires_at_s": now_s + LIFE_S}
        key_set = authority.sign_key_set(
            1,
            issued_at_s=now_s,
            operators=[authority.certify_operator(OPERATOR, SigningKey(operator).public, **valid)],
            centres=[authority.certify_centre("centre", SigningKey(centre).public, **valid)],
            epochs=[authority.open_epoch(EPOCH, SigningKey(minting).public, TERMS, **valid)],
        )
        seeds = {"root": root, "centre": centre, "minting": minting, "operator": operator}
        return cls(**seeds, key_set=key_set.signed.data)

    def encode(self) -> bytes:
        """Encode for the file."""
        seeds = [self.root, self.centre, self.minting, self.operator]
        return codec.encode([_VERSION, *seeds, self.key_set])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the file.

        Raises:
            Malformed: it is something else.
        """
        version, root, centre, minting, operator, key_set = read_array(data, 6, "file of keys")
        require(version == _VERSION, "shape", f"version {version} of the file of keys")
        return cls(root=root, centre=centre, minting=minting, operator=operator, key_set=key_set)


def keys_in(directory: Path, *, random_bytes: RandomBytes, now_s: int) -> NetworkKeys:
    """The keys that lie in a directory; in an empty or new one, those of a new network.

    Raises:
        BadInput: the directory cannot be used, or holds something else (`bad-file`).
        StoreError: the file of keys is damaged (`corrupt`).
    """
    path = directory / KEYS_FILE
    try:
        directory.mkdir(mode=OWNER_ENTERS, parents=True, exist_ok=True)
        if not path.exists():
            if {entry.name for entry in directory.iterdir()} - {PARTIAL_FILE}:
                raise BadInput(
                    "bad-file", f"{directory} holds other files, and no {KEYS_FILE} of an operator"
                )
            _write_once(path, NetworkKeys.found(random_bytes=random_bytes, now_s=now_s).encode())
        path.chmod(OWNER_ONLY)
        keys = NetworkKeys.decode(path.read_bytes())
        root_text = SigningKey(keys.root).public.hex() + "\n"
        (directory / ROOT_FILE).write_text(root_text, encoding="ascii")
    except Malformed as error:
        raise StoreError("corrupt", f"{path}: {error}") from error
    except OSError as error:
        raise BadInput("bad-file", f"{directory}: {error.strerror or error}") from error
    return keys


def _write_once(path: Path, data: bytes) -> None:
    """Write a secret so that it is there as a whole or not at all, for its owner only, and stays there."""
    partial = path.with_name(PARTIAL_FILE)
    descriptor = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    partial.rename(path)
    entry = os.open(path.parent, os.O_RDONLY)
    os.fsync(entry)
    os.close(entry)
