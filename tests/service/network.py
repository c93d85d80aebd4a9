"""A network of real processes: an issuer, and operators that reach it over a line of their own each."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final

from shuangli.crypto import SigningKey
from shuangli.issuer.cases import Case, list_cases
from shuangli.issuer.centre import Submission
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.minting import vault
from shuangli.issuer.service.admission import operator_keys_in
from shuangli.issuer.service.keys import DATABASE_FILE, ISSUER_FILE, IssuerKeys, read_key_set, tls_files_in
from shuangli.issuer.service.network import make_issuer, trust_in
from shuangli.issuer.service.server import admit_operator
from shuangli.issuer.store import IssuerStore
from shuangli.operator.accounts import VAULT
from shuangli.operator.issuer_client import HttpIssuer
from shuangli.operator.store import OperatorStore
from tests.devices.processes import Operator, Running, running, until
from tests.service.line import HOST, Line

NAMES: Final = ("OP01", "OP02")


class IssuerProcess(Running):
    """A serving issuer.

    Attributes:
        port: where operators reach it
    """

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        super().__init__(process)
        address = self.next_facts()["address"]
        assert address.startswith(f"https://{HOST}:")
        self.port = int(address.rpartition(":")[2])


class Network:
    """The directories of a network, and its processes while they run.

    Attributes:
        directory: where the issuer and the operators have their directories
        lines: each operator's line to the issuer
        operators: the operators that run
        issuer: the issuer, if it runs
    """

    def __init__(self, directory: Path, names: Sequence[str]) -> None:
        self.directory = directory
        self._ahead = directory / "ahead_s.txt"
        self.let_pass(0)
        self.names = names
        for name in names:
            admit_operator(self.issuer_directory, name, directory / name)
        self.lines = {name: Line(0) for name in names}
        self.operators: dict[str, Operator] = {}
        self._stack = ExitStack()

    @property
    def issuer_directory(self) -> Path:
        return self.directory / "issuer"

    def start(self, *names: str, issuer: bool = False) -> None:
        """Start operators, and the issuer; again if they were killed. Operators reach it where they did."""
        program = (sys.executable, "-m", "tests.service.clocked", self._ahead)
        where: tuple[object, ...] = ("--port", "0", "--json")
        begun = [
            self._stack.enter_context(
                running(*program, "operator", "serve", self.directory / name, "--issuer", at, *where)
            )
            for name in names
            for at in [f"https://{HOST}:{self.lines[name].port}"]
        ]
        if issuer:
            command = (*program, "issuer", "serve", self.issuer_directory, *where)
            self.issuer = IssuerProcess(self._stack.enter_context(running(*command)).process)
            for line in self.lines.values():
                line.to_port = self.issuer.port
        for name, process in zip(names, begun, strict=True):
            self.operators[name] = Operator(process.process)

    def has_settled_down(self) -> bool:
        """Whether every operator has done its first round: from now on only requests change things."""
        with closing(sqlite3.connect(self.issuer_directory / DATABASE_FILE)) as connection:
            (seen,) = connection.execute("SELECT count(*) FROM returns_seen").fetchone()
        return bool(seen == len(self.names))

    def let_pass(self, seconds: int) -> None:
        """Put the clocks of all services ahead of the machine's by so much."""
        self._ahead.write_text(str(seconds))

    def close(self) -> None:
        self._stack.close()
        for line in self.lines.values():
            line.close()

    def link(self, name: str, files_of: Path | None = None) -> HttpIssuer:
        """Reach the issuer directly, as an operator does."""
        files = tls_files_in(files_of or self.directory / name)
        return HttpIssuer(f"https://{HOST}:{self.issuer.port}", files)

    def dump(self) -> list[str]:
        """All that the issuer has stored, as committed."""
        with closing(sqlite3.connect(self.issuer_directory / DATABASE_FILE)) as connection:
            return list(connection.iterdump())

    @contextmanager
    def issuer_store(self) -> Iterator[IssuerStore]:
        """The issuer's database, to be read."""
        with closing(IssuerStore(self.issuer_directory / DATABASE_FILE)) as store:
            yield store

    def cases(self) -> list[Case]:
        """All cases, with evidence."""
        keys = IssuerKeys.decode((self.issuer_directory / ISSUER_FILE).read_bytes())
        trust = trust_in(keys.root, read_key_set(self.issuer_directory))
        with self.issuer_store() as store:
            return list_cases(store, trust=trust)

    @contextmanager
    def operator_store(self, name: str) -> Iterator[OperatorStore]:
        """An operator's database, to be read."""
        with closing(OperatorStore(self.directory / name / f"{name}.sqlite", name=name)) as store:
            yield store

    @contextmanager
    def books(self) -> Iterator[Issuer]:
        """The issuer's books once all have stopped; they balance, and agree with those of the operators."""
        self._stack.close()
        keys = IssuerKeys.decode((self.issuer_directory / ISSUER_FILE).read_bytes())
        with self.issuer_store() as store:
            issuer = make_issuer(
                store,
                root=keys.root,
                centre=SigningKey(keys.centre),
                minting=SigningKey(keys.minting),
                key_set=read_key_set(self.issuer_directory),
            )
            issuer.centre.check_books()
            for name in self.names:
                with self.operator_store(name) as of_operator:
                    of_operator.ledger.check()
                    assert of_operator.ledger.balance_fen(VAULT) == -store.ledger.balance_fen(vault(name))
                    assert of_operator.oldest_pending_s() is None
            yield issuer

    def deposit_fen(self, name: str, key: bytes) -> int:
        """What an operator that has stopped owes the holder of a wallet."""
        with self.operator_store(name) as store:
            row = store.wallet(key)
            assert row is not None
            return -store.ledger.balance_fen(row.account)

    def operator_key(self, name: str) -> SigningKey:
        """An operator's own key."""
        return SigningKey(operator_keys_in(self.directory / name).operator)


@contextmanager
def network(directory: Path, names: Sequence[str] = NAMES, *, operators: bool = True) -> Iterator[Network]:
    """A network whose issuer runs, and its operators if they are wanted."""
    made = Network(directory, names)
    try:
        made.start(*(names if operators else ()), issuer=True)
        if operators:
            until(made.has_settled_down)
        yield made
    finally:
        made.close()


def submission(operator: str, upload: bytes, **changed: Any) -> Submission:
    """An upload as an operator passes it on."""
    fields: dict[str, Any] = {"operator": operator, "upload": upload, "person": bytes(32), "received_s": 1}
    return Submission(**fields | changed)
