"""The limit of everything that is signed and verified: the time libsodium alone needs for it."""

import multiprocessing
import time
from collections.abc import Callable

from nacl import bindings

MESSAGE_BYTES = 300
"""About the mean size of what is signed in a metro day."""
SAMPLE = 40_000
BATCH = 20
"""Calls that are timed together: short enough for some batches to run undisturbed on a busy machine."""


def _work(counts: tuple[int, int]) -> float:
    """Seconds that one process needs for so many signatures and checks."""
    made, checked = counts
    public, secret = bindings.crypto_sign_seed_keypair(bytes(32))
    message = bytes(MESSAGE_BYTES)
    signed = bindings.crypto_sign(message, secret)
    started = time.perf_counter()
    for _ in range(made):
        bindings.crypto_sign(message, secret)
    for _ in range(checked):
        bindings.crypto_sign_open(signed, public)
    return time.perf_counter() - started


def seconds_alone(made: int, checked: int, *, processes: int) -> float:
    """Wall-clock seconds that bare libsodium needs for `made` signatures and `checked` checks.

    All `processes` work at once on a sample in the same proportion, and the time is scaled up.
    """
    scale = max(1.0, (made + checked) / (SAMPLE * processes))
    part = (round(made / scale / processes), round(checked / scale / processes))
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return max(pool.map(_work, [part] * processes)) * scale


def signature_s(batches: int) -> float:
    """Seconds for one bare signature: the least mean of so many batches."""
    _, secret = bindings.crypto_sign_seed_keypair(bytes(32))
    message = bytes(MESSAGE_BYTES)
    return least_s(lambda: bindings.crypto_sign(message, secret), batches)


def least_s(call: Callable[[], object], batches: int) -> float:
    """Seconds for one call: the least mean of so many batches of `BATCH` calls."""
    least = float("inf")
    for _ in range(batches):
        started = time.perf_counter()
        for _ in range(BATCH):
            call()
        least = min(least, (time.perf_counter() - started) / BATCH)
    return least
