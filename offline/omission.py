"""Evidence of an omission: an operator has acknowledged an upload, and its log has not got the entry.

Anybody verifies it with the root key alone. A wallet makes it of the acknowledgement that it keeps and of a
checkpoint that it was shown later.
"""

from dataclasses import dataclass
from typing import Any, Self

from shuangli import codec
from shuangli.crypto import DIGEST_BYTES
from shuangli.errors import Malformed, Unverified
from shuangli.messages.fields import check_bytes, read_array, read_list
from shuangli.messages.notices import Acknowledgement
from shuangli.offline.audit import VerifiedCheckpoint, read_proof, verify_checkpoint, verify_omission
from shuangli.offline.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """An acknowledgement and a checkpoint, each with the certificate of the operator's key that signed it.

    The checkpoint is later than the entry and too small for it: then `leaf_hash` is empty. Or it is shown by
    `proof` to have another leaf at the entry's number.
    """

    certificates: tuple[bytes, bytes]
    acknowledgement: bytes
    checkpoint: bytes
    leaf_hash: bytes = b""
    proof: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        """Encode as [[certificate, acknowledgement], [certificate, checkpoint], leaf].

        `leaf` is [] or [leaf hash, [hash, ...]].
        """
        signed = [[self.certificates[0], self.acknowledgement], [self.certificates[1], self.checkpoint]]
        leaf: list[Any] = [self.leaf_hash, list(self.proof)] if self.leaf_hash else []
        return codec.encode([*signed, leaf])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read an evidence file; nothing in it is verified yet.

        Raises:
            Malformed: it is not one.
        """
        *signed, leaf = read_array(data, 3, "omission")
        pairs = [read_list(pair, "a signed object") for pair in signed]
        if any([*map(type, pair)] != [bytes, bytes] for pair in pairs):
            raise Malformed("shape", "an omission holds two signed objects, each after its certificate")
        (acknowledged_by, acknowledgement), (signed_by, checkpoint) = pairs
        parts = read_list(leaf, "leaf")
        if len(parts) not in (0, 2):
            raise Malformed("shape", "a leaf is its hash and a proof")
        if parts:
            check_bytes(parts[0], DIGEST_BYTES, "leaf hash")
        return cls(
            certificates=(acknowledged_by, signed_by),
            acknowledgement=acknowledgement,
            checkpoint=checkpoint,
            leaf_hash=parts[0] if parts else b"",
            proof=read_proof(parts[1]) if parts else (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedOmission:
    """A proven omission: what was acknowledged, the checkpoint that has not got it, and why it should."""

    acknowledgement: Acknowledgement
    checkpoint: VerifiedCheckpoint
    why: str


def verify_omission_file(data: bytes, *, root: bytes) -> VerifiedOmission:
    """Verify evidence of an omission, trusting nothing but `root`, the issuer's public key (32 bytes).

    1. The checkpoint holds (`verify_checkpoint`).
    2. The acknowledgement is signed by an operator of its name, who was certified for the network of the
       checkpoint when it logged the entry.
    3. The log has not got the entry (`verify_omission`).

    Raises:
        Malformed: not an evidence file.
        Unverified: it does not prove an omission, with the reason.
    """
    evidence = Omission.decode(data)
    acknowledged_by, signed_by = evidence.certificates
    checkpoint = verify_checkpoint(evidence.checkpoint, certificate=signed_by, root=root)
    acknowledgement = Acknowledgement.parse(evidence.acknowledgement)
    trust = Trust(root=root, network=checkpoint.checkpoint.network, objects_kept=4)
    claims = trust.add_operator(acknowledged_by).claims
    if claims.subject != acknowledgement.operator:
        raise Unverified("audit-log", f"{claims.subject} cannot acknowledge for {acknowledgement.operator}")
    if not claims.valid_at(acknowledgement.entry.logged_at_s):
        raise Unverified("certificate-time", f"{claims.subject} was not certified when it acknowledged")
    trust.verifier.check_once(acknowledgement.signed, claims.key, "acknowledgement")
    why = verify_omission(acknowledgement, checkpoint, leaf=evidence.leaf_hash, proof=evidence.proof)
    return VerifiedOmission(acknowledgement=acknowledgement, checkpoint=checkpoint, why=why)
