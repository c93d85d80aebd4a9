"""Power is lost at every write under SQLite, and every write fails once (F10, F42).

The scenario is run as often as it writes to the disk. Each time the journal must say what had been
acknowledged, or that and the one step that was under way; and it must go on from there.
"""

import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import pytest

pytest.importorskip("apsw", reason="power loss is made with apsw's VFS")

from shuangli.errors import BadInput, StoreError
from shuangli.wallet.counter import MemoryCounter
from shuangli.wallet.records import Record
from shuangli.wallet.wallet_file import EPOCH, Device, WalletFile
from tests.setting import NOW
from tests.wallet_file.files import PASSPHRASE, SEED, device, fold, outcome, reopen
from tests.wallet_file.power import Disk, Survives
from tests.wallet_file.version_1 import make_version_1

PATH: Final = Path("/wallet")
SECOND: Final = "another passphrase"


class Step(NamedTuple):
    """Something done to the file, and what its journal says afterwards."""

    act: Callable[[WalletFile], None]
    records: list[Record]


def appended(records: list[Record], more: list[Record]) -> Step:
    return Step(lambda file: file.append(more), [*records, *more])


def scenario(lived: list[Record], epochs: list[bytes]) -> list[Step]:
    """A small life: opened, loaded, paid, compacted, paid again, passphrase changed."""
    first, second = lived[:3], lived[3:6]
    checkpoint: Record = fold([*first, *second]).checkpoint()
    steps = [Step(lambda file: file.keep(EPOCH.format(number=1), epochs[0]), [])]
    steps += [appended([], first), appended(first, second)]
    steps += [Step(lambda file: file.compact(fold([*first, *second]).checkpoint()), [checkpoint])]
    steps += [appended([checkpoint], lived[6:7]), appended([checkpoint, lived[6]], lived[7:9])]
    last = steps[-1].records
    steps += [Step(lambda file: file.change_passphrase(PASSPHRASE, SECOND, now_s=NOW), last)]
    return steps


@pytest.fixture(scope="module")
def steps(lived: list[Record], epochs: list[bytes]) -> list[Step]:
    return scenario(lived, epochs)


def live(disk: Disk, steps: Sequence[Step], *, counter: MemoryCounter | None) -> int:
    """Run the scenario until the power goes; says how far it came, -1 if the file was not yet made."""
    done = -1
    try:
        with WalletFile.create(
            PATH, passphrase=PASSPHRASE, seed=SEED, device=on(disk, counter=counter)
        ) as file:
            for done, step in enumerate(steps):  # noqa: B007
                step.act(file)
            done = len(steps)
    except StoreError as failure:
        code = failure.code
    else:
        code = "unavailable"
    assert code == "unavailable", "a failing disk is not a damaged file"
    return done


def on(disk: Disk, *, counter: MemoryCounter | None, seed: int = 1) -> Device:
    return device(seed=seed, counter=counter, connect=disk.connect)


def revived(disk: Disk, counter: MemoryCounter | None) -> WalletFile:
    """Open the file with the one passphrase or the other."""
    try:
        return reopen(PATH, on=on(disk, counter=counter, seed=2))
    except BadInput as error:
        if error.code != "wrong-passphrase":
            raise
    return WalletFile.open(PATH, passphrase=SECOND, now_s=NOW, device=on(disk, counter=counter, seed=3))


def legal(steps: Sequence[Step], done: int) -> list[list[Record]]:
    """What the journal may say when step number `done` was under way."""
    before = [] if done <= 0 else steps[done - 1].records
    return [before, steps[done].records] if 0 <= done < len(steps) else [before]


@pytest.fixture(scope="module")
def writes(steps: list[Step]) -> int:
    """How many writes, syncs and truncations the scenario makes."""
    disk = Disk()
    assert live(disk, steps, counter=MemoryCounter()) == len(steps)
    return disk.steps


@pytest.mark.parametrize("survives", Survives)
def test_f10_power_is_lost_at_every_write(
    survives: Survives, steps: list[Step], writes: int, lived: list[Record]
) -> None:
    states: set[tuple[int, int]] = set()
    for cut_at in range(1, writes + 1):
        disk, counter = Disk(cut_at=cut_at), MemoryCounter()
        done = live(disk, steps, counter=counter)
        left = disk.after_cut(survives, seed=cut_at)
        if done < 0:
            assert outcome(partial(read, left, counter)) in (None, []), "the file was never finished"
            continue
        with revived(Disk(left), counter) as file:
            found = list(file)
            assert found in legal(steps, done), f"cut at {cut_at}, step {done}"
            states.add((done, legal(steps, done).index(found)))
            if done > 0:
                file.append(lived[-1:])
                assert list(file) == [*found, lived[-1]]
    assert {done for done, _ in states} >= set(range(len(steps)))
    assert {which for _, which in states} == {0, 1}, "some steps were lost, others found done"


def read(left: dict[str, bytes], counter: MemoryCounter | None) -> list[Record]:
    with revived(Disk(left), counter) as file:
        return list(file)


def test_f42_every_write_fails_once(steps: list[Step], writes: int) -> None:
    """A full disk: a step fails, and is made again; where it is not known, after opening the file again."""
    again = 0
    for fails_at in range(1, writes + 1):
        disk, counter = Disk(fails_at=fails_at), MemoryCounter()
        done = 0
        try:
            file = WalletFile.create(PATH, passphrase=PASSPHRASE, seed=SEED, device=on(disk, counter=counter))
        except StoreError:
            continue
        while done < len(steps):
            before = [] if done == 0 else steps[done - 1].records
            try:
                steps[done].act(file)
            except StoreError as error:
                if "opened again" not in str(error):
                    assert error.code == "unavailable"  # noqa: PT017
                    continue
                again += 1
                file.close()
                file = revived(disk, counter)
                # Keeping the certificate may be repeated; which passphrase holds, `revived` has found out.
                if done == 0 or (done < len(steps) - 1 and list(file) == before):
                    continue
            done += 1
        assert list(file) == steps[-1].records
        file.close()
        assert read(disk.after_cut(Survives.NOTHING), counter) == steps[-1].records
    assert again > writes // 2


def test_f10_a_migration_is_cut_off_at_every_write(
    path: Path, lived: list[Record], epochs: list[bytes]
) -> None:
    make_version_1(path, lived, epochs=epochs)
    old = {str(PATH): path.read_bytes()}
    disk = Disk(old)
    assert read_on(disk) == lived
    for cut_at in range(1, disk.steps + 1):
        for survives in Survives:
            cut = Disk(old, cut_at=cut_at)
            assert outcome(partial(read_on, cut)) in (None, lived)
            assert read(cut.after_cut(survives, seed=cut_at), None) == lived


def read_on(disk: Disk) -> list[Record]:
    with revived(disk, None) as file:
        return list(file)


def test_f38_a_flipped_bit_after_power_loss_loses_nothing_acknowledged(
    steps: list[Step], writes: int
) -> None:
    """SQLite takes a log with a flipped bit for a shorter one: nothing acknowledged may be in it alone."""
    chance = random.Random(10)
    logs = 0
    for cut_at in range(writes // 4, writes + 1):
        disk = Disk(cut_at=cut_at)
        done = live(disk, steps, counter=None)
        left = disk.after_cut(Survives.ALL)
        name, data = chance.choice([(name, data) for name, data in left.items() if data])
        logs += name.endswith("-wal")
        at = chance.randrange(len(data))
        left[name] = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        found = outcome(partial(read, left, None))
        assert found is None or found in legal(steps, done), f"cut at {cut_at}, flipped byte {at} of {name}"
    assert logs > 10
