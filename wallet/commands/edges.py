"""What the wallet's commands need of the machine they run on, and what they answer."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from shuangli.api.operator_link import OperatorLink
from shuangli.crypto import Signer
from shuangli.wallet.wallet_file import Device

ReachOperator = Callable[[str, Iterable[bytes], Signer | None], AbstractContextManager[OperatorLink]]
"""The operator at an address; what was received from it before need not travel again.

The signer has the wallet's key: with it the wallet shows that it is the one that asks.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Clocks and a way to wait, in seconds, the device under the wallet file, and the way to an operator."""

    now_s: Callable[[], int]
    monotonic_s: Callable[[], float]
    sleep_s: Callable[[float], None]
    device: Device
    operator: ReachOperator


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command has to say: facts for programs, lines for people, and whether it is done.

    Not done means: nothing was wrong with the question, and the answer is no.
    """

    facts: dict[str, object]
    lines: tuple[str, ...]
    done: bool = True
