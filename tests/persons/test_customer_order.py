"""What an operator passes on to be minted: a wallet's order, and whose it is. One encoding, and no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli import codec
from shuangli.errors import Malformed
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.service.messages import CustomerOrder

orders = st.builds(
    CustomerOrder,
    order=st.binary(max_size=64),
    customer=st.builds(
        Customer,
        person=st.binary(min_size=32, max_size=32),
        tier=st.integers(0, 4),
        profile=st.integers(0, 2**40),
    ),
)


@given(orders)
def test_it_is_read_as_it_was_written(ordered: CustomerOrder) -> None:
    data = ordered.encode()
    assert CustomerOrder.decode(data) == ordered
    assert codec.decode(data) == [ordered.order, *ordered.customer]


@given(orders, st.integers(0, 10**6), st.integers(1, 255))
def test_changed_bytes_are_another_order_or_none(ordered: CustomerOrder, at: int, change: int) -> None:
    data = bytearray(ordered.encode())
    data[at % len(data)] ^= change
    try:
        read = CustomerOrder.decode(bytes(data))
    except Malformed:
        return
    assert read != ordered
    assert read.encode() == bytes(data)


@pytest.mark.parametrize(
    "fields",
    [
        [b"", bytes(32), 4],
        [b"", bytes(32), 4, 1, 0],
        ["", bytes(32), 4, 1],
        [b"", bytes(31), 4, 1],
        [b"", bytes(32), 5, 1],
        [b"", bytes(32), -1, 1],
        [b"", bytes(32), 4, -1],
        [b"", bytes(32), True, 1],
    ],
)
def test_what_is_none_is_malformed(fields: list[object]) -> None:
    with pytest.raises(Malformed):
        CustomerOrder.decode(codec.encode(fields))
