"""Events come at least once and in order, whatever a receiver does; and it holds nobody else up."""

import json
from contextlib import closing
from typing import Any

import pytest

from shuangli.operator.webhooks.addresses import read_url
from shuangli.operator.webhooks.desk import FIRST_WAIT_S, GIVE_UP_AFTER_S, LONGEST_WAIT_S, SLOW_S
from shuangli.operator.webhooks.sending import WebSender
from tests.api.receivers import Dripping, Told


def test_what_fails_is_sent_again_later_and_those_after_it_wait(told: Told) -> None:
    told.subscribe()
    told.deposit(500)
    told.deposit(300)
    told.receiver.status = 503
    waits = [FIRST_WAIT_S << count for count in range(4)]
    for count, wait_s in enumerate(waits, 1):
        assert told.deliver() == 0
        assert (told.shown()["state"], told.shown()["attempts"]) == ("failing", count)
        told.service.clock.advance(wait_s - 1)
        told.deliver()
        assert len(told.receiver.got) == count
        told.service.clock.advance(1)
    told.receiver.status = 200
    assert told.deliver() == 2
    bodies = [json.loads(body)["event_id"] for _, _, body in told.receiver.got]
    assert len({*bodies[: len(waits) + 1]}) == 1
    assert len({*bodies}) == 2
    nonces = {headers["Signature-Input"].partition("nonce=")[2] for _, headers, _ in told.receiver.got}
    assert len(nonces) == len(bodies)
    log = told.service.ask("GET", f"{told.path}/1/deliveries?limit=4", token=told.token).json()
    assert [each["status"] for each in log["items"]] == [503] * 4
    assert log["items"][0]["fault"] == "it answers with HTTP status 503"
    rest = told.service.ask("GET", f"{told.path}/1/deliveries?cursor={log['next']}", token=told.token).json()
    assert [each["status"] for each in rest["items"]] == [200, 200]


def test_f40_a_receiver_that_answers_byte_by_byte_holds_nobody_up() -> None:
    with closing(Dripping()) as dripping:
        target = read_url(f"http://127.0.0.1:{dripping.port}/", sandbox=True)
        answered = WebSender(sandbox=True, within_s=0.2).send(target, {}, b"{}")
    assert answered == (0, "no answer: TimeoutError")


def test_a_slow_receiver_gets_one_event_in_a_turn(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others wait for it no longer than for one."""
    told.subscribe()
    for amount_fen in (500, 300, 200):
        told.deposit(amount_fen)
    send = told.sender.send

    def slowly(*args: Any) -> Any:
        told.service.clock.advance(SLOW_S)
        return send(*args)

    monkeypatch.setattr(told.sender, "send", slowly)
    assert [told.deliver() for _ in range(4)] == [1, 1, 1, 0]
    assert [event.amount_fen for event in told.read()] == [500, 300, 200]


def test_after_a_week_it_stops_and_the_same_url_goes_on(told: Told) -> None:
    told.subscribe()
    told.deposit(500)
    told.receiver.status = 500
    began_s = told.service.clock.now_s()
    while told.shown()["state"] != "stopped":
        told.deliver()
        told.service.clock.advance(LONGEST_WAIT_S)
    assert 0 <= told.service.clock.now_s() - began_s - GIVE_UP_AFTER_S <= 2 * LONGEST_WAIT_S
    told.receiver.status, told.receiver.got = 200, []
    assert told.deliver() == 0
    assert told.subscribe()["state"] == "working"
    assert told.deliver() == 1
    assert [event.amount_fen for event in told.read()] == [500]
