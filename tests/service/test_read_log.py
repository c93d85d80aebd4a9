"""Reading the centre's audit log at the issuer's API: who may, what is shown, that it is what was signed."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.codec import encode
from shuangli.errors import BadInput, Malformed, Refused, Unverified
from shuangli.issuer.service.auditors import admit_auditor, dismiss_auditor
from shuangli.issuer.service.keys import ROOT_FILE, tls_files_in
from shuangli.issuer.service.log_client import LogReader, follow
from shuangli.issuer.service.server import read_log
from shuangli.merkle import Frontier, leaf_hash
from shuangli.messages.audit import Checkpoint
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.offline.audit import VerifiedCheckpoint, verify_checkpoint
from shuangli.offline.log_pages import MAX_PAGE_BYTES, MOST_ITEMS, Item, decode_page, make_page, verify_items
from shuangli.operator.issuer_client import HttpIssuer
from tests.paying import pay
from tests.service.desks import Desks
from tests.service.holders import clock
from tests.service.line import HOST
from tests.service.network import Network
from tests.setting import NOW
from tests.world import World

EVENTS = [
    Event.of(
        EventKind.LOAD, at_s=NOW, operator=name, load_id=bytes([n]) * 32, epoch=1, value_fen=n + 1
    ).encode()
    for n, name in enumerate(["OP01", "OP02", "OP01", ""])
]


def tree_of(entries: list[bytes]) -> Frontier:
    return Frontier.of([*map(leaf_hash, entries)])


def signed(world: World, entries: list[bytes]) -> VerifiedCheckpoint:
    tree = tree_of(entries)
    data = Checkpoint.sign(
        world.keys["centre"], network="test", origin="centre", size=tree.size, root=tree.root, made_at_s=NOW
    ).signed.data
    certificate = world.centre.signed.data
    return verify_checkpoint(data, certificate=certificate, root=world.keys["root"].public)


# --- pages ------------------------------------------------------------------------------------


def test_an_operator_is_shown_its_own_and_the_tree_adds_up_all_the_same(world: World) -> None:
    page = decode_page(make_page(EVENTS, may_read=lambda event: event.operator == "OP01"))
    assert [item.event is not None for item in page] == [True, False, True, False]
    whole = decode_page(make_page(EVENTS, may_read=lambda _: True))
    checkpoint = signed(world, EVENTS)
    for items in (page, whole):
        assert verify_items(Frontier(), items, checkpoint).size == len(EVENTS)
    known = verify_items(Frontier(), page[:2], signed(world, EVENTS[:2]))
    assert verify_items(known, page[2:], checkpoint) == tree_of(EVENTS)


def test_f32_entries_that_were_left_out_moved_or_altered_do_not_verify(world: World) -> None:
    items, checkpoint = decode_page(make_page(EVENTS, may_read=lambda _: True)), signed(world, EVENTS)
    hidden = Item(bytes(32), None)
    for wrong in (
        items[:-1],
        items[1:],
        [items[1], items[0], *items[2:]],
        [*items, hidden],
        [*items[:3], hidden],
    ):
        with pytest.raises(Unverified) as refused:
            verify_items(Frontier(), wrong, checkpoint)
        assert refused.value.code == "audit-log"


def test_a_page_is_bounded() -> None:
    many = [EVENTS[0]] * (2 * MOST_ITEMS)
    assert len(decode_page(make_page(many, may_read=lambda _: True))) == MOST_ITEMS
    facts: dict[str, Any] = {"upload_id": bytes(32), "received_at_s": NOW}
    facts |= {"credited_fen": 0, "refunded_fen": 0}
    large = Event.of(
        EventKind.SETTLEMENT, at_s=NOW, operator="OP01", outcomes=bytes(40_000), **facts
    ).encode()
    page = make_page([large] * MOST_ITEMS, may_read=lambda _: True)
    assert MAX_PAGE_BYTES // 2 < len(page) <= MAX_PAGE_BYTES
    assert len(decode_page(make_page([large] * MOST_ITEMS, may_read=lambda _: False))) < MOST_ITEMS


@given(st.one_of(st.binary(max_size=80), st.recursive(st.binary(max_size=40), st.lists).map(encode)))
def test_f36_whatever_bytes_are_read_as_a_page(data: bytes) -> None:
    try:
        page = decode_page(data)
    except Malformed:
        return
    assert encode([[item.leaf_hash] if item.event is None else item.event.encode() for item in page]) == data


@pytest.mark.parametrize(
    "parts",
    [[b"x"], [[]], [[bytes(31)]], [[bytes(32), bytes(32)]], ["x"], [7], [EVENTS[0]] * (MOST_ITEMS + 1)],
)
def test_what_is_no_page(parts: list[object]) -> None:
    with pytest.raises(Malformed):
        decode_page(encode(parts))


# --- the desk ---------------------------------------------------------------------------------


def test_the_desk_gives_what_is_stored_and_no_more(world: World) -> None:
    desks = Desks(world)
    payer, payee = world.wallet((300,)), world.wallet(tier=0, operator="OP02")
    pay(payer, payee, 300)
    world.hand_in(payee)
    size = world.issuer.store.audit.size
    for reader in (None, "OP01", "OP02"):
        items = decode_page(desks.issuer.log.page(0, size, reader=reader))
        shown = {item.event.operator for item in items if item.event is not None}
        assert shown == ({"", "OP01", "OP02"} if reader is None else {reader})
    for first, end in ((0, size + 1), (2, 1)):
        with pytest.raises(BadInput):
            desks.issuer.log.page(first, end, reader=None)


# --- over HTTP --------------------------------------------------------------------------------


@pytest.fixture
def auditor(net: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LogReader]:
    out = tmp_path_factory.mktemp("auditor") / "out"
    admit_auditor(net.issuer_directory, "regulator", out, random_bytes=os.urandom, now_s=clock())
    try:
        with LogReader(f"https://{HOST}:{net.issuer.port}", tls_files_in(out)) as reader:
            yield reader
    finally:
        dismiss_auditor(net.issuer_directory, "regulator")


def test_an_auditor_reads_all_and_an_operator_its_own(net: Network, auditor: LogReader) -> None:
    root = bytes.fromhex((net.issuer_directory / ROOT_FILE).read_text())
    seen: dict[int, Item] = {}
    tree, checkpoint = follow(auditor, root=root, known=Frontier(), seen=seen.__setitem__)
    assert [*seen] == [*range(tree.size)]
    assert tree.size == checkpoint.checkpoint.size > 0
    assert None not in {item.event for item in seen.values()}
    # Going on from there it finds what has come since, and nothing twice.
    again, _ = follow(auditor, root=root, known=tree, seen=seen.__setitem__)
    assert [*seen] == [*range(again.size)]
    address = f"https://{HOST}:{net.issuer.port}"
    counts, size = read_log(address, net.directory / "OP01")
    assert (sum(counts.values()), size >= again.size) == (size, True)
    assert counts["not shown"]
    with net.link("OP01") as link:
        shown = {item.event.operator for item in link.log_page(0, size) if item.event is not None}
    assert shown == {"OP01"}
    with pytest.raises(Unverified):
        follow(auditor, root=bytes(31) + b"\1", known=Frontier(), seen=seen.__setitem__)
    with pytest.raises(Unverified):
        follow(auditor, root=root, known=tree_of([EVENTS[0]] * 10_000), seen=seen.__setitem__)


def test_an_auditor_may_only_read_and_a_dismissed_one_nothing(net: Network, auditor: LogReader) -> None:
    assert auditor.key_set()
    as_operator = HttpIssuer.__new__(HttpIssuer)
    as_operator._link = auditor._link
    for ask in (
        lambda: as_operator.returns_to("OP01", after=0),
        lambda: as_operator.cases_of("OP01", after=0),
        lambda: as_operator.statements_to("OP01", after=0),
        lambda: as_operator.claim_return("OP01", 1, person=bytes(32), now_s=0),
    ):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.code == "not-admitted"
    dismiss_auditor(net.issuer_directory, "regulator")
    for read in (auditor.checkpoint, auditor.key_set, lambda: auditor.log_page(0, 1)):
        with pytest.raises(Refused) as refused:
            read()
        assert refused.value.code == "not-admitted"
    out = net.directory / "regulator again"
    admit_auditor(net.issuer_directory, "regulator", out, random_bytes=os.urandom, now_s=clock())


def test_auditors_have_names_of_their_own(net: Network, auditor: LogReader) -> None:
    out = net.directory / "nobody"
    for name in ("regulator", "centre", "CENTRE", "", "a b"):
        with pytest.raises(BadInput):
            admit_auditor(net.issuer_directory, name, out, random_bytes=os.urandom, now_s=clock())
    with pytest.raises(BadInput):
        dismiss_auditor(net.issuer_directory, "nobody")
    assert not out.exists()
