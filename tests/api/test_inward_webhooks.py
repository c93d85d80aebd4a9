"""No webhook leads inside: neither its URL, nor its host's address, nor a redirect."""

import pytest

from shuangli.errors import BadInput
from shuangli.operator.webhooks.addresses import choose_address, read_url
from shuangli.operator.webhooks.sending import WebSender
from tests.api.receivers import Told


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://localhost.:0/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fe80::1%25eth0]/",
        "https://224.0.0.1/",
        "https://0.0.0.0/",
        "https://user:word@shop.example/",
        "https://shop.example/#part",
        "https://shop.example\\@10.0.0.1/",
        "ftp://shop.example/",
        "https:///events",
    ],
)
def test_f40_no_url_leads_inside(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_url(url, sandbox=False)
    assert refused.value.code == "bad-value"
    assert str(refused.value).startswith("url:")


@pytest.mark.parametrize(
    ("found", "chosen"),
    [
        (["93.184.216.34"], "93.184.216.34"),
        (["93.184.216.34", "10.0.0.1"], None),
        (["127.0.0.1"], None),
        (["::1"], None),
        ([], None),
        (["2606:2800:220:1::1"], "2606:2800:220:1::1"),
    ],
)
def test_f40_no_name_leads_inside(found: list[str], chosen: str | None) -> None:
    assert choose_address(found, sandbox=False) == chosen


def test_this_machine_is_reached_in_a_sandbox_only(told: Told) -> None:
    answered = WebSender(sandbox=False).send(read_url(told.receiver.url, sandbox=True), {}, b"{}")
    assert (answered.status, told.receiver.got) == (0, [])
    assert answered.fault == "the host has no public address"
    told.service.desk.webhooks.sandbox = False
    refused = told.service.ask("POST", told.path, json={"url": told.receiver.url}, token=told.token)
    assert (refused.status_code, refused.json()["detail"]) == (400, "url: use https")


def test_a_url_that_is_allowed_no_longer_fails_and_keeps_no_other(told: Told) -> None:
    """A sandbox may send to this machine; started again without, the operator sends nothing there."""
    told.subscribe()
    told.deposit(500)
    told.service.desk.webhooks.sandbox = False
    assert told.deliver() == 0
    assert told.shown()["state"] == "failing"
    assert told.receiver.got == []


def test_no_redirect_is_followed(told: Told) -> None:
    told.subscribe()
    told.deposit(500)
    told.receiver.status = 307
    told.deliver()
    assert [path for path, _, _ in told.receiver.got] == ["/events?shop=1"]
    assert told.shown()["state"] == "failing"
