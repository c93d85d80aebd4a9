"""The simulator's attacks: what a soft wallet cannot prevent, and what a chip must be opened for."""

import copy

import pytest

from shuangli.errors import Refused
from shuangli.messages.certificates import WalletKind
from shuangli.wallet.custody import KeyCustody
from shuangli.wallet.element.attacks import break_open, copy_of, key_in
from shuangli.wallet.element.memory import PlainMemory, SecureMemory
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.wallet import Wallet
from tests.element.support import Held, held_in, open_held
from tests.paying import pay
from tests.world import World


def copied(held: Held) -> Held:
    """The whole device once more: the memory of its element, and the phone's journal."""
    return open_held(held.world, copy_of(held.element), MemoryJournal(held.journal))


def found(world: World, culprit: Held) -> None:
    """The registration centre has one case, against the key that signed both branches, and it verifies."""
    (case,) = world.cases()
    assert case.culprit == culprit.custody.public


def test_f01_a_copied_soft_wallet_pays_twice_and_is_found(world: World) -> None:
    held = held_in(world, [100], kind=WalletKind.SOFT)
    twin = copied(held)
    shops = world.wallet(tier=0), world.wallet(tier=0)
    for wallet, shop in zip((held.wallet, twin.wallet), shops, strict=True):
        pay(wallet, shop, 100)
        world.hand_in(shop)
    found(world, held)


def test_f02_a_soft_wallet_put_back_pays_again_and_is_found(world: World) -> None:
    held = held_in(world, [100], kind=WalletKind.SOFT)
    memory = held.element.memory
    assert isinstance(memory, PlainMemory)
    backup, journal = memory.pages, list(held.journal)
    shop = world.wallet(tier=0)
    pay(held.wallet, shop, 100)
    world.hand_in(shop)
    memory.pages, held.journal = backup, MemoryJournal(journal)
    held = held.restart()
    pay(held.wallet, shop, 100)
    world.hand_in(shop)
    found(world, held)


def test_f01_f02_a_hard_wallet_is_neither_copied_nor_put_back(world: World) -> None:
    """The phone's journal can be; the element then signs nothing that it has signed away."""
    held = held_in(world, [100, 60])
    journal = list(held.journal)
    with pytest.raises(TypeError):
        copy.deepcopy(held.element.memory)
    with pytest.raises(TypeError):
        copy_of(held.element)
    shop = world.wallet(tier=0)
    pay(held.wallet, shop, 100)
    held.journal = MemoryJournal(journal)
    held = held.restart()
    assert held.wallet.purse.balance_fen == 60
    twin = open_held(world, held.element, MemoryJournal(journal))
    pay(held.wallet, shop, 60)
    with pytest.raises(Refused) as short:
        pay(twin.wallet, shop, 60)
    assert short.value.code == "insufficient-funds"
    world.hand_in(shop)
    assert world.cases() == []


def test_f25_a_key_taken_out_of_a_chip_pays_once_more_what_is_in_it_and_is_found(world: World) -> None:
    """The loss is at most the balance: the thief spends the coins that were in the element."""
    held = held_in(world, [100, 60])
    assert isinstance(held.element.memory, SecureMemory)
    key = key_in(break_open(held.element))
    assert key.public == held.custody.public
    thief = Wallet(
        key=KeyCustody(key, world.random.randbytes),
        trust=world.trust(),
        journal=MemoryJournal(held.journal),
        rules=held.wallet._rules,
    )
    shops = world.wallet(tier=0), world.wallet(tier=0)
    for wallet, shop in zip((held.wallet, thief), shops, strict=True):
        pay(wallet, shop, 160)
        world.hand_in(shop)
    assert {case.culprit for case in world.cases()} == {held.custody.public}
    assert sum(case.loss_fen for case in world.cases()) <= 160
    world.check_books()


def test_a_soft_wallet_keeps_its_rules_as_long_as_its_program_is_whole(world: World) -> None:
    """The same commands: the second payment with a coin is refused there, too."""
    held = held_in(world, [100], kind=WalletKind.SOFT)
    journal = list(held.journal)
    shop = world.wallet(tier=0)
    pay(held.wallet, shop, 100)
    behind = open_held(world, held.element, MemoryJournal(journal))
    assert behind.wallet.purse.balance_fen == 0
