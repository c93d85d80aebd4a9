"""The issuer over HTTPS, for whoever may read its audit log: an auditor, or an operator.

Both sides show a certificate of the network's own authority (`shuangli.api.tls`). What is read is compared
with the checkpoint that the centre has signed, and that with the root key: the issuer is not trusted with
anything else.
"""

from collections.abc import Callable
from typing import Final

from shuangli.api.addresses import parse_operator_address
from shuangli.api.http_link import HttpLink, ServiceClient
from shuangli.api.tls import ISSUER_NAME, TlsFiles, operator_context
from shuangli.errors import BadInput, Malformed, Unverified
from shuangli.merkle import Frontier
from shuangli.messages.key_set import KeySet
from shuangli.offline.audit import VerifiedCheckpoint, verify_checkpoint
from shuangli.offline.log_pages import Item, decode_page, verify_items

CONNECT_WITHIN_S: Final = 5.0
MOST_CONNECTIONS: Final = 8


class LogReader(ServiceClient):
    """Reads the centre's audit log.

    All methods raise what the issuer raises; `StoreError` with the code `unavailable` where it cannot be
    reached, and `NotHeard`, a kind of it, where it certainly has not heard.
    """

    def __init__(self, address: str, files: TlsFiles) -> None:
        """Talk to the issuer at `address`; nothing is sent yet.

        Raises:
            BadInput: it is no address of this kind (`bad-option`), or a file cannot be used (`bad-file`).
        """
        try:
            parsed = parse_operator_address(address)
        except BadInput:
            parsed = ""
        if not parsed.startswith("https://"):
            raise BadInput("bad-option", f"{address!r} is no issuer's address: give https://HOST:PORT")
        link = HttpLink(
            parsed,
            who="issuer",
            tls=operator_context(files),
            tls_name=ISSUER_NAME,
            connect_within_s=CONNECT_WITHIN_S,
            most_connections=MOST_CONNECTIONS,
            again=1,
        )
        super().__init__(link)

    def checkpoint(self) -> bytes:
        """The log's newest state, signed by the centre; not yet verified."""
        return self._link.ask("GET", "/v1/checkpoint")

    def log_page(self, first: int, end: int) -> list[Item]:
        """Entries from number `first` on, up to and without `end`, as many as the issuer gives at once."""
        return decode_page(self._link.ask("GET", f"/v1/log?first={first}&end={end}"))


def follow(
    reader: LogReader, *, root: bytes, known: Frontier, seen: Callable[[int, Item], None]
) -> tuple[Frontier, VerifiedCheckpoint]:
    """Read all that a log has besides what is known of it (`Frontier()` at first), and verify it.

    `seen` is told each entry with its number before it is verified: what it has gathered counts once this
    returns. Gives the tree to go on from, and the checkpoint up to which it was read.

    Raises:
        Malformed, Unverified: what does not hold, trusting nothing but `root`.
    """
    signed = _verified(reader.checkpoint(), KeySet.parse(reader.key_set()), root)
    size, tree = signed.checkpoint.size, known
    if size < tree.size:
        raise Unverified("audit-log", f"the log had {tree.size} entries before, and has {size} now")
    while tree.size < size:
        items = reader.log_page(tree.size, size)
        if not items or tree.size + len(items) > size:
            raise Malformed("shape", f"a page of {len(items)} entries, where {size - tree.size} are left")
        for number, item in enumerate(items, tree.size):
            seen(number, item)
        tree = tree.extended([item.leaf_hash for item in items])[0]
    return verify_items(tree, [], signed), signed


def _verified(data: bytes, key_set: KeySet, root: bytes) -> VerifiedCheckpoint:
    """A checkpoint that one of the key set's centres has signed; the key set itself is not trusted."""
    fault: Unverified = Unverified("unknown-signer", "the key set names no centre")
    for centre in key_set.centres:
        try:
            return verify_checkpoint(data, certificate=centre.signed.data, root=root)
        except Unverified as error:
            fault = error
    raise fault
