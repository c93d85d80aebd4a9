"""Two network namespaces joined by a cable: what runs in them reaches the other one, and nothing else.

Each namespace lives as long as a process that waits in it. As root they are made as they are; as another user
inside a user namespace of their own, where the system permits that.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final, NamedTuple

import pytest

NETWORK_BITS: Final = 30
ENDS: Final = (("payee0", "10.77.0.1"), ("payer0", "10.77.0.2"))


class Namespace(NamedTuple):
    """A network namespace: how to run a command in it, and its address on the cable."""

    under: tuple[str, ...]
    host: str


def run(*command: str) -> None:
    """Run a command that prepares the test, which is skipped with the reason where that is not permitted."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"needs network namespaces: there is no program {command[0]}")
    if ran.returncode:
        pytest.skip(f"needs network namespaces: {' '.join(command)}: {ran.stderr.strip()}")


@contextmanager
def waiting(*command: str) -> Iterator[int]:
    """The id of a process that has said that it waits, and does so until it is told to end."""
    with subprocess.Popen(
        [*command, "sh", "-c", "echo here; cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        if process.stdout.readline() != "here\n":
            pytest.skip(f"needs network namespaces: {' '.join(command)}: {process.stderr.read().strip()}")
        try:
            yield process.pid
        finally:
            process.stdin.close()
            process.stdin = None


@contextmanager
def two_namespaces() -> Iterator[tuple[Namespace, Namespace]]:
    """Two namespaces with a cable between them."""
    as_root = os.geteuid() == 0
    new = ("unshare", "--net") if as_root else ("unshare", "--user", "--map-root-user", "--net")
    with ExitStack() as stack:
        try:
            first = stack.enter_context(waiting(*new))
        except FileNotFoundError:
            pytest.skip("needs network namespaces: there is no program unshare")
        user = () if as_root else ("--user", "--preserve-credentials")
        second = stack.enter_context(waiting("nsenter", "--target", str(first), *user, "unshare", "--net"))
        inside = [("nsenter", "--target", str(process), *user, "--net") for process in (first, second)]
        (payee_end, _), (payer_end, _) = ENDS
        run(
            *inside[0],
            *("ip", "link", "add", payee_end, "type", "veth"),
            *("peer", "name", payer_end, "netns", str(second)),
        )
        for under, (end, host) in zip(inside, ENDS, strict=True):
            run(*under, "ip", "address", "add", f"{host}/{NETWORK_BITS}", "dev", end)
            for device in (end, "lo"):
                run(*under, "ip", "link", "set", device, "up")
        payee, payer = (Namespace(under, host) for under, (_, host) in zip(inside, ENDS, strict=True))
        yield payee, payer


def reaches(under: Sequence[str], host: str, port: int) -> bool:
    """Say whether a TCP connection can be made from there."""
    attempt = f"exec 3<>/dev/tcp/{host}/{port}"
    return subprocess.run([*under, "bash", "-c", attempt], capture_output=True, check=False).returncode == 0
