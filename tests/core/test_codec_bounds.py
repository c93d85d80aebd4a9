"""Bounds of the codec: nesting, size, memory (FAULTS F36)."""

import subprocess
import sys
from typing import Final

import pytest

from shuangli import codec
from shuangli.errors import Malformed


@pytest.mark.parametrize("opening", [b"\x81", b"\xa1\x00"])
def test_f36_nesting(opening: bytes) -> None:
    codec.decode(opening * codec.MAX_DEPTH + b"\x00")
    codec.decode(opening * (codec.MAX_DEPTH - 1) + b"\x80")
    for innermost in (b"\x00", b"\x80", b"\xa0"):
        for deeper in (codec.MAX_DEPTH + (innermost == b"\x00"), 100, 100_000):
            with pytest.raises(Malformed):
                codec.decode(opening * deeper + innermost)


def test_f36_size() -> None:
    assert codec.decode(b"\x43abc", max_bytes=4) == b"abc"
    with pytest.raises(Malformed) as caught:
        codec.decode(b"\x43abc", max_bytes=3)
    assert caught.value.code == "too-large"
    with pytest.raises(Malformed, match="at most"):
        codec.decode(bytes(codec.MAX_BYTES + 1))


# Run apart from the tests, so that a fault shows as an error here and not as a dead machine.
_IN_LITTLE_MEMORY: Final = """
import resource, sys
from pathlib import Path
from shuangli import codec
from shuangli.errors import Malformed
from shuangli.messages.bundle import Bundle

pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + int(sys.argv[1]) * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for line in sys.stdin:
    opening, repeated, count = line.split(",")
    data = bytes.fromhex(opening) + bytes.fromhex(repeated) * int(count)
    for read in (codec.decode, Bundle.decode):
        try:
            read(data)
        except Malformed:
            print("refused")
"""


def refusals_in_little_memory(inputs: list[str], extra_mib: int) -> int:
    """How many times the inputs are refused by a process that may use `extra_mib` MiB more than it has."""
    done = subprocess.run(
        [sys.executable, "-c", _IN_LITTLE_MEMORY, str(extra_mib)],
        input="\n".join(inputs), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    return done.stdout.count("refused")


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process as Linux does")
def test_f36_memory() -> None:
    huge = ["9bffffffffffffffff", "9b00000000ffffffff", "9affffffff", "bbffffffffffffffff", "baffffffff",
            "5bffffffffffffffff", "5affffffff", "7bffffffffffffffff", "7affffffff", "c25affffffff",
            "829affffffff", "82809affffffff", "82815affffffff", "82815bffffffffffffffff"]  # fmt: skip
    inputs = [f"{head},00,{count}" for head in huge for count in (0, 1_000)]
    inputs += [
        f"{head},{head},{count}" for head in ("81", "a100", "c1", "9f", "8281") for count in (9, 500_000)
    ]
    assert refusals_in_little_memory(inputs, 64) == 2 * len(inputs)


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process as Linux does")
def test_f36_memory_of_the_most_wasteful_items() -> None:
    # Many of the smallest items, up to the size of a bundle: looked at by nobody, and no bundle.
    items = [("80", 2**24 - 10), ("a0", 2**24 - 10), ("40", 2**24 - 10), ("420000", 2**24 // 3 - 10)]
    large = [f"829a{count:08x},{item},{count}" for item, count in items]
    assert refusals_in_little_memory(large, 64) == 2 * len(large)
    # As many as `decode` looks at: accepted, and no bundle.
    count = codec.MAX_BYTES - 8
    small = [f"9a{count:08x},{item},{count}" for item in ("80", "a0", "00")]
    assert refusals_in_little_memory(small, 100 * codec.MAX_BYTES // 2**20) == len(small)
