"""What was paid on all branches below the coins that were forked, and what of it the guarantee fund paid.

A coin that was forked and lies below no other fork is the top of a tree: its spends, what they split it
into, and so on down to what was redeemed, went back, or is still open. Everything in the tree that lies on a
further branch of a fork is worth nothing in the supply, so the fund paid for it.

*Paid* of a forked coin counts all branches, but a fork below it at most with its own face: what goes beyond
is the loss of that other case. None of it depends on which branch came first.

*Paid by the fund* is divided among the cases of a tree without rest. A forked coin in the supply answers for
all that the fund paid below it; one that lies itself on a further branch answers for what goes beyond its
face, and the fork above it for the rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from shuangli.issuer.facts import DATE_BYTES, CaseRow, ObjectKind, Spent, dated_key
from shuangli.issuer.store import IssuerStore
from shuangli.messages.transfers import (
    CENTRE,
    CHANGE_OUTPUT,
    PAYEE_OUTPUT,
    Spend,
    Transfer,
    output_coin_id,
)

_SHARED: Final = 64
"""So many transfers are kept, read: a thief may sign two of ten thousand coins, which make as many trees."""


class Figures(NamedTuple):
    """Of one case: what was claimed on all branches, the part of it that was paid, and by the fund."""

    claimed_fen: int
    paid_fen: int
    fund_paid_fen: int


class Payout(NamedTuple):
    """What the guarantee fund paid to a key: for the case of this coin, the nearest fork above it."""

    coin_key: bytes
    claimant: bytes
    paid_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What was paid on forks: the figures of every case by the key of its coin, and the fund's payouts."""

    figures: dict[bytes, Figures]
    payouts: list[Payout]


@dataclass(slots=True, kw_only=True, eq=False)
class _Branch:
    """A coin at or below a forked one: what was claimed of it, and paid.

    `fork` is the coin whose further branch it lies on, the nearest one above; empty in the supply.
    """

    coin_key: bytes
    owner: bytes
    most_fen: int
    place: tuple[int, int]
    parent: "_Branch | None"
    fork: bytes
    claimed_fen: int = 0
    paid_fen: int = 0
    fund_fen: int = 0


def claims_on_forks(store: IssuerStore) -> Claims:
    """Walk all trees of forks: what was claimed and paid, case by case."""
    cases = {row.coin_key: row for row in store.cases()}
    walked = _Walked(store, cases)
    trees = {coin_key: walked.tree(row) for coin_key, row in cases.items()}
    below = {branch.coin_key for tree in trees.values() for branch in tree[1:]}
    for coin_key, tree in trees.items():
        if coin_key not in below:
            walked.add_up(tree)
    return Claims(figures=walked.figures, payouts=walked.payouts)


class _Walked:
    """One walk over all trees, and what it has found so far."""

    def __init__(self, store: IssuerStore, cases: dict[bytes, CaseRow]) -> None:
        self._store = store
        self._cases = cases
        self._culprits = store.culprits()
        self._spends: dict[bytes, list[Spent]] = {}
        self._transfers: dict[int, tuple[Transfer, dict[bytes, tuple[int, Spend]]]] = {}
        self.figures: dict[bytes, Figures] = {}
        self.payouts: list[Payout] = []

    def tree(self, row: CaseRow) -> list[_Branch]:
        """A forked coin and all below it, parents before children.

        Without recursion: an owner may split one coin a thousand times.
        """
        top = _Branch(
            coin_key=row.coin_key,
            owner=row.culprit,
            most_fen=row.face_fen,
            place=(row.parent_no, row.position),
            parent=None,
            fork=b"",
        )
        branches = [top]
        for branch in branches:
            for spent, fork in self._settled(branch):
                branches += self._outputs(spent, branch, fork)
        return branches

    def _settled(self, branch: _Branch) -> Iterator[tuple[Spent, bytes]]:
        """The spends of a coin that were settled, the fact first, each with the fork that it lies on."""
        spends = self._spends.get(branch.coin_key)
        if spends is None:
            spends = self._spends[branch.coin_key] = self._store.spends_of(branch.coin_key)
        for position, spent in enumerate(spends):
            if spent.settled_fen:
                yield spent, branch.coin_key if position else branch.fork

    def _outputs(self, spent: Spent, branch: _Branch, fork: bytes) -> list[_Branch]:
        """What a spend splits a coin into: nothing if it redeems or refuses it."""
        if spent.kind is ObjectKind.REFUSAL:
            return []
        transfer, spends = self._transfer(spent.number)
        if transfer.payee == CENTRE:
            return []
        coin_id = branch.coin_key[DATE_BYTES:]
        number, spend = spends[coin_id]
        outputs = (
            (PAYEE_OUTPUT, transfer.payee, spend.pay_fen),
            (CHANGE_OUTPUT, transfer.payer, spend.change_fen),
        )
        return [
            _Branch(
                coin_key=dated_key(transfer.signed_at_s, output_coin_id(transfer.signed.id, coin_id, output)),
                owner=owner,
                most_fen=value_fen,
                place=(spent.number, 2 * number + index),
                parent=branch,
                fork=fork,
            )
            for index, (output, owner, value_fen) in enumerate(outputs)
            if value_fen
        ]

    def _transfer(self, number: int) -> tuple[Transfer, dict[bytes, tuple[int, Spend]]]:
        """A transfer, and its spends by coin, each with its position."""
        found = self._transfers.get(number)
        if found is None:
            if len(self._transfers) == _SHARED:
                self._transfers.clear()
            transfer = Transfer.parse(self._store.object(number))
            spends = {spend.coin_id: (position, spend) for position, spend in enumerate(transfer.spends)}
            found = self._transfers[number] = transfer, spends
        return found

    def add_up(self, tree: list[_Branch]) -> None:
        """Add up a tree from its ends: the figures of its cases, and the fund's payouts."""
        split = {(id(branch.parent), branch.place[0]) for branch in tree}
        for branch in reversed(tree):
            settled = list(self._settled(branch))
            for spent, fork in settled:
                if (id(branch), spent.number) not in split:
                    refused = spent.kind is ObjectKind.REFUSAL
                    creditor = self._payer(branch) if refused else branch.owner
                    self._pay(branch, creditor, spent.settled_fen, fork)
            if not settled:
                self._add_unspent(branch)
            self._pass_up(branch)

    def _pass_up(self, branch: _Branch) -> None:
        """Note the figures of a forked coin, and add to its parent what goes beyond them."""
        up_fen = branch.fund_fen
        if branch.coin_key in self._cases:
            over_fen = max(0, branch.paid_fen - branch.most_fen)
            own_fen = over_fen if branch.fork else branch.fund_fen
            self.figures[branch.coin_key] = Figures(branch.claimed_fen, branch.paid_fen, own_fen)
            up_fen -= own_fen
        if branch.parent is not None:
            branch.parent.claimed_fen += min(branch.claimed_fen, branch.most_fen)
            branch.parent.paid_fen += min(branch.paid_fen, branch.most_fen)
            branch.parent.fund_fen += up_fen

    def _payer(self, branch: _Branch) -> bytes:
        """Who signed the transfer that made a coin."""
        return self._transfer(branch.place[0])[0].payer

    def _pay(self, branch: _Branch, creditor: bytes, amount_fen: int, fork: bytes) -> None:
        branch.claimed_fen += amount_fen
        branch.paid_fen += amount_fen
        if fork and amount_fen:
            branch.fund_fen += amount_fen
            self.payouts.append(Payout(fork, creditor, amount_fen))

    def _add_unspent(self, branch: _Branch) -> None:
        """A coin that nobody has spent in time: it has gone back, is still owed to somebody, or frozen."""
        store = self._store
        returned_fen = store.returns.paid_fen(*branch.place)
        if returned_fen is not None:
            is_own = branch.parent is None or branch.place[1] % 2
            creditor = branch.owner if is_own else self._payer(branch)
            self._pay(branch, creditor, returned_fen, branch.fork)
        elif branch.owner in self._culprits or store.open_coins.is_held(*branch.place):
            return
        elif not store.losses.is_frozen(*branch.place):
            branch.claimed_fen = branch.most_fen
