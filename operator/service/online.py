"""What customers do online, each in a transaction of the bank's: the part of the desk that needs no issuer.

Whatever moves money is done once: the answer is kept under the caller's idempotency key in the transaction
that books it, and the same request gets it again (F12). Above an amount, the wallet's second factor is asked
for; and every screen looks at a movement before it is booked.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from shuangli.api.asked import DepositOrder, PurchaseOrder, RedemptionOrder, TransferOrder
from shuangli.api.bodies import Told
from shuangli.api.models import check_idempotency_key
from shuangli.api.told import Booked, EventView, Feed, LimitsView, ReceiptView, StatementView
from shuangli.api.told_service import Done, SecretTold
from shuangli.crypto import sha256
from shuangli.days import day_of
from shuangli.errors import Refused
from shuangli.operator.bank import Bank
from shuangli.operator.customers.movements import Movement, Screen
from shuangli.operator.customers.payments import Payments
from shuangli.operator.customers.statements import Cursor, Period, Statement, Statements
from shuangli.operator.customers.trade import Trade
from shuangli.operator.customers.wallets import Wallets
from shuangli.operator.service.auth.codes import FROM_FEN, Codes, needs_code
from shuangli.operator.service.turns import Turns
from shuangli.operator.service.views import Asked, receipt_view, statement_view

LAST_S: Final = 2**40


class OnlineDesk:
    """The online services of one operator; threads may use it together.

    Attributes:
        bank: the operator
        now_s: its clock, in whole seconds since 1970
        payments, wallets, trade, statements, codes: its parts, used inside `transaction`
        screens: who looks at movements before they are booked
    """

    def __init__(self, bank: Bank, *, currency: str, now_s: Callable[[], int]) -> None:
        """Serve the customers of `bank`."""
        self.bank = bank
        self.now_s = now_s
        self.payments = Payments(bank)
        self.wallets = Wallets(bank)
        self.trade = Trade(bank)
        self.statements = Statements(bank.store, operator=bank.terms.name, currency=currency)
        self.codes = Codes(bank)
        self.screens: tuple[Screen, ...] = ()
        self._one_at_a_time = Turns()

    @contextmanager
    def transaction(self) -> Iterator[int]:
        """One of the bank's database, all or nothing; gives the time of the work."""
        with self._one_at_a_time, self._in_turn() as now_s:
            yield now_s

    @contextmanager
    def _in_turn(self) -> Iterator[int]:
        """The same for whoever has the turn already, for several in a row."""
        with self.bank.store.transaction():
            yield self.now_s()

    def once(
        self,
        caller: str,
        idempotency_key: str,
        request: bytes,
        act: Callable[[int], Told],
        *,
        movements: Sequence[Movement] = (),
        code: str | None = None,
    ) -> bytes:
        """Do something under an idempotency key of a caller's, or give the answer of the first time, as JSON.

        `request` is all that it depends on; `act` is told the time, in a transaction. The wallets out of
        which `movements` go need a second factor above an amount; None as `code` says that a program asks,
        which has shown its secret.

        Raises:
            Malformed: the key is no idempotency key.
            Refused: the key came with another request (`nonce-used`), a code is wanted (`second-factor`), a
                screen objects, or what `act` raises.
        """
        check_idempotency_key(idempotency_key)
        once_key, digest = f"{caller}/{idempotency_key}", sha256(request)
        wants_code = code is not None and any(needs_code(each.amount_fen) for each in movements)
        # What is let through is booked before anybody else is judged, who would be as if it had not left yet.
        with self._one_at_a_time:
            if wants_code or (movements and self.screens):
                with self._in_turn() as now_s:
                    known = self.bank.store.answered(once_key, digest)
                    objection = None if known else self._look(movements, code, now_s)
                if objection is not None:
                    raise objection
            with self._in_turn() as now_s:
                known = self.bank.store.answered(once_key, digest)
                if known is None:
                    known = act(now_s).model_dump_json().encode()
                    self.bank.store.keep_answer(once_key, digest, known, now_s)
        return known

    def _look(self, movements: Sequence[Movement], code: str | None, now_s: int) -> Refused | None:
        """Why a movement must not happen; what is noted of that, such as a wrong code, is kept."""
        for movement in movements:
            objection = None
            if code is not None and needs_code(movement.amount_fen):
                row = self.bank.wallet(movement.payer)
                objection = self.codes.check(row, code, now_s=now_s)
            objection = objection or self.screened(movement)
            if objection is not None:
                return objection
        return None

    def screened(self, movement: Movement) -> Refused | None:
        """What the first screen says that objects to a movement. In a transaction."""
        return next((said for screen in self.screens if (said := screen.judge(movement)) is not None), None)

    def deposit(self, wallet: bytes, amount_fen: int, *, idempotency_key: str) -> Booked:
        """Pay in from the holder's bank account, which in this sandbox always holds enough.

        Raises:
            Malformed: the key is no idempotency key.
            Refused: an unknown wallet, over a limit, or the key came with another deposit (`nonce-used`).
        """

        def act(now_s: int) -> Booked:
            number = self.payments.deposit(wallet, amount_fen, now_s=now_s)
            return self._booked(wallet, number, amount_fen, now_s)

        asked = DepositOrder(amount_fen=amount_fen)
        request = b"deposit/" + wallet + asked.model_dump_json().encode()
        told = self.once(f"wallet/{wallet.hex()}", idempotency_key, request, act)
        return Booked.model_validate_json(told)

    def start_second_factor(self, wallet: bytes) -> SecretTold:
        """A secret for codes; it is in use after `confirm_second_factor`.

        Raises:
            Refused: unknown, frozen, or one is in use (`second-factor`).
        """
        with self.transaction():
            secret, uri = self.codes.start(self.bank.active(wallet))
        return SecretTold(secret=secret, uri=uri)

    def confirm_second_factor(self, wallet: bytes, code: str) -> Done:
        """Put a second factor into use, once a code of it is shown.

        Raises:
            Refused: unknown, frozen, or it is no code (`second-factor`, `locked`).
        """
        with self.transaction() as now_s:
            refused = self.codes.check(self.bank.active(wallet), code, now_s=now_s, confirm=True)
        if refused is not None:
            raise refused
        return Done()

    def redeem(self, wallet: bytes, asked: RedemptionOrder, *, idempotency_key: str, code: str) -> bytes:
        """Pay out to the holder's bank account."""

        def act(now_s: int) -> Booked:
            number = self.payments.withdraw(wallet, asked.amount_fen, now_s=now_s)
            return self._booked(wallet, number, asked.amount_fen, now_s)

        movement = self._movement("redemption", wallet, None, asked.amount_fen)
        return self.once(
            f"wallet/{wallet.hex()}",
            idempotency_key,
            b"redemption/" + wallet + asked.model_dump_json().encode(),
            act,
            movements=(movement,),
            code=code,
        )

    def transfer(
        self, wallet: bytes, asked: TransferOrder, *, idempotency_key: str, code: str = ""
    ) -> ReceiptView:
        """Pay another customer, as the holder of the wallet asks."""
        caller = f"wallet/{wallet.hex()}"
        told = self.transfer_for(caller, wallet, asked, idempotency_key=idempotency_key, code=code)
        return ReceiptView.model_validate_json(told)

    def transfer_for(
        self, caller: str, wallet: bytes, asked: TransferOrder, *, idempotency_key: str, code: str | None
    ) -> bytes:
        """Pay another customer, as a caller asks who may."""
        payee = bytes.fromhex(asked.payee)
        return self.once(
            caller,
            idempotency_key,
            b"transfer/" + wallet + asked.model_dump_json().encode(),
            lambda now_s: receipt_view(
                self.payments.transfer(wallet, payee, asked.amount_fen, note=asked.note, now_s=now_s)
            ),
            movements=(self._movement("transfer", wallet, payee, asked.amount_fen),),
            code=code,
        )

    def buy(self, wallet: bytes, asked: PurchaseOrder, *, idempotency_key: str, code: str) -> bytes:
        """Pay a merchant's order."""
        merchant = bytes.fromhex(asked.merchant)
        with self.transaction():
            amount_fen = self.trade.sale(merchant, asked.order_id).amount_fen
        return self.once(
            f"wallet/{wallet.hex()}",
            idempotency_key,
            b"purchase/" + wallet + asked.model_dump_json().encode(),
            lambda now_s: receipt_view(self.trade.buy(wallet, merchant, asked.order_id, now_s=now_s)),
            movements=(self._movement("purchase", wallet, merchant, amount_fen),),
            code=code,
        )

    def _movement(self, kind: str, payer: bytes, payee: bytes | None, amount_fen: int) -> Movement:
        return Movement(kind=kind, payer=payer, payee=payee, amount_fen=amount_fen, at_s=self.now_s())

    def _booked(self, wallet: bytes, number: int, amount_fen: int, now_s: int) -> Booked:
        balance_fen = -self.bank.store.ledger.balance_fen(self.bank.wallet(wallet).account)
        return Booked(entry_no=number, at_s=now_s, amount_fen=amount_fen, balance_fen=balance_fen)

    def certificate(self, wallet: bytes) -> bytes:
        """The newest certificate of a wallet, made anew where that is due.

        Raises:
            Refused: an unknown wallet (`unknown-wallet`).
        """
        with self.transaction() as now_s:
            return self.wallets.certificate(wallet, now_s=now_s)

    def returns(self, wallet: bytes, *, after: int) -> list[bytes]:
        """Signed notices of what has come back to a wallet since the notice of this number."""
        with self.transaction():
            return self.bank.returned_to(wallet, after=after)

    def limits(self, wallet: bytes) -> LimitsView:
        """A wallet's limits, and what is left of them.

        Raises:
            Refused: an unknown wallet (`unknown-wallet`).
        """
        with self.transaction() as now_s:
            row, used = self.bank.wallet(wallet), self.payments.used(wallet, now_s=now_s)
            loaded_fen = self.bank.store.loaded_fen(row.person, day_of(now_s))
        table = self.bank.terms.limits
        day_fen = table.limits(row.tier).day_fen
        return LimitsView(
            tier=row.tier,
            profile=table.profile,
            since=table.since,
            payment_fen=used.payment_fen,
            day_fen=used.day_fen,
            left_today_fen=used.left_today_fen,
            balance_limit_fen=used.balance_limit_fen,
            balance_left_fen=max(0, used.balance_limit_fen - used.balance_fen),
            loaded_today_fen=loaded_fen,
            load_left_today_fen=max(0, day_fen - loaded_fen),
            second_factor_from_fen=FROM_FEN,
        )

    def read_statement(self, wallet: bytes, period: Period, *, after: int, most: int) -> Statement:
        """What a wallet's account did.

        Raises:
            Refused: an unknown wallet (`unknown-wallet`).
        """
        with self.transaction():
            return self.statements.statement(self.wallets.row(wallet), period, after=after, most=most)

    def whole_statement(self, wallet: bytes, period: Period, *, most: int) -> tuple[Statement, Asked]:
        """The same from its beginning, with what a file of it names besides."""
        with self.transaction() as now_s:
            row = self.wallets.row(wallet)
            statement = self.statements.statement(row, period, most=most)
        return statement, Asked(row.wallet_no, period, now_s)

    def statement(
        self, wallet: bytes, *, start_s: int = 0, end_s: int = LAST_S, after: int = 0, most: int = 100
    ) -> StatementView:
        """The same, as it is shown."""
        period = Period(start_s=start_s, end_s=end_s)
        return statement_view(self.read_statement(wallet, period, after=after, most=most))

    def feed(self, wallet: bytes, cursor: str, *, most: int) -> Feed:
        """What has happened to a wallet after a cursor.

        Raises:
            BadInput: it is no cursor (`bad-value`).
            Refused: an unknown wallet (`unknown-wallet`).
        """
        since = Cursor.read(cursor)
        with self.transaction():
            found = self.statements.feed(self.wallets.row(wallet), since, most=most)
        items = [
            EventView(kind=each.kind, at_s=each.at_s, amount_fen=each.amount_fen, entry_no=each.entry_no)
            for each in found
        ]
        return Feed(items=items, next=str(found[-1].cursor if found else since))
