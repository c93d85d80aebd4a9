"""Audit logs checked from outside: by a wallet, a regulator, or anybody who was given a checkpoint.

Nothing is trusted but the root key and bytes. A checkpoint holds if the root has certified who signed it. An
entry is in the log if a proof joins it to the root of a checkpoint that holds; a log has only grown if a
proof joins two of them.

A proof that fails, or is not given, convicts nobody: anybody can make up a wrong proof. What convicts is two
signed words of one origin that cannot both be true:

- two checkpoints of one size with two roots, or a later one that is smaller (`contradiction`);
- two leaves, each shown in a checkpoint, with one number (`contradiction_of_entries`);
- an acknowledgement that names an entry, and a checkpoint that is later and has not got so many, or in which
  another leaf is shown at that number (`verify_omission`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from shuangli.crypto import DIGEST_BYTES
from shuangli.errors import Malformed, Unverified
from shuangli.merkle import MAX_PROOF, Frontier, leaf_hash, proves_consistency, proves_inclusion
from shuangli.messages.audit import Checkpoint, LogEntry
from shuangli.messages.certificates import OperatorCertificate, RoleCertificate
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.messages.notices import Acknowledgement, Report
from shuangli.offline.trust import Trust

_AT_ONCE: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCheckpoint:
    """A checkpoint that holds, and the certificate of who signed it: an operator's or the centre's."""

    checkpoint: Checkpoint
    certificate: RoleCertificate

    @property
    def log(self) -> tuple[str, str, str]:
        """Which log it is: network, role and name. An operator and a centre of one name have two logs."""
        return self.checkpoint.network, self.certificate.domain.name, self.checkpoint.origin


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedLeaf:
    """A leaf that is shown to have this number in a checkpoint's tree, and so in every later one's."""

    number: int
    leaf_hash: bytes
    checkpoint: VerifiedCheckpoint


def verify_checkpoint(data: bytes, *, certificate: bytes, root: bytes) -> VerifiedCheckpoint:
    """Verify a checkpoint, trusting nothing but `root`, the issuer's public key (32 bytes).

    1. The root certified an operator or a centre, for the checkpoint's network.
    2. It is the one that the checkpoint says it is of, and was certified when it was made.
    3. Its key signed the checkpoint.

    Raises:
        Malformed: not a checkpoint, or not a certificate.
        Unverified: what does not hold.
    """
    checkpoint = Checkpoint.parse(data)
    trust = Trust(root=root, network=checkpoint.network, objects_kept=4)
    signer: RoleCertificate
    try:
        signer = trust.add_operator(certificate)
    except Unverified as fault:
        if fault.code != "signature":
            raise
        signer = trust.add_centre(certificate)
    claims = signer.claims
    if claims.subject != checkpoint.origin:
        raise Unverified("audit-log", f"{claims.subject} cannot sign for the log of {checkpoint.origin}")
    if not claims.valid_at(checkpoint.made_at_s):
        raise Unverified("certificate-time", f"{claims.subject} was not certified when it was made")
    trust.verifier.check_once(checkpoint.signed, claims.key, "checkpoint")
    return VerifiedCheckpoint(checkpoint=checkpoint, certificate=signer)


def verify_inclusion(entry: LogEntry, proof: Sequence[bytes], checkpoint: VerifiedCheckpoint) -> VerifiedLeaf:
    """Verify that a log has the entry that an answer has named.

    1. The entry is of this log, which has that many.
    2. The proof joins it to the checkpoint's root (RFC 9162 section 2.1.3.2).

    Raises:
        Unverified: it does not (`audit-log`).
    """
    if entry.origin != checkpoint.checkpoint.origin:
        raise Unverified("audit-log", f"an entry of {entry.origin} is not in the log of another")
    return verify_leaf(entry.leaf_hash, entry.number, proof, checkpoint)


def verify_leaf(
    leaf: bytes, number: int, proof: Sequence[bytes], checkpoint: VerifiedCheckpoint
) -> VerifiedLeaf:
    """`verify_inclusion` of a leaf that nobody has promised, by its hash (32 bytes).

    Raises:
        Unverified: it is not in the log with this number (`audit-log`).
    """
    tree = checkpoint.checkpoint
    if not proves_inclusion(leaf, number, tree.size, proof, tree.root):
        raise Unverified("audit-log", f"it is not shown that entry {number} of {tree.origin} is this one")
    return VerifiedLeaf(number=number, leaf_hash=leaf, checkpoint=checkpoint)


def verify_consistency(old: VerifiedCheckpoint, new: VerifiedCheckpoint, proof: Sequence[bytes]) -> None:
    """Verify that a log has only grown from one checkpoint to another (RFC 9162 section 2.1.4.2).

    Raises:
        Unverified: that is not shown, or they are of two logs (`audit-log`).
    """
    before, after = old.checkpoint, new.checkpoint
    if old.log != new.log:
        raise Unverified("audit-log", "the checkpoints are of two logs")
    if why := contradiction(old, new):
        raise Unverified("audit-log", why)
    if not proves_consistency(before.size, before.root, after.size, after.root, proof):
        raise Unverified(
            "audit-log",
            f"it is not shown that the log of {after.origin} starts with its first {before.size} entries",
        )


def verify_entries(known: Frontier, entries: Iterable[bytes], checkpoint: VerifiedCheckpoint) -> Frontier:
    """Verify that a log continues what is known of it (`Frontier()` at first) with exactly these entries.

    Returns the tree up to the checkpoint, for the next time. This is how a regulator follows a log: it reads
    every entry once, and what it has read is what was signed.

    Raises:
        Malformed: one is not an event.
        Unverified: they are not the entries up to the checkpoint (`audit-log`).
    """
    tree, left = known, iter(entries)
    while some := [*islice(left, _AT_ONCE)]:
        for entry in some:
            Event.decode(entry)
        tree = tree.extended([*map(leaf_hash, some)])[0]
    signed = checkpoint.checkpoint
    if (tree.size, tree.root) != (signed.size, signed.root):
        raise Unverified("audit-log", f"these are not the {signed.size} entries that {signed.origin} signed")
    return tree


def verify_event(data: bytes, acknowledgement: Acknowledgement) -> Event:
    """Verify that an entry says what an acknowledgement said, whose signature was verified before.

    1. The entry is the one that the acknowledgement names.
    2. It tells of the settlement of that upload, with the same times, outcomes and amount.

    Raises:
        Malformed: it is no event.
        Unverified: it says something else (`audit-log`).
    """
    event = Event.decode(data)
    said, entry = acknowledgement, acknowledgement.entry
    if leaf_hash(data) != entry.leaf_hash:
        raise Unverified("audit-log", "the entry is not the one that the acknowledgement names")
    if event.kind is not EventKind.SETTLEMENT:
        raise Unverified("audit-log", "the entry that the acknowledgement names tells of something else")
    logged = (event.at_s, event.operator, event.fact("upload_id"), event.fact("received_at_s"))
    if logged != (entry.logged_at_s, said.operator, said.upload_id, said.received_at_s):
        raise Unverified("audit-log", "the entry tells of another upload, or of another time")
    if (event.fact("credited_fen"), event.fact("outcomes")) != (said.credited_fen, bytes(said.outcomes)):
        raise Unverified("audit-log", "the entry tells of another outcome than the acknowledgement")
    return event


def verify_filed(
    report: Report, entry: bytes, number: int, proof: Sequence[bytes], checkpoint: VerifiedCheckpoint
) -> VerifiedLeaf:
    """Verify that a log has this report, whose signature was verified before: no other version of it.

    Raises:
        Malformed: the entry is no event.
        Unverified: it tells of something else, or is not in the log with this number (`audit-log`).
    """
    event = Event.decode(entry)
    filed = event.kind is EventKind.REPORT and event.fact("report_id") == report.signed.id
    if not filed or event.fact("made_at_s") != report.made_at_s:
        raise Unverified("audit-log", "the entry does not tell of this report")
    return verify_leaf(leaf_hash(entry), number, proof, checkpoint)


def contradiction(one: VerifiedCheckpoint, other: VerifiedCheckpoint) -> str:
    """Say why two checkpoints of one log cannot both be true; nothing if they can, or are of two logs."""
    if one.log != other.log:
        return ""
    a, b = sorted((one.checkpoint, other.checkpoint), key=lambda part: (part.made_at_s, part.size))
    if a.size == b.size and a.root != b.root:
        return f"{a.origin} has signed two histories of {a.size} entries"
    if a.made_at_s < b.made_at_s and a.size > b.size:
        return f"the log of {a.origin} had {a.size} entries at {a.made_at_s}, and {b.size} at {b.made_at_s}"
    return ""


def contradiction_of_entries(one: VerifiedLeaf, other: VerifiedLeaf) -> str:
    """Say why two leaves cannot both be in one log; nothing if they can.

    This is what a split history comes down to where its two checkpoints are of two sizes.
    """
    same_place = one.checkpoint.log == other.checkpoint.log and one.number == other.number
    if not same_place or one.leaf_hash == other.leaf_hash:
        return ""
    return f"{one.checkpoint.checkpoint.origin} has signed two histories, which differ in entry {one.number}"


def verify_omission(
    acknowledgement: Acknowledgement,
    checkpoint: VerifiedCheckpoint,
    *,
    leaf: bytes = b"",
    proof: Sequence[bytes] = (),
) -> str:
    """Verify that a log has not got the entry that its operator has promised; says why it should.

    The acknowledgement's signature was verified before. Either the checkpoint is later than the entry and too
    small for it, or `proof` shows another leaf with its number.

    Raises:
        Unverified: nothing is shown to be missing (`audit-log`), or the leaf is not in the log.
    """
    tree, promised = checkpoint.checkpoint, acknowledgement.entry
    if promised.origin != tree.origin or not isinstance(checkpoint.certificate, OperatorCertificate):
        raise Unverified("audit-log", f"{promised.origin} has promised nothing for the log of {tree.origin}")
    if promised.number >= tree.size:
        if promised.logged_at_s >= tree.made_at_s:
            raise Unverified("audit-log", "the checkpoint is not later than the entry")
        return (
            f"{tree.origin} had logged entry {promised.number} by {promised.logged_at_s},"
            f" and signed {tree.size} entries at {tree.made_at_s}"
        )
    found = verify_leaf(leaf, promised.number, proof, checkpoint)
    if found.leaf_hash == promised.leaf_hash:
        raise Unverified("audit-log", "the log has the entry that was promised")
    return f"{tree.origin} has logged something else as entry {promised.number}"


def read_proof(parts: object) -> tuple[bytes, ...]:
    """Read a proof that is a field of something else.

    Raises:
        Malformed: it is not an array of hashes, or has too many.
    """
    if type(parts) is not list or len(parts) > MAX_PROOF:
        raise Malformed("shape", f"a proof is an array of at most {MAX_PROOF} hashes")
    if any(type(part) is not bytes or len(part) != DIGEST_BYTES for part in parts):
        raise Malformed("shape", "a hash is 32 bytes")
    return tuple(parts)
