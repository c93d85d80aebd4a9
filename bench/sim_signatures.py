"""sim.signatures.*: what `signatures=accounting` spares of the time of signatures, and of a whole run.

sim.signatures.spared   the part of libsodium's time for a metro day's signatures and checks that the keyed
                        hash spares, both on messages of about the mean size; what is really signed in that
                        mode (each wallet's certificate, and again where it is checked) counts against it
sim.signatures.run      processor time of a run with real signatures, by that of one with accounting
"""

import tempfile
from pathlib import Path
from typing import Any, Final

from nacl import bindings

from bench.libsodium import MESSAGE_BYTES, least_s
from bench.processor_time import cpu_s_of
from bench.result import Measured, Wanted
from shuangli.sims.catalogue import make_scenario
from shuangli.sims.run import play_only
from shuangli.sims.signatures import Signatures, accounted

TRIPS: Final = 10_000
BATCHES: Final = 400
LEAST_SPARED: Final = 0.9
SIGNED_AGAIN: Final = 3
"""Processes that check a certificate, at most: its cell's, the gates' operator's and the centre's."""


def measure(wanted: Wanted) -> list[Measured]:
    """The lines that are wanted."""
    if not (wanted("sim.signatures.spared") or wanted("sim.signatures.run")):
        return []
    real, real_s = _played(Signatures.REAL)
    accounting, accounting_s = _played(Signatures.ACCOUNTING)
    assert real["signatures"] == accounting["signatures"]
    counts = real["signatures"]
    really = real["wallets"]["opened"]
    times = _seconds()
    alone_s = counts["made"] * times["sign"] + counts["checked"] * times["check"]
    hashed_s = (counts["made"] + counts["checked"] - really) * times["hash"]
    hashed_s += (1 + SIGNED_AGAIN) * really * times["sign"]
    print(f"signatures: {counts['made']:,} and {counts['checked']:,} checks of {TRIPS:,} trips;")
    print(
        f"  libsodium {alone_s:.2f} s, accounting {hashed_s:.2f} s; runs {real_s:.1f}, {accounting_s:.1f} s"
    )
    lines = [
        Measured(
            name="sim.signatures.spared",
            value=round(1 - hashed_s / alone_s, 4),
            unit="of libsodium's time",
            limit="at least nine tenths",
            limit_value=LEAST_SPARED,
        ),
        Measured(
            name="sim.signatures.run",
            value=round(real_s / accounting_s, 3),
            unit="times faster",
            limit="if nothing were left of libsodium's time for the same",
            limit_value=round(real_s / max(real_s - alone_s, 1e-9), 3),
        ),
    ]
    return [line for line in lines if wanted(line.name)]


def _played(signatures: Signatures) -> tuple[dict[str, Any], float]:
    """The result of a metro day played in this process, and the processor time that it took."""
    settings = {"trips": str(TRIPS), "signatures": signatures.value}
    scenario = make_scenario("transit", settings, seed=1, demand=None, network=None)
    with tempfile.TemporaryDirectory() as directory:
        return cpu_s_of(lambda: play_only(scenario, Path(directory) / "out"))


def _seconds() -> dict[str, float]:
    """Seconds for a signature, a check and the hash that stands for both, each the least of many batches."""
    public, secret = bindings.crypto_sign_seed_keypair(bytes(32))
    message = bytes(MESSAGE_BYTES)
    signed = bindings.crypto_sign(message, secret)
    return {
        "sign": least_s(lambda: bindings.crypto_sign(message, secret), BATCHES),
        "check": least_s(lambda: bindings.crypto_sign_open(signed, public), BATCHES),
        "hash": least_s(lambda: accounted(public, message), BATCHES),
    }
