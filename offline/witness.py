"""A witness: it signs a log's state if the log has only grown since it looked last. Pure.

For each log it remembers one state, the last that it has signed. It signs a later one if a consistency proof
joins the two (RFC 9162 section 2.1.4), and the same one again. Where the log's owner has signed two states
that cannot both be true, it signs nothing, and has got evidence (`shuangli.offline.split_history`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from shuangli import codec
from shuangli.cose import Verifier
from shuangli.crypto import Signer
from shuangli.errors import Malformed, Unverified
from shuangli.merkle import EMPTY_ROOT, proves_consistency
from shuangli.messages.cosignature import Cosignature
from shuangli.messages.fields import check_id, read_array, read_list
from shuangli.offline.audit import VerifiedCheckpoint


class Seen(NamedTuple):
    """The last state of a log that a witness has signed; an empty log is where all begin."""

    size: int = 0
    root: bytes = EMPTY_ROOT


LogName = tuple[str, str, str]
"""Network, domain of the owner's certificate, and name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a witness remembers: the last state of each log. It is stored before a signature leaves."""

    logs: Mapping[LogName, Seen]

    def encode(self) -> bytes:
        """Encode as [[network, domain, name, size, root], ...], in order."""
        return codec.encode([[[*name, seen.size, seen.root] for name, seen in sorted(self.logs.items())]])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a memory.

        Raises:
            Malformed: it is not one.
        """
        (rows,) = read_array(data, 1, "witness's memory")
        logs: dict[LogName, Seen] = {}
        for row in read_list(rows, "logs"):
            parts = read_list(row, "a log")
            if [*map(type, parts)] != [str, str, str, int, bytes]:
                raise Malformed("shape", "a log is a network, a domain, a name, a size and a root")
            *name, size, root = parts
            check_id(root, "root")
            logs[name[0], name[1], name[2]] = Seen(size, root)
        memory = cls(logs=logs)
        if memory.encode() != data:
            raise Malformed("cbor", "logs that are out of order, or repeated")
        return memory


def cosign(
    key: Signer, memory: Memory, checkpoint: VerifiedCheckpoint, proof: Sequence[bytes], *, now_s: int
) -> tuple[Memory, Cosignature]:
    """Sign a state; gives what is to be remembered, which is stored before the signature is handed out.

    Raises:
        Unverified: it is not shown that the log has only grown (`audit-log`).
    """
    tree, last = checkpoint.checkpoint, memory.logs.get(checkpoint.log, Seen())
    if not proves_consistency(last.size, last.root, tree.size, tree.root, proof):
        raise Unverified(
            "audit-log",
            f"it is not shown that {tree.size} entries of {tree.origin} start with {last.size} seen before",
        )
    signed = Cosignature.sign(
        key, network=tree.network, origin=tree.origin, size=tree.size, root=tree.root, seen_at_s=now_s
    )
    return Memory(logs={**memory.logs, checkpoint.log: Seen(tree.size, tree.root)}), signed


def verify_cosignature(data: bytes, checkpoint: VerifiedCheckpoint, *, witness: bytes) -> Cosignature:
    """Verify that a witness whose key is trusted has seen the state of a checkpoint.

    Raises:
        Malformed: it is no cosignature.
        Unverified: it is another's, or of another state (`audit-log`), or its signature does not hold.
    """
    said, tree = Cosignature.parse(data), checkpoint.checkpoint
    if said.witness != witness:
        raise Unverified("audit-log", "the cosignature is another witness's")
    if (said.network, said.origin, said.size, said.root) != (tree.network, tree.origin, tree.size, tree.root):
        raise Unverified("audit-log", f"the witness has seen another state of the log of {tree.origin}")
    Verifier(capacity=1).check_once(said.signed, witness, "cosignature")
    return said
