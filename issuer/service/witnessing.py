"""Edge: a witness's directory, and the reports that it is shown.

witness.key     the seed of its key, readable by its owner only
memory.cbor     the last state of each log that it has signed; written before a signature leaves
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from shuangli.crypto import KEY_BYTES, SigningKey
from shuangli.errors import BadInput, StoreError, Unverified
from shuangli.issuer.service.keys import told_where
from shuangli.issuer.service.secret_files import make_directory, write_file
from shuangli.merkle import Frontier, consistency_proof, leaf_hash, roots_over
from shuangli.messages.cosignature import Cosignature
from shuangli.offline.audit import verify_checkpoint
from shuangli.offline.periods.directory import entries_of
from shuangli.offline.periods.file import COSIGNATURES, REPORT_FILE, ReportFile
from shuangli.offline.witness import Memory, Seen, cosign

KEY_FILE: Final = "witness.key"
MEMORY_FILE: Final = "memory.cbor"


def found(directory: Path, *, random_bytes: Callable[[int], bytes]) -> bytes:
    """Make a witness in a new or empty directory; gives its public key.

    Raises:
        BadInput: the directory cannot be used, or holds something else (`bad-file`).
    """
    seed = random_bytes(KEY_BYTES)
    with told_where(directory):
        make_directory(directory, f"{KEY_FILE} of a witness")
        write_file(directory / MEMORY_FILE, Memory(logs={}).encode())
        write_file(directory / KEY_FILE, seed)
    return SigningKey(seed).public


def cosign_report(directory: Path, report: Path, *, root: bytes, now_s: int) -> Cosignature:
    """Sign the state of the log that a report is of, and put the cosignature beside it.

    Raises:
        BadInput: no witness, or no report of a period, lies there (`bad-file`).
        Malformed, Unverified: the report's checkpoint does not hold, or the log has not only grown.
        StoreError: the witness's memory is damaged (`corrupt`).
    """
    with told_where(directory):
        key = SigningKey((directory / KEY_FILE).read_bytes())
        memory = Memory.decode((directory / MEMORY_FILE).read_bytes())
    try:
        file = ReportFile.decode((report / REPORT_FILE).read_bytes())
        with entries_of(report) as entries:
            leaves = [*map(leaf_hash, entries)]
    except OSError as error:
        raise BadInput("bad-file", f"{error.filename}: {error.strerror or error}") from error
    checkpoint = verify_checkpoint(file.checkpoint, certificate=file.certificate, root=root)
    tree, last = checkpoint.checkpoint, memory.logs.get(checkpoint.log, Seen())
    if last.size > tree.size:
        raise Unverified("audit-log", f"{tree.size} entries are shown, and {last.size} were seen before")
    if Frontier.of(leaves).root != tree.root:
        raise Unverified("audit-log", f"these are not the {tree.size} entries that {tree.origin} signed")

    proof = consistency_proof(last.size, tree.size, roots_over(leaves))
    remembered, said = cosign(key, memory, checkpoint, proof, now_s=now_s)
    with told_where(directory):
        write_file(directory / MEMORY_FILE, remembered.encode())
    path = report / COSIGNATURES / f"{said.witness.hex()[:16]}.cbor"
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(said.signed.data)
    except OSError as error:
        raise StoreError("unavailable", f"{path}: {error.strerror or error}") from error
    return said
