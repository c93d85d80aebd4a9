"""Wallets and their operator in one process: the commands as a person types them, on a made-up machine.

The operator is real and lies in a directory; a wallet reaches it without HTTP, by its address. Clocks stand
still until a test moves them. Two devices that meet run in threads.
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from click.testing import CliRunner
from pyotp import TOTP

from shuangli.api.operator_link import OperatorLink
from shuangli.cli import main
from shuangli.cli_holder import VARIABLE
from shuangli.crypto import Signer
from shuangli.errors import StoreError
from shuangli.issuer.minting import vault
from shuangli.money import format_yuan
from shuangli.operator.accounts import VAULT
from shuangli.operator.bank import Bank
from shuangli.operator.service.sandbox import Sandbox, open_sandbox
from shuangli.wallet.commands.edges import Edges
from shuangli.wallet.wallet_file import Device
from tests.setting import NOW
from tests.wallet_file.files import GUARD, PASSPHRASE, hastily

ADDRESS: Final = "http://operator.test"
SMALL_LOAD: Final = Decimal(900)


class Told(NamedTuple):
    """What a command told: its exit code, standard output, and standard error."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> dict[str, Any]:
        """The last JSON object that it printed."""
        facts: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return facts


class Cutting:
    """An operator whose line is cut at one call: before it has heard it, or before its answer arrives.

    Attributes:
        calls: how many calls were made
    """

    def __init__(self, operator: OperatorLink, *, at: int, heard: bool) -> None:
        self._operator = operator
        self._at = at
        self._heard = heard
        self.calls = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(self._operator, name)

        def cut(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self.calls != self._at:
                return call(*args, **kwargs)
            if self._heard:
                call(*args, **kwargs)
            raise StoreError("unavailable", f"the operator at {ADDRESS} cannot be reached: cut")

        return cut


class Publishing:
    """An operator that gives another key set."""

    def __init__(self, operator: OperatorLink, key_set: bytes) -> None:
        self._operator = operator
        self._key_set = key_set

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(self._operator, name)
        return call

    def key_set(self) -> bytes:
        return self._key_set


class CutOffOperator:
    """An operator that cannot reach the registration centre: it keeps uploads, and mints nothing.

    Attributes:
        kept: the uploads that it was handed
    """

    def __init__(self, operator: OperatorLink) -> None:
        self._operator = operator
        self.kept: list[bytes] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(self._operator, name)
        return call

    def reconcile(self, upload: bytes) -> bytes:
        self.kept.append(upload)
        raise StoreError("queued")

    def load(self, order: bytes, *, code: str = "") -> bytes:
        raise StoreError("unavailable", "the issuer cannot be reached")


def small_loads(yuan: str) -> list[str]:
    """So many yuan ("" is none) in loads that need no code of the second factor."""
    left, parts = Decimal(yuan or 0), []
    while left:
        parts.append(str(min(left, SMALL_LOAD)))
        left -= min(left, SMALL_LOAD)
    return parts


class Town:
    """A directory with an operator and wallet files.

    Attributes:
        now_s: the time on every clock
        down: whether the operator cannot be reached
        asked: how often a wallet has reached for the operator
        line: what a wallet reaches in place of the operator, if it is set
    """

    def __init__(self, directory: Path, *, seed: int = 1, now_s: int = NOW) -> None:
        self.directory = directory
        self.now_s = now_s
        self.down = False
        self.asked = 0
        self.line: Cutting | Publishing | CutOffOperator | None = None
        self._random = random.Random(seed)
        self._sandbox: Sandbox | None = None

    @contextmanager
    def open(self) -> Iterator["Town"]:
        """Run the operator."""
        directory = self.directory / "operator"
        with open_sandbox(
            directory, random_bytes=self._random.randbytes, now_s=lambda: self.now_s
        ) as sandbox:
            self._sandbox = sandbox
            yield self

    @property
    def sandbox(self) -> Sandbox:
        assert self._sandbox is not None
        return self._sandbox

    @property
    def root(self) -> str:
        return self.sandbox.root.hex()

    @property
    def edges(self) -> Edges:
        device = Device(random_bytes=self._random.randbytes, guard=GUARD, connect=hastily)
        return Edges(
            now_s=lambda: self.now_s,
            monotonic_s=lambda: float(self.now_s),
            sleep_s=self._let_time_pass,
            device=device,
            operator=self._reach,
        )

    def _let_time_pass(self, seconds: float) -> None:
        self.now_s += max(1, int(seconds))

    @contextmanager
    def _reach(self, address: str, known: Iterable[bytes], signer: Signer | None) -> Iterator[OperatorLink]:
        assert address == ADDRESS
        assert all(known)
        self.asked += 1
        if self.down:
            raise StoreError("unavailable", f"the operator at {address} cannot be reached: down")
        yield cast("OperatorLink", self.line) if self.line is not None else self.sandbox.desk

    def cut(self, *, at: int, heard: bool) -> Cutting:
        """Cut the line at the call of this number, until `mend`."""
        cutting = Cutting(self.sandbox.desk, at=at, heard=heard)
        self.line = cutting
        return cutting

    def cut_off(self) -> CutOffOperator:
        """Cut the operator off from the centre, until `mend`."""
        cut_off = CutOffOperator(self.sandbox.desk)
        self.line = cut_off
        return cut_off

    def publish(self, key_set: bytes) -> None:
        """Let the operator give another key set, until `mend`."""
        self.line = Publishing(self.sandbox.desk, key_set)

    def mend(self) -> None:
        """The operator is reached as it is from now on."""
        self.line = None

    def type(self, *words: object, stdin: str = "", env: Mapping[str, str | None] | None = None) -> Told:
        """Run `shuangli wallet ...` without a terminal."""
        environment = {VARIABLE: PASSPHRASE} if env is None else env
        ran = CliRunner().invoke(
            main, ["wallet", *map(str, words)], obj=self.edges, input=stdin, env=environment
        )
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        return Told(ran.exit_code, ran.stdout, ran.stderr)

    def file(self, name: str) -> Path:
        return self.directory / f"{name}.wallet"

    def open_wallet(self, name: str, *more: object) -> Told:
        return self.type(
            "open", "--file", self.file(name), "--operator", ADDRESS, "--root", self.root, "--json", *more
        )

    def wallet(self, name: str, *, loaded: str = "") -> Path:
        """An open wallet, loaded with so many yuan."""
        told = self.open_wallet(name)
        assert told.code == 0, told
        self.load(name, loaded)
        return self.file(name)

    def load(self, name: str, yuan: str) -> None:
        """Load so many yuan into a wallet, in loads that need no code."""
        for part in small_loads(yuan):
            told = self.type("load", part, "--deposit", "--file", self.file(name))
            assert told.code == 0, told

    def show(self, name: str) -> dict[str, Any]:
        told = self.type("show", "--file", self.file(name), "--json")
        assert told.code == 0, told
        return told.facts

    @property
    def bank(self) -> Bank:
        """The operator behind the desk."""
        return self.sandbox.desk.bank

    def deposit_fen(self, name: str) -> int:
        """What the operator owes the holder of a wallet."""
        return -self.bank.store.ledger.balance_fen(
            self.bank.wallet(bytes.fromhex(self.show(name)["wallet"])).account
        )

    def nothing_lost(self) -> None:
        """All books balance, and nobody is accused."""
        issuer = self.sandbox.issuer
        issuer.centre.check_books()
        self.bank.store.ledger.check()
        assert not list(issuer.store.culprits())
        assert self.bank.store.ledger.balance_fen(VAULT) == -issuer.store.ledger.balance_fen(vault("OP01"))


def yuan_in_purse(town: Town, name: str) -> str:
    """What a wallet holds, as a person reads it."""
    return format_yuan(town.show(name)["balance_fen"])


def second_factor(town: Town, ann: Path) -> TOTP:
    """Give a wallet a second factor; gives the holder's app. The code of this time is used up."""
    totp = TOTP(town.type("second-factor", "--file", ann, "--json").facts["secret"])
    confirmed = town.type("second-factor", "--file", ann, "--code", totp.at(town.now_s), "--json")
    assert confirmed.facts["in_use"] is True
    return totp
