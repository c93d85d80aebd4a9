"""The wallet file as a journal: what was appended is there, and nobody else can read it."""

import os
import pickle
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from shuangli.crypto import SigningKey
from shuangli.errors import BadInput, StoreError, Unverified
from shuangli.messages.certificates import Epoch
from shuangli.offline.records import PaymentReceived
from shuangli.wallet.custody import KeyCustody
from shuangli.wallet.journal import Journal, MemoryJournal
from shuangli.wallet.records import Loaded, Record
from shuangli.wallet.wallet import Wallet
from shuangli.wallet.wallet_file import EPOCH, WalletFile
from tests.paying import pay, signing_key
from tests.setting import NOW, TRANSFERABLE
from tests.wallet_file.files import PASSPHRASE, SEED, copy_of, device, fold, make, read, reopen
from tests.world import World


def test_what_was_appended_is_there(path: Path, lived: list[Record], epochs: list[bytes]) -> None:
    with make(path, lived[:3], epochs=epochs) as file:
        file.append(lived[3:])
        file.append([])
        assert list(file) == lived
    assert read(path) == lived


def test_a_wallet_lives_in_a_file_as_in_memory(path: Path, tmp_path: Path) -> None:
    world = World(tmp_path, terms=TRANSFERABLE)
    held, shops = world.wallet([500, 30]), (world.wallet(tier=0), world.wallet(tier=0))
    file = WalletFile.create(
        path, passphrase=PASSPHRASE, seed=SEED, device=device(), terms_of=lambda _: TRANSFERABLE
    )
    for record in world.journals[held]:
        file.append([record])
    journals: tuple[Journal, Journal] = (file, MemoryJournal(world.journals[held]))
    for journal, shop in zip(journals, shops, strict=True):
        wallet = open_wallet(world, held, journal)
        pay(wallet, shop, 30)
        pay(shop, wallet, 20)
    assert open_wallet(world, held, file).purse.balance_fen == 520
    wallet = open_wallet(world, held, file)
    wallet.hand_in(now_s=NOW)
    before = wallet.purse.checkpoint()
    wallet.compact()
    file.close()
    with WalletFile.open(
        path, passphrase=PASSPHRASE, now_s=NOW, device=device(seed=3), terms_of=lambda _: TRANSFERABLE
    ) as again:
        assert len(list(again)) == 1
        assert open_wallet(world, held, again).purse.checkpoint() == before
    world.close()


def open_wallet(world: World, wallet: Wallet, journal: Journal) -> Wallet:
    return Wallet(
        key=KeyCustody(signing_key(wallet), world.random.randbytes),
        trust=world.trust(),
        journal=journal,
        rules=wallet._rules,
    )


def test_the_private_key_is_in_the_file(path: Path) -> None:
    with make(path, [], epochs=[]) as file:
        assert file.signing_key().public == SigningKey(SEED).public
    with reopen(path) as file:
        assert file.signing_key().public == SigningKey(SEED).public


def test_a_file_may_be_without_the_key(path: Path) -> None:
    file = WalletFile.create(path, passphrase=PASSPHRASE, seed=None, device=device())
    with file, pytest.raises(StoreError, match="private key"):
        file.signing_key()


def test_terms_come_from_the_certificates_kept(path: Path, lived: list[Record], epochs: list[bytes]) -> None:
    loaded = next(record for record in lived if isinstance(record, Loaded))
    with make(path, [], epochs=[]) as file:
        with pytest.raises(Unverified, match="epoch 1"):
            file.append([loaded])
        assert list(file) == []
        file.keep(EPOCH.format(number=1), epochs[0])
        file.append([loaded])
        (read_back,) = file
    assert isinstance(read_back, Loaded)
    assert read_back.coins[0].terms == Epoch.parse(epochs[0]).terms


def test_the_newest_of_each_name_is_kept(path: Path, lived: list[Record], epochs: list[bytes]) -> None:
    with make(path, lived, epochs=epochs) as file:
        file.keep("list", b"first")
        file.keep("list", b"second")
        file.compact(fold(lived).checkpoint())
        assert file.kept == {"list": b"second", EPOCH.format(number=1): epochs[0]}
        file.keep("list", b"third")
    with reopen(path) as file:
        assert file.kept == {"list": b"third", EPOCH.format(number=1): epochs[0]}
        assert list(file) == [fold(lived).checkpoint()]


def test_a_compacted_file_goes_on(path: Path, lived: list[Record], epochs: list[bytes]) -> None:
    for cut in range(0, len(lived), 5):
        path.unlink(missing_ok=True)
        with make(path, lived[:cut], epochs=epochs) as file:
            file.compact(fold(lived[:cut]).checkpoint())
            file.append(lived[cut:])
        assert fold(read(path)).checkpoint() == fold(lived).checkpoint()


def test_what_a_checkpoint_replaces_is_gone(path: Path, lived: list[Record], epochs: list[bytes]) -> None:
    """Whoever learns the key later learns nothing of sessions that the wallet has forgotten."""
    with make(path, lived, epochs=epochs) as file:
        rows = [sealed for _, sealed in file._database.rows()]
        file.compact(fold(lived).checkpoint())
    stored = path.read_bytes()
    assert not [row for row in rows if row[-64:] in stored]


def test_what_would_not_come_back_is_not_written(
    path: Path, lived: list[Record], epochs: list[bytes]
) -> None:
    """A coin that says more than its chain must not get into the file, or the file could not be trusted."""
    received = next(record for record in lived if isinstance(record, PaymentReceived))
    coin = received.coins[0]
    rich = PaymentReceived(
        request_id=received.request_id,
        bundle=received.bundle,
        coins=(coin._replace(value_fen=coin.value_fen + 1),),
        receipt=received.receipt,
    )
    with make(path, [], epochs=epochs) as file:
        with pytest.raises(TypeError, match="PaymentReceived"):
            file.append([received, rich])
        assert list(file) == []


def test_only_its_owner_may_read_it(path: Path, lived: list[Record], epochs: list[bytes]) -> None:
    before = os.umask(0)
    try:
        with make(path, lived, epochs=epochs):
            for file in path.parent.glob(path.name + "*"):
                assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
        path.chmod(0o644)
        with reopen(path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_what_is_no_wallet_file_is_left_as_it_is(path: Path) -> None:
    path.write_text("somebody else's")
    path.chmod(0o644)
    with pytest.raises(BadInput, match="not a wallet file"):
        reopen(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    path.unlink()
    os.mkfifo(path, 0o644)
    with pytest.raises(BadInput, match="is no file"):
        reopen(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_nothing_in_it_can_be_read(path: Path, lived: list[Record], epochs: list[bytes]) -> None:
    with make(path, lived, epochs=epochs) as file:
        shown = f"{file!r} {file._key!r} {file._device!r} {file.signing_key()!r}"
    stored = path.read_bytes()
    loaded = next(record for record in lived if isinstance(record, Loaded))
    for secret in (PASSPHRASE.encode(), SEED, loaded.load[:64], loaded.coins[0].coin_id, epochs[0][:64]):
        assert secret not in stored
        assert secret.hex() not in shown
    assert PASSPHRASE not in shown
    assert file._key._key.hex() not in shown
    for value in (file, file._key):
        with pytest.raises(TypeError):
            pickle.dumps(value)


OPEN_IT = """
import os, pathlib, sys
from shuangli.errors import StoreError
from shuangli.wallet.wallet_file import Device, WalletFile
try:
    device = Device(random_bytes=os.urandom)
    WalletFile.open(pathlib.Path(sys.argv[1]), passphrase="x", now_s=0, device=device)
except StoreError as error:
    print(error.code, error)
"""


def test_another_program_cannot_open_it(path: Path, lived: list[Record], epochs: list[bytes]) -> None:
    with make(path, lived, epochs=epochs) as file:
        other = subprocess.run(
            [sys.executable, "-c", OPEN_IT, str(path)], capture_output=True, text=True, check=True
        )
        assert other.stdout == f"unavailable {path} is open in another program\n"
        with pytest.raises(StoreError, match="open in another program"):
            reopen(path)
        file.append(lived[-1:])
    assert read(path) == [*lived, lived[-1]]


def test_a_file_is_not_made_over_another(path: Path) -> None:
    path.write_bytes(b"precious")
    with pytest.raises(BadInput, match="exists already"):
        make(path, [], epochs=[])
    assert path.read_bytes() == b"precious"


def test_what_is_no_wallet_file_is_said_so(path: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        reopen(path)
    path.write_bytes(b"")
    with pytest.raises(BadInput, match="not a wallet file"):
        reopen(path)
    path.write_bytes(b"some other file, and long enough to be one" * 100)
    with pytest.raises(BadInput, match="not a wallet file"):
        reopen(path)
    with pytest.raises((StoreError, BadInput)):
        reopen(tmp_path)
    with pytest.raises(BadInput, match="no such file"):
        make(tmp_path / "nowhere" / "wallet", [], epochs=[])


def test_a_closed_file_does_nothing(path: Path, lived: list[Record], epochs: list[bytes]) -> None:
    file = make(path, lived, epochs=epochs)
    file.close()
    file.close()
    with pytest.raises(StoreError):
        file.append(lived[-1:])
    with pytest.raises(StoreError):
        list(file)
    assert read(path) == lived


def test_f02_a_soft_wallet_can_be_copied(path: Path, lived: list[Record], epochs: list[bytes]) -> None:
    """Without a counter a copy is as good as the file, and so is an older one: the attack of F01 and F02."""
    make(path, lived[:-1], epochs=epochs).close()
    copy = copy_of(path)
    with reopen(path) as file:
        file.append(lived[-1:])
    with reopen(copy) as file:
        assert list(file) == lived[:-1]
        assert file.signing_key().public == SigningKey(SEED).public
