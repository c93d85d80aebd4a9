"""What devices and their operator may do, as moves from state to state.

A *move* is one act of the real code: a wallet asks, hears a message, hands in or hears its operator, and the
power may go after any write, before anything is said; or the operator answers an upload.

What a wallet does depends on what it has written, on the message and on the time alone, so each act is run
once and remembered; the keys are few, and Ed25519 always signs alike.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count, product
from typing import Final, NamedTuple

from shuangli.crypto import SigningKey, sha256
from shuangli.days import day_of
from shuangli.errors import ProtocolError, Refused
from shuangli.messages.loads import Load
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Message
from shuangli.wallet.custody import KeyCustody
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.purse import Purse
from shuangli.wallet.record_codec import encode_record
from shuangli.wallet.records import Checkpoint
from shuangli.wallet.wallet import Wallet
from tests.protocol.cutting import Cut, CutJournal, PowerCut
from tests.protocol.small_centre import SmallCentre
from tests.protocol.state import Bounds, Device, Letter, State, Table, fold
from tests.setting import NOW

LATER_S: Final = 60


class Done(NamedTuple):
    """What an act leaves: the number of what is written, and what was said."""

    written: int
    said: tuple[Letter, ...]


class Moves:
    """Some devices within bounds: their states and moves."""

    def __init__(
        self,
        devices: Sequence[Device],
        bounds: Bounds,
        *,
        loads: Sequence[Load],
        dishonest: set[bytes],
        operator_key: SigningKey,
    ) -> None:
        self.devices = devices
        self.bounds = bounds
        self._loads = loads
        self._dishonest = dishonest
        self._operator_key = operator_key
        self._written: Table[Checkpoint] = Table()
        self._purses: list[Purse] = []
        self._letters: Table[Letter] = Table()
        self._centres: Table[SmallCentre] = Table()
        self._acts: dict[tuple[object, ...], tuple[Done, ...]] = {}
        self._answers: dict[tuple[int, int, bool], tuple[int, int]] = {}

    def moves(self, state: State) -> Iterator[State]:
        """The states that one act leads to."""
        now_s = NOW + LATER_S * state.late
        if self.bounds.time and not state.late:
            yield state._replace(late=True)
        for number, ask in enumerate(self.bounds.asks):
            if number not in state.asked:
                act = partial(self._ask, ask.amount_fen, now_s)
                asked = state._replace(asked=state.asked | {number})
                yield from self._after(asked, ask.payee, act, ("ask", number, now_s), nonce=number)
        sessions = {self._letters.values[number].request_id for number in state.sent} - {b""}
        for number in state.sent:
            letter = self._letters.values[number]
            if letter.message is not None:
                # It may come as a message of another session, too.
                for who, session in product(range(len(self.devices)), sessions):
                    act = partial(self._hear, session, letter.message, now_s)
                    yield from self._after(state, who, act, ("hear", session, number, now_s))
            elif letter.answer:
                act = partial(self._acknowledge, letter)
                yield from self._after(state, letter.device, act, ("acknowledge", number))
            else:
                yield self._answer(state, number, now_s)
        if self.bounds.hand_in:
            for who in range(len(self.devices)):
                act = partial(self._hand_in, who, now_s)
                yield from self._after(state, who, act, ("hand in", now_s))

    # --- what a wallet does ---------------------------------------------------------------------

    def _ask(self, amount_fen: int, now_s: int, wallet: Wallet) -> list[Letter]:
        message = wallet.request(amount_fen, now_s=now_s)
        return [Letter(request_id_of(message), message)]

    def _hear(self, session: bytes, message: Message, now_s: int, wallet: Wallet) -> list[Letter]:
        replies = wallet.receive(session, message, now_s=now_s)
        return [Letter(session, reply) for reply in replies]

    def _hand_in(self, who: int, now_s: int, wallet: Wallet) -> list[Letter]:
        new = wallet.hand_in(now_s=now_s)
        uploads = dict.fromkeys((*wallet.unanswered, *([new] if new else [])))
        return [Letter(b"", None, device=who, upload=upload) for upload in uploads]

    def _acknowledge(self, letter: Letter, wallet: Wallet) -> list[Letter]:
        wallet.acknowledge(letter.answer, operator_key=self._operator_key.public)
        return []

    def _after(
        self,
        state: State,
        who: int,
        act: Callable[[Wallet], list[Letter]],
        name: tuple[object, ...],
        *,
        nonce: int = 0,
    ) -> Iterator[State]:
        """The states after a device has done something, whole or cut off after any write."""
        key = (who, state.written[who], *name)
        if key not in self._acts:
            self._acts[key] = tuple(self._run(who, state.written[who], act, nonce))
        for written, said in self._acts[key]:
            yield state._replace(
                written=(*state.written[:who], written, *state.written[who + 1 :]),
                sent=state.sent | {self._letters.number(letter, letter) for letter in said},
            )

    def _run(
        self, who: int, written: int, act: Callable[[Wallet], list[Letter]], nonce: int
    ) -> Iterator[Done]:
        device, start = self.devices[who], self._written.values[written]
        writes = 0
        for cut_at in count():
            journal = MemoryJournal([start])
            wallet = Wallet(
                key=KeyCustody(device.key, lambda size: sha256(bytes([nonce]))[:size]),
                trust=copy.copy(device.trust),
                journal=CutJournal(journal, Cut.AFTER_WRITE, at=cut_at),
                rules=device.rules,
            )
            said: list[Letter] = []
            try:
                said = act(wallet)
            except PowerCut:
                pass
            except (ProtocolError, Refused):
                assert wallet.purse.checkpoint() == start, "what is refused changes nothing"
            if not cut_at:
                writes = len([*journal]) - 1
            yield Done(self._write(fold(journal)), tuple(said))
            if cut_at == writes:
                return

    def _write(self, checkpoint: Checkpoint) -> int:
        """The number of what a device has written; in which order it holds coins does not matter."""
        in_order = checkpoint._replace(coins=tuple(sorted(checkpoint.coins, key=lambda coin: coin.coin_id)))
        number = self._written.number(in_order, encode_record(in_order))
        if number == len(self._purses):
            purse = Purse(day_of=day_of)
            purse.apply(in_order)
            self._purses.append(purse)
        return number

    # --- what the operator does -----------------------------------------------------------------

    def _answer(self, state: State, number: int, now_s: int) -> State:
        """The state after the operator has answered an upload; it answers a repeat as before."""
        letter = self._letters.values[number]
        centre = self._centres.values[state.centre]
        known = centre.answers.get(sha256(letter.upload))
        key = (state.centre, number, state.late)
        if known is None and key not in self._answers:
            owner = self.devices[letter.device].key.public
            settle = partial(
                SmallCentre.answered,
                upload=letter.upload,
                owner=owner,
                trust=self.devices[0].trust,
                operator_key=self._operator_key,
                now_s=now_s,
            )
            fresh = settle(centre)
            assert settle(fresh).credited_fen == fresh.credited_fen, "an upload is paid twice"
            answer = letter._replace(upload=b"", answer=fresh.answers[sha256(letter.upload)])
            self._answers[key] = (
                self._centres.number(fresh, fresh.key()),
                self._letters.number(answer, answer),
            )
        if known is not None:
            return state
        answered, reply = self._answers[key]
        return state._replace(centre=answered, sent=state.sent | {reply})
