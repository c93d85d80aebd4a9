"""`/wallets/{wallet}/recovery-key` and `/recoveries/{wallet}`: a lost wallet's value goes to a new one.

In `/recoveries/{wallet}` the key in the path is a recovery key, and the request is signed with it, in the
same way as a wallet signs.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from shuangli.api.asked import RecoveryKey
from shuangli.api.models import COSE, COSE_SIGN1, MAX_SIGNED_BYTES
from shuangli.api.service.manners import BodyReader, answer, takes
from shuangli.api.told_service import RecoveryTold
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.resources.common import PREFIX, CodeHeader, WalletPath, shows, told

SignedBody = Annotated[bytes, Depends(BodyReader(COSE, most_bytes=MAX_SIGNED_BYTES))]


def routes(desk: Desk, shown: Mapping[str, str]) -> APIRouter:
    """The resources of `desk`; `shown` are examples of signed objects."""
    router = APIRouter(prefix=PREFIX, tags=["recovery"])

    @router.put("/wallets/{wallet}/recovery-key", **shows(RecoveryTold))
    def name_key(wallet: WalletPath, asked: RecoveryKey, second_factor: CodeHeader = "") -> Response:
        """Let a key recover this wallet when it is lost; a key that was named before no longer does.

        A wallet that has a second factor wants its code.
        """
        key = bytes.fromhex(asked.recovery_key)
        return told(desk.name_recovery_key(wallet, key, code=second_factor))

    @router.get("/recoveries/{wallet}", **shows(RecoveryTold))
    def look(wallet: WalletPath) -> Response:
        """What a recovery key gives back, to whoever signs with it."""
        return told(desk.recovery(wallet))

    @router.post(
        "/recoveries/{wallet}",
        **takes(COSE, COSE_SIGN1, example=shown["enrolment"], answer=shown["certificate"]),
    )
    def recover(wallet: WalletPath, enrolment: SignedBody) -> Response:
        """Open a new wallet for the same person and tier, and close the lost one. Again, the same answer.

        What the holder is owed goes to the new wallet: the deposit now, what was on the lost device when
        nobody has claimed it in time.
        """
        return answer(desk.recover(wallet, enrolment), COSE_SIGN1)

    return router
