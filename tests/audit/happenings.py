"""A world in which everything happens once that an audit log tells of; and its logs."""

from typing import Final

from shuangli.crypto import sha256
from shuangli.database.audit import AuditLog
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.messages.notices import Acknowledgement
from shuangli.offline.request import request_id_of
from tests.forging import refuse
from tests.paying import as_upload, pay
from tests.persons.answers import EXPIRED_S, redeem_all, run_losses
from tests.setting import NAMES, NOW
from tests.world import World

ANNA: Final = sha256(b"anna")
LATER_S: Final = EXPIRED_S + 100
"""When all of it has happened."""


def log_of(world: World, name: str) -> AuditLog:
    """The centre's log, or an operator's."""
    return world.issuer.store.audit if name == CENTRE_ORIGIN else world.banks[name].store.audit


def events_of(world: World, name: str, *kinds: EventKind) -> list[Event]:
    """What a log has, of these kinds if any are given."""
    log = log_of(world, name)
    events = [Event.decode(data) for data in log.entries(0, log.size)]
    return [event for event in events if not kinds or event.kind in kinds]


def certificate_of(world: World, name: str) -> bytes:
    """An operator's certificate."""
    return world.operators[NAMES.index(name)].signed.data


def let_all_happen(world: World) -> list[Acknowledgement]:
    """Whatever an event tells of: loads, wages, forks, refusals, returns, losses, lost wallets, lists."""
    rider, worker, honest = (
        world.wallet([300]),
        world.wallet([100, 50], operator="OP02"),
        world.wallet(tier=0),
    )
    for operator in NAMES:
        wallet = worker if operator == "OP02" else rider
        with world.transaction():
            world.banks[operator].deposit(wallet.key.public, 900, now_s=NOW)
    with world.transaction():
        world.banks["OP01"].pay(rider.key.public, honest.key.public, 400, now_s=NOW)
    culprit, gate = world.wallet([100, 50], person=ANNA), world.wallet(tier=0)
    twin = world.clone(culprit)
    pay(culprit, gate, 60)
    pay(twin, honest, 60)
    acknowledgements = [world.hand_in(gate)]
    # The further branch is paid into the void by somebody honest: the fund gives it back.
    request = gate.request(60, now_s=NOW)
    honest.receive(request_id_of(request), request, now_s=NOW)
    acknowledgements.append(world.hand_in(honest))
    redeem_all(world, culprit)
    redeem_all(world, twin)
    request = gate.request(60, now_s=NOW)
    rider.receive(request_id_of(request), request, now_s=NOW)
    acknowledgements.append(world.hand_in(rider))
    refused = pay(worker, gate, 50)
    upload = as_upload(refused.payment.body, refuse(gate, refused))
    acknowledgements.append(world.submit(upload, "OP02", now_s=NOW + 5))
    request = gate.request(20, now_s=NOW)
    worker.receive(request_id_of(request), request, now_s=NOW)
    acknowledgements.append(world.hand_in(worker))
    redeem_all(world, worker, "OP02")
    world.issuer.centre.revocation_list(now_s=NOW + 6)
    run_losses(world, now_s=EXPIRED_S)
    with world.transaction():
        world.banks["OP01"].close_wallet(gate.key.public, now_s=NOW)
        world.banks["OP02"].report_lost(worker.key.public, now_s=NOW)
    return acknowledgements
