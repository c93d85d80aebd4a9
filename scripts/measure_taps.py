"""How long a tap takes: the tables of `docs/reference/element.md`.

    python scripts/measure_taps.py

Makes whole payments over a tap between a payer with a secure element and a gate, counts what each side does,
and prints the counts, and the times that they take in the setups of `shuangli.wallet.element.timing`. Nothing
is measured with a clock, so the tables are the same on every machine.
"""

import random
from typing import Final

from shuangli.crypto import SigningKey, sha256
from shuangli.days import DAY_S
from shuangli.issuer.authority import Authority
from shuangli.messages.certificates import Mode, Terms, WalletCertificate, WalletKind
from shuangli.messages.claims import Claims
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.notices import RevocationList
from shuangli.offline.links.tap import TapDevice, TapTerminal
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Message
from shuangli.offline.trust import Trust
from shuangli.wallet.custody import KeyCustody
from shuangli.wallet.element.chip import Element, make_element
from shuangli.wallet.element.reader import ElementCustody
from shuangli.wallet.element.timing import PHONE, SETUPS, TapWork, Work, tap_time
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.rules import WalletRules
from shuangli.wallet.wallet import Wallet

NOW: Final = 1_760_000_000
SPAN: Final = {"not_before_s": NOW - DAY_S, "expires_at_s": NOW + 365 * DAY_S}
TERMS: Final = Terms(
    currency="CNY", mode=Mode.STAGED, hop_cap=1, coin_life_s=30 * DAY_S, claim_window_s=DAY_S, grace_s=DAY_S
)
PAYMENTS: Final = {
    "one coin, exact": ((300,), (300,)),
    "one coin, change": ((500,), (300,)),
    "five coins, exact": ((60, 60, 60, 60, 60), (300,)),
    "one coin, second time": ((200, 300), (200, 300)),
}
"""The coins of the payer, and what it pays, the last of which is counted."""


def key(name: str) -> SigningKey:
    """The key of this name."""
    return SigningKey(sha256(name.encode()))


class Network:
    """A root and all that it has certified."""

    def __init__(self) -> None:
        authority = Authority(key("root"), network="test")
        operator = authority.certify_operator("OP01", key("operator").public, **SPAN)
        centre = authority.certify_centre("centre", key("centre").public, **SPAN)
        epoch = authority.open_epoch(1, key("minting").public, TERMS, **SPAN)
        self.key_set = authority.sign_key_set(
            1, issued_at_s=NOW, operators=[operator], centres=[centre], epochs=[epoch]
        ).signed.data
        self.nobody_revoked = RevocationList.sign(
            key("centre"), number=0, issued_at_s=NOW, wallets=(), operators=(), epochs=()
        ).signed.data

    def trust(self) -> Trust:
        """A device's trust."""
        trust = Trust(root=key("root").public, network="test", objects_kept=1_024)
        trust.add_key_set(self.key_set)
        trust.update_revocations(self.nobody_revoked)
        return trust

    def open(self, custody: KeyCustody | ElementCustody, kind: WalletKind) -> Wallet:
        """An open wallet."""
        claims = Claims(issuer="OP01", subject=None, serial=bytes(5), key=custody.public, **SPAN)
        certificate = WalletCertificate.sign(key("operator"), claims, kind=kind, tier=2, profile=1)
        rules = WalletRules(operator="OP01", currency="CNY")
        wallet = Wallet(key=custody, trust=self.trust(), journal=MemoryJournal(), rules=rules)
        wallet.install(certificate.signed.data)
        return wallet

    def load(self, wallet: Wallet, values_fen: tuple[int, ...]) -> None:
        """Load coins."""
        order = LoadOrder.parse(wallet.order_load(values_fen, now_s=NOW))
        load = Load.sign(
            key("minting"),
            network="test",
            currency="CNY",
            order=order,
            epoch=1,
            issued_at_s=NOW,
            expires_at_s=NOW + 30 * DAY_S,
        )
        wallet.receive_load(load.signed.data)


class Counted:
    """A payer's device and a gate, and all that they have done so far."""

    def __init__(self, *, hard: bool) -> None:
        self.network = Network()
        chance = random.Random(1)  # noqa: S311 - nonces of a measurement
        self.payer_key, self.gate_key = key("payer"), key("gate")
        self.element: Element | None = None
        custody: KeyCustody | ElementCustody = KeyCustody(self.payer_key, chance.randbytes)
        if hard:
            self.element = make_element(
                WalletKind.HARD,
                seed=sha256(b"payer"),
                nonce_key=sha256(b"nonces"),
                network="test",
                root=key("root").public,
                currency="CNY",
                pin="2580",
            )
            custody = ElementCustody(self.element.process, extended=True)
            custody.take_keys(self.network.key_set)
        self.payer = self.network.open(custody, WalletKind.HARD if hard else WalletKind.SOFT)
        self.gate = self.network.open(KeyCustody(self.gate_key, chance.randbytes), WalletKind.SOFT)
        self._hashed = 0

    def _receive(self, request_id: bytes, message: Message) -> Message | None:
        # Ids are hashed from what comes in, and what is signed in it is hashed once more to be verified.
        self._hashed += 2 * len(message.body)
        return next(iter(self.payer.receive(request_id, message, now_s=NOW)), None)

    def tap(self, amount_fen: int) -> tuple[TapWork, TapWork]:
        """The work until the gate has what it needs to open, and from there until the payer has the receipt.

        The gate has made its request before the tap.
        """
        request = self.gate.request(amount_fen, now_s=NOW)
        request_id = request_id_of(request)
        terminal = TapTerminal(TapDevice(lambda message: self._receive(request_id, message)).process)
        start = self._work(terminal)
        terminal.select()
        payment = terminal.send(request)
        if payment is None:
            raise SystemExit("the payer has not paid")
        (receipt,) = self.gate.receive(request_id, payment, now_s=NOW)
        opens = self._work(terminal)
        terminal.send(receipt)
        return opens.since(start), self._work(terminal).since(opens)

    def _work(self, terminal: TapTerminal) -> TapWork:
        soft = self.element is None
        return TapWork(
            link=Work(exchanges=terminal.commands, carried_bytes=terminal.carried_bytes),
            host=Work(
                signatures=self.payer_key.made if soft else 0,
                verifications=self.payer.trust.verifier.checked,
                hashed_bytes=self._hashed,
            ),
            element=Work() if self.element is None else self.element.work,
            gate=Work(signatures=self.gate_key.made, verifications=self.gate.trust.verifier.checked),
        )


def measure(values_fen: tuple[int, ...], paid_fen: tuple[int, ...], *, hard: bool) -> tuple[TapWork, TapWork]:
    """The work of the last of some payments."""
    counted = Counted(hard=hard)
    counted.network.load(counted.payer, values_fen)
    return [counted.tap(amount_fen) for amount_fen in paid_fen][-1]


def work_table() -> list[str]:
    """What is done in a tap with a hard wallet."""
    rows = [
        "| payment | tap | payer checks | element | signs | hashes | pages | gate checks | signs |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, payment in PAYMENTS.items():
        opens, receipt = measure(*payment, hard=True)
        link, host, chip, gate = opens.plus(receipt)
        rows.append(
            f"| {name} | {link.exchanges} commands, {link.carried_bytes:,} bytes | {host.verifications} "
            f"| {chip.carried_bytes:,} bytes | {chip.signatures} | {chip.hashed_bytes:,} bytes "
            f"| {chip.pages} | {gate.verifications} | {gate.signatures} |"
        )
    return rows


def time_table() -> list[str]:
    """How long it takes, in milliseconds."""
    rows = ["| payer's device | " + " | ".join(PAYMENTS) + " |", "|---|" + "---|" * len(PAYMENTS)]
    for setup in SETUPS:
        cells = []
        for payment in PAYMENTS.values():
            opens, receipt = measure(*payment, hard=setup.chip is not PHONE)
            parts = [f"{part / 1_000:,.0f}" for part in tap_time(opens, setup)]
            total_us = tap_time(opens, setup).total_us
            whole_us = tap_time(opens.plus(receipt), setup).total_us
            cells.append(f"{total_us / 1_000:,.0f} ({' + '.join(parts)}); {whole_us / 1_000:,.0f}")
        rows.append(f"| {setup.name} | " + " | ".join(cells) + " |")
    return rows


def main() -> None:
    """Print the tables."""
    print("\n".join([*work_table(), "", *time_table()]))


if __name__ == "__main__":
    main()
