"""Coins as a record stores them: by where they come from, never by what they are worth.

    [ coin id, load, index, transfer, ... ]

`load` and the transfers are numbers of signed objects in the record: 0, 1, ... for those in its
bundles, -1, -2, ... for others that it stores beside them. Reading starts with the coin at `index` of
the load and follows the transfers down; what comes out must bear the coin's id, which is a hash over
that very chain. So owner, value, deadline and hops are read from what issuer and payers have signed,
and no object is stored twice in a record. Signatures are not checked again: the coin was verified
before it was written down, and the journal is authenticated. The terms of an epoch are asked for by
its number; they are in the epoch's certificate.
"""

from collections.abc import Callable, Iterable
from typing import Any

from shuangli.errors import Malformed
from shuangli.messages.bundle import MAX_BUNDLE_BYTES, Bundle
from shuangli.messages.certificates import Terms
from shuangli.messages.fields import read_list
from shuangli.messages.hand_in import HandIn
from shuangli.messages.loads import Load
from shuangli.messages.transfers import Spend, Transfer
from shuangli.offline.chain import Coin, load_coins, spend_outputs

TermsOf = Callable[[int], Terms]
"""The terms of the epoch of a number; raises `Unverified` where the epoch is not known."""


class _Numbers:
    """Signed objects of one kind and their numbers in a record: those in bundles, and others."""

    __slots__ = ("_bundled", "_places", "others")

    def __init__(self, others: Iterable[bytes] = ()) -> None:
        self.others: list[bytes] = []
        self._bundled: list[bytes] = []
        self._places: dict[bytes, int] = {}
        for data in others:
            self.number(data)

    def add(self, objects: Iterable[bytes]) -> None:
        """Number what a bundle holds."""
        for data in objects:
            if data not in self._places:
                self._places[data] = len(self._bundled)
                self._bundled.append(data)

    def number(self, data: bytes) -> int:
        """The number of an object; one that is in no bundle joins the others."""
        if data not in self._places:
            self._places[data] = -1 - len(self.others)
            self.others.append(data)
        return self._places[data]

    def find(self, number: object) -> bytes:
        """The object of a number."""
        if type(number) is not int:
            raise Malformed("shape", "the number of an object is not an integer")
        objects, place = (self._bundled, number) if number >= 0 else (self.others, -1 - number)
        if place >= len(objects):
            raise Malformed("range", "no object of this number is stored")
        return objects[place]


class CoinWriter:
    """Writes the coins of one record."""

    __slots__ = ("_loads", "_transfers")

    def __init__(self) -> None:
        self._loads = _Numbers()
        self._transfers = _Numbers()

    @property
    def others(self) -> list[object]:
        """The loads and the transfers that are in none of the record's bundles: written after all coins."""
        return [self._loads.others, self._transfers.others]

    def bundle(self, data: bytes) -> bytes:
        """Note that the record stores this bundle; its coins may refer to what is in it from now on."""
        found = Bundle.decode(data, max_bytes=MAX_BUNDLE_BYTES)
        self._loads.add(found.loads)
        self._transfers.add(found.transfers)
        return data

    def hand_in(self, data: bytes) -> bytes:
        """Note that the record stores this hand-in, with the bundle in it."""
        found = HandIn.decode(data).bundle
        self._loads.add(found.loads)
        self._transfers.add(found.transfers)
        return data

    def load(self, data: bytes) -> int:
        """The number of a load."""
        return self._loads.number(data)

    def transfer(self, data: bytes) -> int:
        """The number of a transfer."""
        return self._transfers.number(data)

    def coins(self, coins: Iterable[Coin]) -> list[object]:
        """Coins as they are stored."""
        return [
            [
                coin.coin_id,
                self.load(coin.load.signed.data),
                coin.load_index,
                *map(self._transfers.number, coin.path),
            ]
            for coin in coins
        ]


class CoinReader:
    """Reads the coins of one record; each load and transfer is taken apart once."""

    __slots__ = ("_coins", "_loads", "_parsed", "_terms_of", "_transfers")

    def __init__(self, others: object, terms_of: TermsOf) -> None:
        """Start with what `CoinWriter.others` gave; bundles follow in the order of writing."""
        kinds = read_list(others, "other objects")
        if len(kinds) != 2 or {type(data) for kind in kinds for data in read_list(kind, "objects")} - {bytes}:
            raise Malformed("shape", "other objects are not loads and transfers")
        self._loads = _Numbers(kinds[0])
        self._transfers = _Numbers(kinds[1])
        self._terms_of = terms_of
        self._coins: dict[bytes, list[Coin]] = {}
        self._parsed: dict[bytes, tuple[Transfer, dict[bytes, Spend]]] = {}

    def bundle(self, data: bytes) -> bytes:
        """Note that the record stores this bundle."""
        found = Bundle.decode(data, max_bytes=MAX_BUNDLE_BYTES)
        self._loads.add(found.loads)
        self._transfers.add(found.transfers)
        return data

    def hand_in(self, data: bytes) -> bytes:
        """Note that the record stores this hand-in, with the bundle in it."""
        found = HandIn.decode(data).bundle
        self._loads.add(found.loads)
        self._transfers.add(found.transfers)
        return data

    def load(self, number: object) -> bytes:
        """The load of a number."""
        return self._loads.find(number)

    def transfer(self, number: object) -> Transfer:
        """The transfer of a number."""
        return self._transfer(self._transfers.find(number))[0]

    def coins(self, value: object) -> tuple[Coin, ...]:
        """Coins rebuilt from what `CoinWriter.coins` gave.

        Raises:
            Malformed: the objects do not lead to a coin of this id.
            Unverified: the terms of its epoch are not known.
        """
        return tuple([self._coin(read_list(row, "a coin")) for row in read_list(value, "coins")])

    def _coin(self, row: list[Any]) -> Coin:
        if len(row) < 3 or type(row[2]) is not int:
            raise Malformed("shape", "a coin is its id, load, index and transfers")
        coin_id, load, index, *path = row
        minted = self._minted(self._loads.find(load))
        # Both outputs of a spend are followed: what the next transfer spends, and the id at last, picks one.
        candidates = minted[index : index + 1] if index >= 0 else []
        for number in path:
            transfer, spends = self._transfer(self._transfers.find(number))
            candidates = [
                output
                for coin in candidates
                if coin.coin_id in spends
                for output in spend_outputs(transfer, spends[coin.coin_id], coin)
            ]
        for coin in candidates:
            if coin.coin_id == coin_id:
                return coin
        raise Malformed("shape", "the stored load and transfers do not lead to the coin")

    def _minted(self, data: bytes) -> list[Coin]:
        if data not in self._coins:
            load = Load.parse(data)
            self._coins[data] = load_coins(load, self._terms_of(load.epoch))
        return self._coins[data]

    def _transfer(self, data: bytes) -> tuple[Transfer, dict[bytes, Spend]]:
        if data not in self._parsed:
            transfer = Transfer.parse(data)
            self._parsed[data] = transfer, {spend.coin_id: spend for spend in transfer.spends}
        return self._parsed[data]
