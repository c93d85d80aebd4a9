"""Wallets in a pocket: one that waits for nothing sleeps as the bytes that it is made of, until it is used.

A day has hundreds of thousands of wallets, and nearly all of them lie idle nearly all of the time. As values,
each takes many times what its certificate and loads take as they were signed, with which of their coins it
still has (ADR 0075). What wakes up is the same purse: its signatures were checked when it took them in, as
with a wallet that is opened from its file. Key, trust and what was checked stay as they are.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from shuangli.messages.certificates import read_certificate
from shuangli.messages.loads import read_load
from shuangli.messages.notices import RevocationList
from shuangli.offline.chain import Coin, load_coins
from shuangli.offline.payer import PayerSession
from shuangli.offline.policy import Usage
from shuangli.offline.states import PayerState
from shuangli.offline.trust import Trust
from shuangli.wallet.handing_in import is_outdated
from shuangli.wallet.purse import Purse
from shuangli.wallet.records import Checkpoint
from shuangli.wallet.wallet import Wallet

MOST: Final = 256
"""Places that fit into a byte."""
NOTHING_PAID: Final[Mapping[bytes, PayerSession]] = {}
NOTHING_OVER: Final[tuple[PayerSession, ...]] = ()


class _Nothing(Purse):
    """In place of the purse of a sleeping wallet: whoever looks into it, or writes into it, is at fault."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"the wallet sleeps: its {name} cannot be set")


EMPTY_HANDED: Final[Purse] = _Nothing.__new__(_Nothing)


class Asleep(NamedTuple):
    """A purse that has coins as they were minted, and nothing under way.

    `coins` has two bytes for each coin: the place of its load, and its place in that load; `held_fen` is what
    all of them are worth. `paid` are payments with a receipt that may still be asked for again.
    """

    certificate: bytes
    loads: tuple[bytes, ...]
    coins: bytes
    held_fen: int
    revocations: RevocationList | None
    usage: Usage
    returned_no: int
    paid: Mapping[bytes, PayerSession]


def fall_asleep(purse: Purse) -> Asleep | None:
    """What a purse is made of; None if it has no coins, or something that is under way, to hand in, or split.

    One without coins takes half as much, and most often waits for its first load.
    """
    if purse.certificate is None or not purse.coins or _under_way(purse):
        return None
    stopped = purse.revocations is not None and purse.revocations.epochs
    places: dict[bytes, int] = {}
    found = bytearray()
    for coin in purse.coins.values():
        load, index = coin.load, coin.load_index
        place = places.setdefault(load.signed.data, len(places))
        if coin.path or load.condition is not None or place >= MOST or index >= MOST:
            return None
        if stopped and is_outdated(coin, purse):
            return None
        found.append(place)
        found.append(index)
    return Asleep(
        certificate=purse.certificate.signed.data,
        loads=tuple(places),
        coins=bytes(found),
        held_fen=purse.balance_fen,
        revocations=purse.revocations,
        usage=purse.usage,
        returned_no=purse.returned_no,
        paid=purse.paying or NOTHING_PAID,
    )


def _under_way(purse: Purse) -> bool:
    """Say whether a purse waits for something, or has something to hand in."""
    if purse.asking or purse.orders or purse.uploads or purse.to_show or purse.to_report or purse.evidence:
        return True
    return any(session.state is not PayerState.PAID for session in purse.paying.values())


def wake_up(asleep: Asleep, wallet: Wallet) -> Purse:
    """The purse of a wallet again, its coins in the order in which they were."""
    minted = [_minted(load, wallet.trust) for load in asleep.loads]
    purse = Purse(day_of=wallet.rules.payer.day_of)
    purse.apply(
        Checkpoint(
            certificate=read_certificate(asleep.certificate),
            coins=tuple([minted[place][index] for place, index in _pairs(asleep.coins)]),
            orders=(),
            paying=tuple(asleep.paid.items()),
            asking=(),
            to_show=(),
            to_report=(),
            uploads=(),
            evidence=(),
            revocations=asleep.revocations,
            usage=asleep.usage,
            returned_no=asleep.returned_no,
        )
    )
    return purse


def forgotten(asleep: Asleep, *, before_s: int) -> Asleep:
    """The same without the payments whose request expired before: all of them are settled."""
    left = {key: session for key, session in asleep.paid.items() if session.expires_at_s >= before_s}
    return asleep._replace(paid=left or NOTHING_PAID)


def _pairs(coins: bytes) -> Iterable[tuple[int, int]]:
    return zip(coins[::2], coins[1::2], strict=True)


def _minted(data: bytes, trust: Trust) -> list[Coin]:
    load = read_load(data)
    return load_coins(load, trust.epoch(load.epoch).terms)


def sleeps(wallet: Wallet) -> bool:
    """Say whether a wallet sleeps in a pocket."""
    return wallet.purse is EMPTY_HANDED


class Pocket:
    """Where a device has its wallet.

    Attributes:
        idle: whether the wallet sleeps: it has nothing under way, and nothing to hand in
        idle_fen: what it holds then
        over: refused payments of value under a condition that the wallet has forgotten: nobody can claim them
            any more, and they are open at the centre until they go back to their giver
    """

    __slots__ = ("_asleep", "_wallet", "over")

    def __init__(self) -> None:
        """There is no wallet yet."""
        self._wallet: Wallet | None = None
        self._asleep: Asleep | None = None
        self.over = NOTHING_OVER

    @property
    def wallet(self) -> Wallet | None:
        """The wallet, awake; None before it is started."""
        if self._asleep is not None and self._wallet is not None:
            self._wake(self._wallet, self._asleep)
        return self._wallet

    @wallet.setter
    def wallet(self, wallet: Wallet) -> None:
        self._wallet, self._asleep = wallet, None

    def _wake(self, wallet: Wallet, asleep: Asleep) -> None:
        wallet.purse = wake_up(asleep, wallet)
        self._asleep = None

    @property
    def idle(self) -> bool:
        """Say whether the wallet sleeps."""
        return self._asleep is not None

    @property
    def idle_fen(self) -> int:
        """What a wallet that sleeps holds."""
        return self._asleep.held_fen if self._asleep is not None else 0

    def note_sync(self, *, now_s: int) -> None:
        """Let the wallet note that the operator was reached; it need not wake up."""
        if self._asleep is not None:
            self._asleep = self._asleep._replace(usage=self._asleep.usage.after_sync(now_s))
        elif self._wallet is not None:
            self._wallet.note_sync(now_s=now_s)

    def hear(self, revocations: bytes) -> None:
        """Let the wallet hear of a revocation list; it wakes up for one that stops an epoch.

        Raises:
            Malformed, Unverified: it is not a list signed by a centre.
        """
        if self._wallet is None:
            return
        if self._asleep is None:
            self._wallet.update_revocations(revocations)
            return
        trust = self._wallet.trust
        if trust.update_revocations(revocations) and trust.revocations is not None:
            self._asleep = self._asleep._replace(revocations=trust.revocations)
            if trust.revocations.epochs:
                self._wake(self._wallet, self._asleep)

    def forget(self, wallet: Wallet, *, before_s: int) -> None:
        """Let a wallet that is or was here forget settled payments whose request expired before."""
        if wallet is not self._wallet:
            if not sleeps(wallet):
                wallet.forget(before_s=before_s)
        elif self._asleep is None:
            self._forget(wallet, before_s)
            self.rest()
        elif self._asleep.paid:
            self._asleep = forgotten(self._asleep, before_s=before_s)

    def _forget(self, wallet: Wallet, before_s: int) -> None:
        """Let the wallet forget, and remember what becomes of it when all is counted."""
        refused = [each for each in wallet.purse.paying.items() if each[1].state is PayerState.REFUSED]
        wallet.forget(before_s=before_s)
        for request_id, session in refused:
            if request_id not in wallet.purse.paying:
                self.over += (session,)

    def rest(self) -> None:
        """Let the wallet sleep if nothing keeps it awake."""
        if self._wallet is not None and self._asleep is None:
            self._asleep = fall_asleep(self._wallet.purse)
            if self._asleep is not None:
                self._wallet.purse = EMPTY_HANDED
