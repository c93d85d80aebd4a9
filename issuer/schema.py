"""The tables of the issuer's database.

objects           every signed load and transfer as it was received, numbered
mint_log, orders  load id -> number; an order's owner and nonce -> the load that answered it
facts, forks      coin id -> the transfer that spends it; every further transfer of the coin
cases             one row per coin that was spent twice
open_coins        what is unspent, by where it came about; `forked` is 1 on further branches
supply            running totals by epoch, as in `issuer.supply`
fund_claims       what the guarantee fund has paid to a person
answers           what an operator was answered to an upload
alarms            loads that carry a minting key's signature and are not in the mint log
revocation_lists  as signed
"""

from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS objects (
    no INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    data BLOB NOT NULL,
    operator TEXT NOT NULL,
    received_s INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS mint_log (
    load_id BLOB PRIMARY KEY,
    load_no INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (
    owner BLOB NOT NULL,
    nonce BLOB NOT NULL,
    order_id BLOB NOT NULL,
    load_no INTEGER NOT NULL,
    PRIMARY KEY (owner, nonce)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (
    coin_id BLOB PRIMARY KEY,
    transfer_no INTEGER NOT NULL,
    paid_fen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS forks (
    coin_id BLOB NOT NULL,
    transfer_id BLOB NOT NULL,
    transfer_no INTEGER NOT NULL,
    found_s INTEGER NOT NULL,
    PRIMARY KEY (coin_id, transfer_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cases (
    case_no INTEGER PRIMARY KEY,
    coin_id BLOB NOT NULL UNIQUE,
    culprit BLOB NOT NULL,
    operator TEXT NOT NULL,
    face_fen INTEGER NOT NULL,
    found_s INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS cases_by_culprit ON cases (culprit);
CREATE TABLE IF NOT EXISTS open_coins (
    parent_no INTEGER NOT NULL,
    position INTEGER NOT NULL,
    value_fen INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    forked INTEGER NOT NULL,
    PRIMARY KEY (parent_no, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS supply (
    epoch INTEGER PRIMARY KEY,
    loaded_fen INTEGER NOT NULL,
    redeemed_fen INTEGER NOT NULL,
    outstanding_fen INTEGER NOT NULL,
    forked_fen INTEGER NOT NULL,
    fund_paid_fen INTEGER NOT NULL,
    void_fen INTEGER NOT NULL,
    forked_open_fen INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS fund_claims (
    person BLOB PRIMARY KEY,
    paid_fen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    operator TEXT NOT NULL,
    upload_id BLOB NOT NULL,
    outcomes BLOB NOT NULL,
    credited_fen INTEGER NOT NULL,
    PRIMARY KEY (operator, upload_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alarms (
    load_id BLOB PRIMARY KEY,
    epoch INTEGER NOT NULL,
    operator TEXT NOT NULL,
    raised_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revocation_lists (
    number INTEGER PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;
"""
