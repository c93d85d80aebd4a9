"""A simulated card in a file: the applet of a secure element, whose memory outlives the process.

    file   the pages and their SHA-256; replaced as a whole by each commit

The applet keeps its rules as in any element: key, coins, limits, counters and PIN are behind its commands.
A file does not keep its holder out, as a chip would: whoever reads it has the key, and whoever puts an older
copy back has a copied wallet. So it stands for a hard wallet in trials, never for the guarantees of one.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from shuangli.crypto import KEY_BYTES
from shuangli.errors import BadInput, Malformed, StoreError
from shuangli.messages.certificates import WalletKind
from shuangli.wallet.element.chip import Element, make_element
from shuangli.wallet.element.memory import PAGE_BYTES
from shuangli.wallet.element.power import Power
from shuangli.wallet.file_database import sync_entry
from shuangli.wallet.file_format import RandomBytes, with_digest, without_digest

OWNER_ONLY: Final = 0o600


class CardFile:
    """The memory of an element, in a file (`wallet.element.memory.Memory`)."""

    __slots__ = ("_path", "written")

    def __init__(self, path: Path) -> None:
        """The card at this path."""
        self._path = path
        self.written = 0

    def read(self, power: Power) -> Sequence[bytes]:
        """All pages.

        Raises:
            BadInput: there is no card (`bad-file`).
            StoreError: it is damaged (`corrupt`), or cannot be read (`unavailable`).
        """
        power.use()
        try:
            data = without_digest(self._path.read_bytes())
        except FileNotFoundError:
            raise BadInput("bad-file", f"{self._path}: there is no card") from None
        except OSError as error:
            raise StoreError("unavailable", f"{self._path}: {error.strerror or error}") from error
        except Malformed as error:
            raise StoreError("corrupt", f"{self._path}: the card is damaged") from error
        return tuple(data[start : start + PAGE_BYTES] for start in range(0, len(data), PAGE_BYTES))

    def commit(self, pages: Mapping[int, bytes], power: Power) -> None:
        """Replace the file by one with these pages; on the disk when it returns.

        Raises:
            StoreError: it cannot be written (`unavailable`); nothing has changed.
        """
        fresh = list(self.read(power))
        for number, page in pages.items():
            fresh[number] = page
        self.write(fresh)
        self.written += len(pages)

    def write(self, pages: Sequence[bytes]) -> None:
        """Write all pages anew."""
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
            with os.fdopen(handle, "wb") as file:
                file.write(with_digest(b"".join(pages)))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
            sync_entry(self._path.parent)
        except OSError as error:
            raise StoreError("unavailable", f"{self._path}: {error.strerror or error}") from error


def make_card(
    path: Path, *, network: str, root: bytes, currency: str, pin: str, random_bytes: RandomBytes
) -> None:
    """Make a card for wallets of a network, as its maker does.

    Raises:
        Refused: the PIN is none (`wrong-pin`).
        StoreError: it cannot be written (`unavailable`).
    """
    made = make_element(
        WalletKind.HARD,
        seed=random_bytes(KEY_BYTES),
        nonce_key=random_bytes(KEY_BYTES),
        network=network,
        root=root,
        currency=currency,
        pin=pin,
    )
    CardFile(path).write(made.memory.read(made.power))


def card_at(path: Path) -> Element:
    """The card at a path, in the field of a reader."""
    return Element(CardFile(path))
