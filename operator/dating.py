"""What a clock that ran ahead has dated, once the centre has refused it (`clock`): it is dated again.

A watermark binds whoever has said it, and an upload keeps the time at which it was received. But a time that
lies ahead of the centre's has bound nobody, and nothing was received then. As soon as the clock is right, the
operator goes on; else both would wait until that time has come, and every operator's returns with them.
"""

from shuangli.crypto import sha256
from shuangli.operator.store import OperatorStore


def receive_again(store: OperatorStore, upload: bytes, *, now_s: int) -> None:
    """An upload that the centre has not settled, for its time, has been received by now."""
    store.database.execute("UPDATE uploads SET received_s = ? WHERE upload_id = ?", now_s, sha256(upload))


def unsay(store: OperatorStore, watermark: bytes) -> None:
    """Forget a watermark that the centre has not taken, for its time."""
    store.database.execute("DELETE FROM watermarks WHERE data = ?", watermark)
