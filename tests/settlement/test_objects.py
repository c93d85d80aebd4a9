"""Packs of signed objects: found by number, and forgotten with a transaction that fails."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.errors import StoreError
from shuangli.issuer.facts import ObjectKind
from shuangli.issuer.objects import Pack
from tests.database.places import Places
from tests.setting import STAGED
from tests.world import World
from tests.worlds import NewWorld


def test_an_object_is_found_by_its_number_in_whatever_pack(places: Places, new_world: NewWorld) -> None:
    @settings(max_examples=20 // places.share, deadline=None)
    @given(
        st.lists(st.lists(st.binary(max_size=40), min_size=1, max_size=6), min_size=1, max_size=8), st.data()
    )
    def holds(contents: list[list[bytes]], data: st.DataObject) -> None:
        with places.new() as place:
            world = World(place, terms=STAGED)
            objects = world.issuer.store.objects
            first_no, number = objects.last_no() + 1, objects.last_no() + 1
            with world.issuer.transaction():
                for at, packed in enumerate(contents):
                    kinds = bytes([ObjectKind.TRANSFER] * len(packed))
                    objects.add([Pack(number, "OP01", at, kinds, tuple(packed)).row])
                    number += len(packed)
            flat = [(each, at) for at, packed in enumerate(contents) for each in packed]
            assert objects.last_no() == number - 1
            for at in data.draw(st.lists(st.integers(0, len(flat) - 1), max_size=10)):
                assert objects.get(first_no + at) == (ObjectKind.TRANSFER, flat[at][0])
                assert objects.received_s(first_no + at) == flat[at][1]
            with pytest.raises(StoreError):
                objects.get(number)
            world.close()

    holds()


def test_what_was_read_in_a_transaction_that_failed_is_forgotten(world: World) -> None:
    objects = world.issuer.store.objects
    number = objects.last_no() + 1

    def write_and_fail() -> None:
        with world.issuer.transaction():
            objects.add([Pack(number, "OP01", 0, bytes([ObjectKind.TRANSFER]), (b"never",)).row])
            assert objects.get(number)[1] == b"never"
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    with pytest.raises(StoreError):
        objects.get(number)
    with world.issuer.transaction():
        objects.add([Pack(number, "OP01", 0, bytes([ObjectKind.TRANSFER]), (b"really",)).row])
    assert objects.get(number)[1] == b"really"
