"""The journal's records as bytes: all come back as they were, and nothing else is read."""

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli import codec
from shuangli.days import day_of
from shuangli.errors import Malformed, ProtocolError, Unverified
from shuangli.messages.transfers import Transfer
from shuangli.offline.chain import Coin
from shuangli.offline.records import PaymentReceived
from shuangli.wallet.purse import Purse
from shuangli.wallet.record_codec import VERSION, decode_record, encode_record
from shuangli.wallet.records import Checkpoint, Loaded, Record
from tests.byte_strategies import mutated
from tests.setting import TRANSFERABLE
from tests.wallet_file.files import fold
from tests.wallet_file.records import RECORDS, coins, terms_of


def test_there_is_a_strategy_for_every_kind() -> None:
    assert set(RECORDS) == set(get_args(Record))


@pytest.mark.parametrize("kind", RECORDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_record_comes_back(kind: type[Any], data: st.DataObject) -> None:
    record = data.draw(RECORDS[kind])
    encoded = encode_record(record)
    again = decode_record(encoded, terms_of)
    assert again == record
    assert type(again) is kind
    assert encode_record(again) == encoded


@settings(deadline=None)
@given(data=st.data())
def test_f38_altered_bytes_are_no_record_or_a_whole_one(data: st.DataObject) -> None:
    record = data.draw(st.one_of(*RECORDS.values()))
    altered = data.draw(mutated(encode_record(record)))
    try:
        read = decode_record(altered, terms_of)
    except ProtocolError:
        return
    assert decode_record(encode_record(read), terms_of) == read


def test_a_life_is_stored(lived: list[Record]) -> None:
    assert {type(record) for record in lived} >= set(get_args(Record)) - {Checkpoint}
    checkpoint = fold(lived).checkpoint()
    for record in (*lived, checkpoint):
        assert decode_record(encode_record(record), lambda _: TRANSFERABLE) == record


def test_coins_come_from_what_was_signed(lived: list[Record]) -> None:
    """The signed bytes and a reference are all that a coin takes; its value is nowhere else."""
    for record in lived:
        if isinstance(record, PaymentReceived):
            signed = len(record.bundle) + len(record.receipt.signed.data) + len(record.request_id)
            assert len(encode_record(record)) < signed + 50 * len(record.coins) + 20
        if isinstance(record, Loaded):
            assert len(encode_record(record)) < len(record.load) + 16 + 50 * len(record.coins) + 20


def test_a_checkpoint_holds_each_object_once(lived: list[Record]) -> None:
    """Chains that stand in a session's bundle are not stored again for the coins."""
    purse = fold(lived[: max(i for i, record in enumerate(lived) if isinstance(record, PaymentReceived)) + 1])
    received = [coin for coin in purse.coins.values() if coin.hops]
    assert received
    encoded = encode_record(purse.checkpoint())
    for coin in received:
        assert encoded.count(coin.path[-1]) == 1


@settings(max_examples=40, deadline=None)
@given(coin=coins().filter(lambda coin: len(coin.path) > 0))
def test_two_signatures_over_one_transfer_do_not_mix(coin: Coin) -> None:
    """Somebody who signs a transfer twice must not be able to keep others from storing their coins."""
    *above, last = coin.path
    twin_bytes = last[:-1] + bytes([last[-1] ^ 1])
    assert Transfer.parse(twin_bytes).signed.id == Transfer.parse(last).signed.id
    twin = coin._replace(path=(*above, twin_bytes))
    record = Purse(day_of=day_of).checkpoint()._replace(coins=(coin, twin))
    assert decode_record(encode_record(record), terms_of) == record


def test_what_leads_nowhere_is_refused(lived: list[Record]) -> None:
    loaded = next(record for record in lived if isinstance(record, Loaded))
    version, kind, fields, loads, transfers = _parts(loaded)
    coin = fields[2][0]
    for wrong in (
        [bytes(32), *coin[1:]],
        [coin[0], 5, coin[2]],
        [coin[0], -5, coin[2]],
        [coin[0], coin[1], 99],
        [coin[0], coin[1], -1],
        [coin[0], coin[1], coin[2], 0],
        [coin[0], coin[1]],
        [coin[0], coin[1], None],
        [coin[0], True, coin[2]],
        7,
    ):
        data = codec.encode([version, kind, [*fields[:2], [wrong]], loads, transfers])
        with pytest.raises(Malformed):
            decode_record(data, lambda _: TRANSFERABLE)


def _parts(record: Record) -> list[Any]:
    parts = codec.decode(encode_record(record))
    assert isinstance(parts, list)
    return parts


def test_only_known_versions_and_kinds_are_read(lived: list[Record]) -> None:
    _, kind, *rest = _parts(lived[0])
    for version, number in ((VERSION + 1, kind), (0, kind), (True, kind), (VERSION, 99), (VERSION, "1")):
        data = codec.encode([version, number, *rest])
        with pytest.raises(Malformed, match=r"version|kind"):
            decode_record(data, lambda _: TRANSFERABLE)
    for data in (codec.encode([VERSION, kind]), codec.encode({}), b""):
        with pytest.raises(Malformed):
            decode_record(data, lambda _: TRANSFERABLE)


def test_an_unknown_epoch_is_said(lived: list[Record]) -> None:
    def unknown(number: int) -> Any:
        raise Unverified("epoch", f"epoch {number}")

    loaded = next(record for record in lived if isinstance(record, Loaded))
    with pytest.raises(Unverified, match="epoch 1"):
        decode_record(encode_record(loaded), unknown)


def test_the_empty_purse_is_a_checkpoint() -> None:
    checkpoint = Purse(day_of=day_of).checkpoint()
    assert decode_record(encode_record(checkpoint), terms_of) == checkpoint
