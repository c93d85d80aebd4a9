"""Uploads that were kept before their operator knew enough to judge them, and what is forgotten of them.

An upload that names unknown keys is kept first, and read again once there are newer keys. If that shows that
it is none of this operator's, it is as if the keys had been known at once: nothing of it is kept. What stayed
without an answer would hold up the watermark for ever, and with it whatever is to go back in the whole
network.

One that has gone to the centre is never forgotten: it may be settled there, and is for people to look at.
"""

from typing import Final

from shuangli.crypto import sha256
from shuangli.database.database import Database
from shuangli.database.tables import BYTES, Table

UNJUDGED: Final = Table(name="uploads_unjudged", columns={"upload_id": BYTES}, key=("upload_id",))


def note_unjudged(database: Database, upload_id: bytes) -> None:
    """An upload is kept, and the centre is not asked about it yet."""
    database.insert(UNJUDGED, [(upload_id,)])


def note_judged(database: Database, upload_id: bytes) -> None:
    """An upload that was kept before goes to the centre now."""
    database.delete(UNJUDGED, [(upload_id,)])


def forget(database: Database, upload: bytes) -> None:
    """Keep nothing of an upload that is refused, if the centre was never asked about it."""
    upload_id = sha256(upload)
    database.execute(
        "DELETE FROM uploads WHERE upload_id IN (SELECT upload_id FROM uploads_unjudged WHERE upload_id = ?)",
        upload_id,
    )
    note_judged(database, upload_id)
