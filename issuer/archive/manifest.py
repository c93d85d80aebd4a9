"""The manifest of an archived epoch: what its files hold, signed by the centre."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from shuangli import codec, cose
from shuangli.cose import Domain, Signed
from shuangli.crypto import Signer
from shuangli.errors import Malformed
from shuangli.messages.fields import (
    MAX_NAME,
    check_count,
    check_id,
    check_text,
    check_time,
    read_array,
    read_list,
    require,
)
from shuangli.money import MAX_FEN

MAX_MANIFEST_BYTES: Final = 16 * 1024 * 1024
_LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveManifest:
    """What an archived epoch's directory holds.

    Attributes:
        network: the network's name
        archived_at_s: when it was archived
        epoch: the epoch's certificate; with `centre` and `operators` (certificates, too), the root's key is
            all that it takes to check everything in the archive
        counts: each table and its rows
        totals: the epoch's supply in fen, in the words of `issuer.supply`, by name
        files: each file's name and SHA-256
    """

    network: str
    archived_at_s: int
    epoch: bytes
    centre: bytes
    operators: tuple[bytes, ...]
    counts: tuple[tuple[str, int], ...]
    totals: tuple[tuple[str, int], ...]
    files: tuple[tuple[str, bytes], ...]
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.network, MAX_NAME, "network")
        check_time(self.archived_at_s, "time")
        certificates = (self.epoch, self.centre, *self.operators)
        require({*map(type, certificates)} == {bytes}, "shape", "certificates are byte strings")
        for name, count in (*self.counts, *self.totals):
            check_text(name, _LONGEST_NAME, "a name")
            check_count(count, MAX_FEN, name)
        for name, digest in self.files:
            check_text(name, _LONGEST_NAME, "a file's name")
            require("/" not in name and not name.startswith("."), "shape", f"{name} is no plain file's name")
            check_id(digest, "a file's digest")

    @classmethod
    def sign(
        cls,
        centre_key: Signer,
        *,
        network: str,
        archived_at_s: int,
        epoch: bytes,
        centre: bytes,
        operators: Sequence[bytes],
        counts: Mapping[str, int],
        totals: Mapping[str, int],
        files: Mapping[str, bytes],
    ) -> Self:
        """Sign a manifest."""
        fields: list[Any] = [network, archived_at_s, epoch, centre, list(operators)]
        fields += [codec.in_order(dict(part)) for part in (counts, totals, files)]
        return cls._build(fields, cose.sign(centre_key, Domain.ARCHIVE, codec.encode_fields(fields)))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a manifest; its signature is not yet verified."""
        signed = cose.parse(data, Domain.ARCHIVE)
        return cls._build(read_array(signed.payload, 8, "manifest", max_bytes=MAX_MANIFEST_BYTES), signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        network, archived_at_s, epoch, centre, operators, counts, totals, files = fields
        if {type(counts), type(totals), type(files)} != {dict}:
            raise Malformed("shape", "a manifest has maps of counts, totals and files")
        return cls(
            network=network,
            archived_at_s=archived_at_s,
            epoch=epoch,
            centre=centre,
            operators=tuple(read_list(operators, "operators")),
            counts=tuple(counts.items()),
            totals=tuple(totals.items()),
            files=tuple(files.items()),
            signed=signed,
        )
