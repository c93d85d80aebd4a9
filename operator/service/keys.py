"""The private keys of a sandbox network, and the file in which they lie.

The real root is kept offline and the issuer's keys are not the operator's. Here they are together, so that a
wallet can be tried with one command: what is proven with these keys is proven to nobody else.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from shuangli import codec
from shuangli.crypto import KEY_BYTES, SigningKey
from shuangli.issuer.authority import Authority
from shuangli.issuer.service.keys import ROOT_FILE, RandomBytes, told_where
from shuangli.issuer.service.network import NETWORK, first_key_set
from shuangli.issuer.service.secret_files import OWNER_ONLY, make_directory, write_file
from shuangli.messages.fields import check_bytes, read_array, require
from shuangli.messages.key_set import KeySet

OPERATOR: Final = "OP01"
KEYS_FILE: Final = "network.cbor"
_VERSION: Final = 1


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
        """Make a new network."""
        root, centre, minting, operator = (random_bytes(KEY_BYTES) for _ in range(4))
        key_set = first_key_set(
            Authority(SigningKey(root), network=NETWORK),
            centre=SigningKey(centre).public,
            minting=SigningKey(minting).public,
            operators={OPERATOR: SigningKey(operator).public},
            now_s=now_s,
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
    with told_where(directory):
        if not path.exists():
            make_directory(directory, f"{KEYS_FILE} of an operator")
            write_file(path, NetworkKeys.found(random_bytes=random_bytes, now_s=now_s).encode())
        path.chmod(OWNER_ONLY)
        keys = NetworkKeys.decode(path.read_bytes())
        root_text = SigningKey(keys.root).public.hex() + "\n"
        (directory / ROOT_FILE).write_text(root_text, encoding="ascii")
    return keys
