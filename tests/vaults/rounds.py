"""What redemptions leave to be netted, and the rounds of operators in which it is told and booked."""

from typing import Final

from shuangli.issuer.minting import vault
from shuangli.issuer.vaults.desk import lent, reserve
from shuangli.operator.accounts import BORROWED, VAULT
from shuangli.operator.netting.desk import SETTLEMENT
from tests.paying import pay
from tests.service.desks import Desks
from tests.world import World

RESERVES_FEN: Final = 10_000
"""What every operator of the fixture `desks` has paid in."""


def redeem_elsewhere(world: World, desks: Desks, amount_fen: int, *, loader: str, redeemer: str) -> None:
    """A coin that one operator has loaded ends at another's customer."""
    payer, payee = world.wallet((amount_fen,), operator=loader), world.wallet(tier=0, operator=redeemer)
    pay(payer, payee, amount_fen, desks.now_s)
    upload = payee.hand_in(now_s=desks.now_s)
    assert upload is not None
    desks.at[redeemer].reconcile(upload)


def pass_on(desks: Desks, *names: str) -> None:
    """Let operators do their round."""
    for name in names or tuple(desks.at):
        desks.at[name].take_returns()


def agree(world: World) -> None:
    """Vaults and reserves are the same in the books of operators and issuer."""
    balance_fen = world.issuer.store.ledger.balance_fen
    for name, bank in world.banks.items():
        assert bank.store.ledger.balance_fen(VAULT) == -balance_fen(vault(name))
        assert bank.store.ledger.balance_fen(SETTLEMENT) == -balance_fen(reserve(name))
        assert bank.store.ledger.balance_fen(BORROWED) == -balance_fen(lent(name))
    world.check_books()
