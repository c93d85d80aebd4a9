"""Who may open a wallet file: counting, delaying and locking out wrong passphrases (FAULTS F39).

Every try is counted before it is made and the count set back after a right one, so killing the program
gains nothing. The first wrong tries are free, then each doubles the wait, then the file stays locked: what
it holds comes back to its owner as from a lost device (F24). This holds off whoever tries by way of this
program. Whoever has a copy of the file tries as fast as argon2id lets him, and may set back the count.
"""

from dataclasses import dataclass
from typing import Final, Self

from shuangli import codec
from shuangli.errors import BadInput, Malformed, Refused, StoreError
from shuangli.messages.fields import check_count, check_time, read_array
from shuangli.sealing import LEAST_COST, STANDARD_COST, Cost
from shuangli.wallet.file_database import FileDatabase
from shuangli.wallet.file_format import (
    HEADER,
    TRIES,
    FileKey,
    Header,
    RandomBytes,
    with_digest,
    without_digest,
)

MAX_TRIES: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """How a file is guarded: cost of a try for new passphrases, the least accepted, delays and lock-out.

    After `free_tries` wrong ones the wait is `first_delay_s`, doubled by each further one up to
    `longest_delay_s`; after `most_tries` the file is locked.
    """

    cost: Cost = STANDARD_COST
    least_cost: Cost = LEAST_COST
    free_tries: int = 3
    first_delay_s: int = 30
    longest_delay_s: int = 3_600
    most_tries: int = 10

    def __post_init__(self) -> None:
        if not self.cost.at_least(self.least_cost):
            raise ValueError("a new passphrase would cost less than the least that is accepted")
        if not 1 <= self.free_tries <= self.most_tries <= MAX_TRIES:
            raise ValueError(f"tries are 1 to {MAX_TRIES}, the free ones no more than the most")

    def delay_s(self, wrong: int) -> int:
        """How long to wait after this many wrong tries, in seconds."""
        if wrong < self.free_tries:
            return 0
        doublings = min(wrong - self.free_tries, 32)
        return min(self.first_delay_s << doublings, self.longest_delay_s)


STANDARD_GUARD: Final = Guard()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """The wrong passphrases since the last right one, and when the last one was given."""

    wrong: int = 0
    last_s: int = 0

    def __post_init__(self) -> None:
        check_count(self.wrong, MAX_TRIES, "wrong passphrases")
        check_time(self.last_s, "time")

    def encode(self) -> bytes:
        """Encode as [wrong, last], with a digest."""
        return with_digest(codec.encode([self.wrong, self.last_s]))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read them.

        Raises:
            Malformed: these are none.
        """
        wrong, last_s = read_array(without_digest(data), 2, TRIES)
        return cls(wrong=wrong, last_s=last_s)


def unlock(
    database: FileDatabase, passphrase: str, *, guard: Guard, now_s: int, random_bytes: RandomBytes
) -> FileKey:
    """The file's key, if this is the passphrase.

    1. The header is whole, and a try costs what it must.
    2. The file is not locked, and the wait is over.
    3. The try is counted, and only then made.
    4. After a right one, the count starts again.

    Raises:
        StoreError: the header or the count is damaged (`corrupt`).
        Refused: the file is `locked`, for a while or for good; no key was derived.
        BadInput: the passphrase is wrong (`wrong-passphrase`); nothing was decrypted.
    """
    try:
        header = Header.decode(database.part(HEADER))
        tries = Tries.decode(database.part(TRIES))
    except Malformed as error:
        raise database.corrupt(f"its header is damaged: {error}") from error
    if not header.cost.at_least(guard.least_cost):
        raise database.corrupt("its header asks for less work than a passphrase needs")
    _check_wait(database, tries, guard=guard, now_s=now_s)
    _store(database, Tries(wrong=tries.wrong + 1, last_s=now_s))
    try:
        key = header.unwrap(passphrase, random_bytes)
    except StoreError:
        # No memory for a try is nobody's wrong passphrase.
        _store(database, tries)
        raise
    if key is None:
        raise BadInput("wrong-passphrase", f"{database.path}: the passphrase is wrong")
    _store(database, Tries())
    return key


def _check_wait(database: FileDatabase, tries: Tries, *, guard: Guard, now_s: int) -> None:
    """Make sure that another try may be made now.

    A clock that was set back starts the wait anew: nobody waits longer than the delay, nor skips it.
    """
    if tries.wrong >= guard.most_tries:
        raise Refused(
            "locked",
            f"{database.path} is locked after {tries.wrong} wrong passphrases",
            rule="for-good",
            figures={"tries": tries.wrong},
        )
    delay_s = guard.delay_s(tries.wrong)
    if delay_s and now_s < tries.last_s:
        tries = Tries(wrong=tries.wrong, last_s=now_s)
        _store(database, tries)
    left_s = tries.last_s + delay_s - now_s
    if delay_s and left_s > 0:
        raise Refused(
            "locked",
            f"{database.path} is locked for another {left_s} s after wrong passphrases",
            rule="for-a-while",
            figures={"left_s": left_s, "until_s": now_s + left_s},
        )


def _store(database: FileDatabase, tries: Tries) -> None:
    with database.transaction():
        database.put_part(TRIES, tries.encode())
