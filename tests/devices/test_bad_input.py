"""Bad input to any command of a wallet: one line on standard error, exit code 2, and nothing has changed."""

import re
from pathlib import Path

import pytest

from shuangli.cli_holder import VARIABLE
from tests.devices.people import ADDRESS, Told, Town, yuan_in_purse

HERE = "unix:/nowhere/till"
KEY = "11" * 32


def assert_one_line(told: Told, *parts: str) -> None:
    assert (told.code, told.out) == (2, ""), told
    assert re.fullmatch(r"shuangli: [^\n]+\n", told.err), told.err
    for part in parts:
        assert part in told.err, told.err


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("load", "5"), ("--file",)),
        (("lend", "5"), ("lend",)),
        (("show", "--file", "ann", "--fast"), ("--fast",)),
        (("load", "--file", "ann"), ("YUAN",)),
        (("load", "five", "--file", "ann"), ("'five'", "12.50")),
        (("load", "-5", "--file", "ann"), ("-5",)),
        (("load", "5.001", "--file", "ann"), ("'5.001'",)),
        (("load", "0", "--file", "ann"), ("'0'", "0.01")),
        (("receive", "0.00", "--at", HERE, "--file", "ann"), ("'0.00'", "0.01")),
        (("receive", "5", "--file", "ann"), ("--at",)),
        (("receive", "--at", HERE, "--file", "ann"), ("--again",)),
        (("receive", "5", "--again", "--at", HERE, "--file", "ann"), ("--again",)),
        (("receive", "5", "--at", "tcp:host", "--file", "ann"), ("'tcp:host'", "tcp:HOST:PORT")),
        (("receive", "5", "--at", HERE, "--wait", "-1", "--file", "ann"), ("--wait",)),
        (("pay", "http://host:1", "--amount", "5", "--file", "ann"), ("'http://host:1'", "tcp:HOST:PORT")),
        (("pay", "tcp:host:99999", "--amount", "5", "--file", "ann"), ("99999",)),
        (("pay", f"tcp:{'h' * 64}:1", "--amount", "5", "--file", "ann"), ("hhh", "tcp:HOST:PORT")),
        (("receive", "5", "--at", "tcp:a..b:0", "--file", "ann"), ("'tcp:a..b:0'", "tcp:HOST:PORT")),
        (("pay", HERE, "--file", "ann"), ("--amount",)),
        (("pay", HERE, "--amount", "x", "--file", "ann"), ("'x'",)),
        (("open", "--file", "new", "--root", KEY), ("--operator",)),
        (("open", "--file", "new", "--operator", ADDRESS), ("--root",)),
        (("open", "--file", "new", "--operator", "ftp://host", "--root", KEY), ("'ftp://host'", "http://")),
        (("open", "--file", "new", "--operator", "http://", "--root", KEY), ("'http://'",)),
        (("open", "--file", "new", "--operator", "http://a:b@host", "--root", KEY), ("http://a:b@host",)),
        (("open", "--file", "new", "--operator", ADDRESS, "--root", KEY[1:]), ("--root", "64 hex digits")),
        (("open", "--file", "new", "--operator", ADDRESS, "--root", KEY, "--tier", "5"), ("--tier", "5")),
    ],
)
def test_words(town: Town, words: tuple[str, ...], parts: tuple[str, ...]) -> None:
    file = town.wallet("ann", loaded="5")
    told = town.type(*(str(file) if word == "ann" else word for word in words))
    assert_one_line(told, *parts)
    assert yuan_in_purse(town, "ann") == "5.00"
    assert not Path("new").exists()


@pytest.mark.parametrize(
    "words",
    [("load", "5"), ("show",), ("sync",), ("receive", "5", "--at", HERE), ("pay", HERE, "--amount", "5")],
    ids=lambda words: words[0],
)
class TestFile:
    """What may be wrong with the file and its passphrase, for every command that needs an open wallet."""

    def test_missing(self, town: Town, words: tuple[str, ...]) -> None:
        assert_one_line(town.type(*words, "--file", town.file("ann")), "ann.wallet", "no such file")
        assert not town.file("ann").exists()

    def test_not_a_wallet(self, town: Town, words: tuple[str, ...]) -> None:
        town.file("ann").write_bytes(b"years of work" * 1_000)
        assert_one_line(town.type(*words, "--file", town.file("ann")), "ann.wallet", "not a wallet file")
        assert town.file("ann").read_bytes() == b"years of work" * 1_000

    def test_a_directory(self, town: Town, words: tuple[str, ...]) -> None:
        assert_one_line(town.type(*words, "--file", town.directory), str(town.directory))

    def test_cut_short(self, town: Town, words: tuple[str, ...]) -> None:
        file = town.wallet("ann", loaded="5")
        file.write_bytes(file.read_bytes()[:-4096])
        assert_one_line(town.type(*words, "--file", file), "ann.wallet")

    def test_never_opened(self, town: Town, words: tuple[str, ...]) -> None:
        town.cut(at=3, heard=False)
        assert town.open_wallet("ann").code == 2
        town.mend()
        assert_one_line(town.type(*words, "--file", town.file("ann")), "never opened", "wallet open")

    def test_wrong_passphrase(self, town: Town, words: tuple[str, ...]) -> None:
        file = town.wallet("ann", loaded="5")
        told = town.type(*words, "--file", file, env={VARIABLE: "two blue herons"})
        assert_one_line(told, "ann.wallet", "passphrase is wrong")
        assert "herons" not in told.err
        assert yuan_in_purse(town, "ann") == "5.00"

    def test_no_passphrase(self, town: Town, words: tuple[str, ...]) -> None:
        told = town.type(*words, "--file", town.wallet("ann"), env={VARIABLE: None})
        assert_one_line(told, "--passphrase-file", VARIABLE)

    def test_a_file_of_the_passphrase(self, town: Town, words: tuple[str, ...], tmp_path: Path) -> None:
        file, secret = town.wallet("ann"), tmp_path / "secret"
        asked = (*words, "--file", file, "--passphrase-file", secret)
        assert_one_line(town.type(*asked), str(secret), "No such file")
        secret.write_bytes(b"\xff\xfe")
        assert_one_line(town.type(*asked), str(secret), "not text")
        secret.write_text("\n", encoding="utf-8")
        assert_one_line(town.type(*asked), "passphrase")
        told = town.type(*words, "--file", file, "--passphrase-file", "/dev/zero")
        assert_one_line(told, "/dev/zero", "more than 4,096 characters")


def test_f39_wrong_passphrases_lock_the_file(town: Town) -> None:
    file = town.wallet("ann", loaded="5")
    for _ in range(3):
        assert town.type("show", "--file", file, env={VARIABLE: "wrong"}).code == 2
    told = town.type("show", "--file", file, "--json")
    assert (told.code, told.facts["code"]) == (1, "locked")
    town.now_s += 30
    assert yuan_in_purse(town, "ann") == "5.00"


def test_a_passphrase_from_a_file(town: Town, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("drei blaue Reiher\nand a second line\n", encoding="utf-8")
    asked = ("--file", town.file("ann"), "--passphrase-file", secret)
    told = town.type("open", *asked, "--operator", ADDRESS, "--root", town.root, env={})
    assert told.code == 0, told
    assert town.type("show", *asked, env={}).code == 0
    assert town.type("show", "--file", town.file("ann"), env={VARIABLE: "drei blaue Reiher"}).code == 0
    secret.write_bytes("\ufeffdrei blaue Reiher\r\n".encode())
    assert town.type("show", *asked, env={}).code == 0, "as an editor on Windows writes it"


@pytest.mark.parametrize(
    "words", [("pay", "unix:till", "--amount", "1"), ("receive", "1", "--at", "unix:till")]
)
def test_nobody_waits_for_what_is_no_number_of_seconds(town: Town, words: tuple[str, ...]) -> None:
    for wait in ("nan", "inf", "-1", "1h"):
        told = town.type(*words, "--wait", wait, "--file", town.file("ann"))
        assert_one_line(told, "--wait")


def test_a_last_request_that_was_never_made(town: Town) -> None:
    told = town.type(
        "receive", "--again", "--at", f"unix:{town.directory / 'till'}", "--file", town.wallet("ann")
    )
    assert_one_line(told, "no request")


@pytest.mark.parametrize("words", [("sync",), ("load", "5"), ("load", "5", "--deposit")])
def test_an_operator_that_is_down_is_named_and_nothing_is_lost(town: Town, words: tuple[str, ...]) -> None:
    file = town.wallet("ann", loaded="5")
    town.down = True
    assert_one_line(town.type(*words, "--file", file, "--json"), ADDRESS, "cannot be reached")
    town.down = False
    assert yuan_in_purse(town, "ann") == "5.00"
    assert town.type("sync", "--file", file).code == 0
    town.nothing_lost()
