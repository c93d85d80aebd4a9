"""An element: memory, power and the applet, behind one function that takes the bytes of a command.

It has no clock and draws nothing at random after it was made. Whatever a terminal sends, it answers with a
status word; only the end of its power cuts a command off. With `SecureMemory` it is a hard wallet's chip,
with `PlainMemory` the same program in a soft wallet, without the guarantees.
"""

from typing import Final

from shuangli.errors import LinkError, ShuangliError
from shuangli.messages.certificates import WalletKind
from shuangli.money import MAX_FEN
from shuangli.offline.links.apdu import Command, Response
from shuangli.offline.links.chaining import CardSide
from shuangli.offline.policy import PayerPolicy
from shuangli.offline.trust import Trust
from shuangli.wallet.element.applet import BY_INS, trust_of
from shuangli.wallet.element.commands import (
    INTERINDUSTRY,
    MAX_COMMAND_BYTES,
    OWN,
    Ins,
    Status,
    pin_block,
    status_of,
)
from shuangli.wallet.element.memory import Memory, PlainMemory, SecureMemory
from shuangli.wallet.element.pages import changes, journal_size, read_state, write_state
from shuangli.wallet.element.power import Power
from shuangli.wallet.element.running import ElementKey, Running
from shuangli.wallet.element.state import Capacity, Issued, new_state
from shuangli.wallet.element.timing import Work

NEVER: Final = MAX_FEN
ELEMENT_POLICY: Final = PayerPolicy(payments_between_syncs=NEVER, offline_s=NEVER)
"""The rules of an element unless others are written into it. Nothing but a load proves to an element that its
wallet was online, so when to reconcile is the phone's rule."""


class Element:
    """One element.

    Attributes:
        memory: what outlives the power
        power: what feeds it; once it is gone, a new one starts the element again
        work: what it has done so far
    """

    __slots__ = ("_card", "_running", "memory", "power", "work")

    def __init__(self, memory: Memory, power: Power | None = None) -> None:
        """Put an element with this memory into a field."""
        self.memory = memory
        self.power = power or Power()
        self.work = Work()
        self._running: Running | None = None
        self._card = CardSide(self._answer, most_bytes=MAX_COMMAND_BYTES)

    def process(self, data: bytes) -> bytes:
        """Answer one command.

        Raises:
            LinkError: the power has ended; what the command changes is changed as a whole or not at all.
        """
        try:
            self.power.use(len(data))
            response = self._card.process(data)
            self.power.use(len(response))
        except LinkError:
            self.power_off()
            raise
        self.work = self.work.plus(Work(exchanges=1, carried_bytes=len(data) + len(response)))
        return response

    def power_off(self) -> None:
        """Forget all that is not in memory: what was selected, the PIN, a command half received."""
        self._running = None
        self._card = CardSide(self._answer, most_bytes=MAX_COMMAND_BYTES)

    def _start(self) -> Running:
        state = read_state(self.memory.read(self.power))
        return Running(state=state, key=ElementKey(state.issued.seed), trust=trust_of(state, Trust))

    def _answer(self, command: Command) -> Response:
        running = self._running = self._running or self._start()
        before = self._counted(running)
        try:
            response = self._carry_out(running, command)
        except LinkError:
            raise
        except ShuangliError as error:
            response = Response(status=status_of(error))
        done = self._counted(running).since(before)
        # Ids are hashed from what comes in, and Ed25519 hashes what it verifies once more (RFC 8032, 5.1.7).
        passes = bool(done.signatures or done.verifications) + bool(done.verifications)
        self.work = self.work.plus(done).plus(Work(hashed_bytes=passes * len(command.data)))
        return response

    def _carry_out(self, running: Running, command: Command) -> Response:
        """One command by the table."""
        if command.cla not in (INTERINDUSTRY, OWN):
            return Response(status=Status.UNKNOWN_CLA)
        instruction = BY_INS.get(command.ins)
        if instruction is None or instruction.cla != command.cla:
            return Response(status=Status.UNKNOWN_INS)
        if command.p1 << 8 | command.p2 not in instruction.parameters:
            return Response(status=Status.WRONG_PARAMETERS)
        if not running.selected and command.ins != Ins.SELECT:
            return Response(status=Status.NOT_SELECTED)
        if instruction.charge is not None:
            running = self._commit(running, instruction.charge(running, command))
        outcome = instruction.rule(running, command)
        self._commit(running, outcome.running)
        return Response(data=outcome.data, status=outcome.status)

    def _commit(self, before: Running, after: Running) -> Running:
        pages = changes(before.state, after.state)
        if pages:
            self.memory.commit(pages, self.power)
        self._running = after
        return after

    def _counted(self, running: Running) -> Work:
        """The work done so far inside, by what counts it."""
        key = running.key
        return Work(
            signatures=key.made,
            verifications=running.trust.verifier.checked,
            hashed_bytes=key.hashed_bytes,
            pages=self.memory.written,
        )


def make_element(
    kind: WalletKind,
    *,
    seed: bytes,
    nonce_key: bytes,
    network: str,
    root: bytes,
    currency: str,
    pin: str,
    policy: PayerPolicy = ELEMENT_POLICY,
    capacity: Capacity | None = None,
) -> Element:
    """Make an element as its maker does: `seed` (of the key) and `nonce_key` are 32 unpredictable bytes.

    Raises:
        Refused: the PIN is none (`wrong-pin`).
    """
    issued = Issued(
        seed=seed,
        nonce_key=nonce_key,
        network=network,
        root=root,
        currency=currency,
        kind=kind,
        policy=policy,
        capacity=capacity or Capacity(),
    )
    pages = write_state(new_state(issued, pin_block(pin)))
    hard = kind is WalletKind.HARD
    return Element(SecureMemory(pages, journal=journal_size(issued.capacity)) if hard else PlainMemory(pages))
