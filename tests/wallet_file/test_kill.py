"""A device is killed in the middle of its writes (F10): what it had acknowledged is there."""

import random
import signal
import subprocess
import sys
from pathlib import Path

from shuangli.wallet.wallet_file import WalletFile
from tests.setting import NOW
from tests.wallet_file.files import PASSPHRASE, SEED, fold
from tests.wallet_file.writer import COMPACT_EVERY, on_this_machine, order

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 6


def kill_after(path: Path, writes: int) -> int:
    """Kill a writer some time after this many writes; how many it acknowledged."""
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.wallet_file.writer", str(path)], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert writer.stdout is not None
    acknowledged = len(writer.stdout.read(writes))
    writer.send_signal(signal.SIGKILL)
    acknowledged += len(writer.stdout.read())
    writer.stdout.close()
    assert writer.wait() == -signal.SIGKILL
    return acknowledged


def test_f10_killed_between_any_two_writes(tmp_path: Path) -> None:
    chance = random.Random(10)
    for number in range(ROUNDS):
        path = tmp_path / f"wallet-{number}"
        WalletFile.create(path, passphrase=PASSPHRASE, seed=SEED, device=on_this_machine()).close()
        acknowledged = kill_after(path, chance.randrange(1, 4 * COMPACT_EVERY))
        with WalletFile.open(path, passphrase=PASSPHRASE, now_s=NOW, device=on_this_machine()) as file:
            purse = fold(list(file))
            stored = len(purse.orders)
            assert stored - acknowledged in (0, 1)
            assert list(purse.orders.values()) == [order(number).order for number in range(stored)]
            file.append([order(stored)])
            assert len(fold(list(file)).orders) == stored + 1
