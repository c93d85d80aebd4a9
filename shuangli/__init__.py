"""Shuangli (双离, "both offline"): an e-CNY-style wallet and dual-offline payment simulator.

The protocol on one screen:

    issuer   --load-->      wallet      one issuer signature over several coins, against an operator's vault
    payee    --request-->   payer       neither can reach an operator; the payee signs what it asks for
    payer    --payment-->   payee       a transfer, signed by the coins' owner and bound to the request, with
                                        each coin's chain: its load, then every transfer down to it
    payee    --receipt-->   payer       stored before it is sent, like everything else
    payee    --upload-->    operator    later, online: chains, and a redemption signed like any transfer
    operator --upload-->    centre      one fact per spent coin; same coin, other transfer: a fork
    centre   --list-->      everybody   the key that signed both transfers is revoked; both are the evidence

    messages/   the wire objects             offline/   the session, chains, evidence
    codec, cose, crypto   how they are       wallet/    purse, journal, coin choice
                encoded and signed           issuer/    mint, registration centre, supply
    books       double entry                 operator/  accounts, exchange, reconciliation
    cli         the commands                 sims/      people, devices, networks, scenarios

Money is a whole number of fen. Times are whole seconds since 1970, passed in. Nothing in the core
reads a clock, makes randomness, or opens a file.
"""

__version__ = "0.1.0.dev0"
