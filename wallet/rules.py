"""What a wallet is told when it is made: its operator, its currency, and its own caution."""

from dataclasses import dataclass, field

from shuangli.offline.policy import PayeePolicy, PayerPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletRules:
    """The rules of one wallet, shared by all wallets of a kind."""

    operator: str
    currency: str
    payer: PayerPolicy = field(default_factory=PayerPolicy)
    payee: PayeePolicy = field(default_factory=PayeePolicy)
