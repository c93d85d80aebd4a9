"""The application of an element: a table of commands, and a pure function from state and command.

    rule(what runs, command) -> what runs on, response data        or an error, and nothing has changed

The table is the interface (docs/reference/element.md is checked against it). Whoever runs it commits the
new state to memory before the response goes out; so a command has happened as a whole or never. The one
exception is a PIN: the try is counted and committed first (`charge`), then the PIN is compared, so that
cutting the power gives no free tries.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from shuangli import codec
from shuangli.errors import Malformed, OutOfTurn, Refused, Unverified
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.key_set import KeySet
from shuangli.offline.links.apdu import Command
from shuangli.offline.trust import Trust
from shuangli.wallet.element.commands import (
    APPLET,
    INTERINDUSTRY,
    OWN,
    PIN_BYTES,
    VERSION,
    Ins,
    Status,
    Tag,
    WrongPin,
    is_pin,
    split,
)
from shuangli.wallet.element.loading import complete_load, initialize_load, sign_enrolment
from shuangli.wallet.element.paying import sign_transfer
from shuangli.wallet.element.receiving import MAX_BUNDLE_BYTES, sign_receipt, sign_refusal, sign_request
from shuangli.wallet.element.running import Outcome, Running, changed, nonce_of
from shuangli.wallet.element.state import MAX_LOG, MAX_SPENDS, MAX_TRIES, Logged, State

Rule = Callable[[Running, Command], Outcome]

OBJECTS_KEPT: Final = 16
"""Checked signatures that an element remembers while it has power."""
BY_NAME: Final = 0x0400
PIN_REFERENCE: Final = 0x0081
"""P1 and P2 of SELECT and VERIFY (ISO/IEC 7816-4:2013, sections 11.1.1 and 11.5.6)."""


def trust_of(state: State, kind: type[Trust]) -> Trust:
    """What an element trusts: its root, and what the root has certified in its key set."""
    trust = kind(root=state.issued.root, network=state.issued.network, objects_kept=OBJECTS_KEPT)
    if state.keys is not None:
        trust.add_key_set(state.keys)
    return trust


def _select(running: Running, command: Command) -> Outcome:
    """Selecting anything ends what went on before: the PIN counts no more."""
    if command.data != APPLET:
        return Outcome(replace(running, selected=False, pin=False), status=Status.NOT_FOUND)
    return Outcome(replace(running, selected=True, pin=False), bytes([VERSION]))


def _count_try(running: Running, command: Command) -> Running:
    """What is committed before a PIN is compared: one try less, and an earlier PIN counts no more."""
    counters = running.state.counters
    if len(command.data) % PIN_BYTES:
        raise Malformed("shape", f"a PIN is {PIN_BYTES} bytes")
    if not counters.tries:
        raise Refused("locked")
    if not command.data:
        return running
    return replace(changed(running, counters=replace(counters, tries=counters.tries - 1)), pin=False)


def _count_change(running: Running, command: Command) -> Running:
    """The same for a change, whose new PIN must be one."""
    if len(command.data) != 2 * PIN_BYTES or not is_pin(command.data[PIN_BYTES:]):
        raise Malformed("shape", "an old and a new PIN, the new one of 4 to 8 digits")
    return _count_try(running, command)


def _verify(running: Running, command: Command) -> Outcome:
    """Without data it only asks how many tries are left."""
    tries = running.state.counters.tries
    if not command.data:
        if running.pin:
            return Outcome(running)
        raise WrongPin(tries)
    return Outcome(replace(_compared(running, command.data), pin=True))


def _change_pin(running: Running, command: Command) -> Outcome:
    running = _compared(running, command.data[:PIN_BYTES])
    counters = replace(running.state.counters, pin=command.data[PIN_BYTES:])
    return Outcome(changed(running, counters=counters))


def _compared(running: Running, pin: bytes) -> Running:
    """All tries are back if the PIN is right. The comparison takes the same time wherever they differ."""
    counters = running.state.counters
    if not hmac.compare_digest(pin, counters.pin):
        raise WrongPin(counters.tries)
    return changed(running, counters=replace(counters, tries=MAX_TRIES))


def _challenge(running: Running, _: Command) -> Outcome:
    """Changes nothing: the nonce counts once something is signed that carries it."""
    return Outcome(running, nonce_of(running.state, running.state.counters.nonces))


def _increase(running: Running, _: Command) -> Outcome:
    counters = running.state.counters
    raised = replace(counters, device=counters.device + 1)
    return Outcome(changed(running, counters=raised), raised.device.to_bytes(8, "big"))


def _get_data(running: Running, command: Command) -> Outcome:
    state, tag = running.state, command.p1 << 8 | command.p2
    if tag == Tag.CERTIFICATE:
        return Outcome(running, state.certificate or b"")
    if tag == Tag.COINS:
        return Outcome(running, b"".join(coin.coin_id for coin in state.coins if coin is not None))
    if tag == Tag.ABOUT:
        room = state.issued.capacity
        about = [running.key.public, int(state.issued.kind), room.coins, MAX_SPENDS, MAX_BUNDLE_BYTES]
        return Outcome(running, codec.encode(about))
    if tag == Tag.COUNTERS:
        counters = state.counters
        return Outcome(
            running,
            codec.encode([counters.tries, counters.nonces, counters.transfers, counters.device]),
        )
    logged = _logged(state, tag - Tag.LOG)
    return Outcome(running, b"" if logged is None else codec.encode(list(logged)))


def _logged(state: State, back: int) -> Logged | None:
    """The entry `back` before the newest one."""
    return (
        state.log[(state.counters.transfers - 1 - back) % len(state.log)] if back < len(state.log) else None
    )


def _put_data(running: Running, command: Command) -> Outcome:
    if command.p1 << 8 | command.p2 == Tag.KEYS:
        return _put_keys(running, command.data)
    certificate = running.trust.wallet_certificate(WalletCertificate.parse(command.data))
    if certificate.claims.key != running.key.public:
        raise Unverified("not-bound", "the certificate is for another key")
    held = running.state.certificate
    if held is not None:
        since_s = WalletCertificate.parse(held).claims.not_before_s
        if certificate.claims.not_before_s < since_s:
            raise OutOfTurn("out-of-turn", "the element has a newer certificate")
    return Outcome(changed(running, certificate=command.data))


def _put_keys(running: Running, data: bytes) -> Outcome:
    """A key set replaces an older one: what a newer one has left out is not brought back."""
    held = running.state.keys
    if held is not None and KeySet.parse(data).number < KeySet.parse(held).number:
        raise OutOfTurn("out-of-turn", "the element has a newer key set")
    renewed = changed(running, keys=data)
    return Outcome(replace(renewed, trust=trust_of(renewed.state, type(running.trust))))


def _structure(sign: Callable[[Running, bytes], Outcome]) -> Rule:
    """A rule whose command carries one object or Sig_structure."""
    return lambda running, command: sign(running, command.data)


def _receipt(running: Running, command: Command) -> Outcome:
    request, bundle, structure = split(command.data, 3)
    return sign_receipt(running, request, bundle, structure)


def _transfer(running: Running, command: Command) -> Outcome:
    request, structure = split(command.data, 2)
    return sign_transfer(running, request, structure)


class Instruction(NamedTuple):
    """One command: class, instruction, the values of P1 and P2 that it knows, its rule.

    `charge` gives what is committed before the rule is asked.
    """

    cla: int
    ins: Ins
    parameters: tuple[int, ...]
    rule: Rule
    charge: Callable[[Running, Command], Running] | None = None


_TAGS_READ: Final = (
    *(Tag.ABOUT, Tag.COUNTERS, Tag.COINS, Tag.CERTIFICATE),
    *range(Tag.LOG, Tag.LOG + MAX_LOG + 1),
)

INSTRUCTIONS: Final = (
    Instruction(INTERINDUSTRY, Ins.SELECT, (BY_NAME,), _select),
    Instruction(INTERINDUSTRY, Ins.VERIFY, (PIN_REFERENCE,), _verify, _count_try),
    Instruction(INTERINDUSTRY, Ins.CHANGE_PIN, (PIN_REFERENCE,), _change_pin, _count_change),
    Instruction(INTERINDUSTRY, Ins.GET_CHALLENGE, (0,), _challenge),
    Instruction(INTERINDUSTRY, Ins.GET_DATA, _TAGS_READ, _get_data),
    Instruction(INTERINDUSTRY, Ins.PUT_DATA, (Tag.KEYS, Tag.CERTIFICATE), _put_data),
    Instruction(OWN, Ins.INCREASE, (0,), _increase),
    Instruction(OWN, Ins.SIGN_ENROLMENT, (0,), _structure(sign_enrolment)),
    Instruction(OWN, Ins.INITIALIZE_LOAD, (0,), _structure(initialize_load)),
    Instruction(OWN, Ins.COMPLETE_LOAD, (0,), _structure(complete_load)),
    Instruction(OWN, Ins.SIGN_REQUEST, (0,), _structure(sign_request)),
    Instruction(OWN, Ins.SIGN_TRANSFER, (0,), _transfer),
    Instruction(OWN, Ins.SIGN_RECEIPT, (0,), _receipt),
    Instruction(OWN, Ins.SIGN_REFUSAL, (0,), _structure(sign_refusal)),
)
BY_INS: Final[Mapping[int, Instruction]] = {instruction.ins: instruction for instruction in INSTRUCTIONS}
