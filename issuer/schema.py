"""The tables of the issuer's database, but for those of open coins and returns (`issuer.returns.store`).

objects           every signed load, transfer and refusal as it was received, numbered; `issuer.facts` has
                  their kinds
mint_log, orders  load id -> number; an order's owner and nonce -> the load that answered it
facts, forks      coin id -> what spends it; every further spend of the coin. `settled_fen` is the coin's
                  value once the spend has closed it, 0 until then
cases             one row per coin that was spent twice
supply            running totals by epoch, as in `issuer.supply`
fund_claims       what the guarantee fund has paid to a person
answers           what an operator was answered to an upload
revocation_lists  as signed
"""

from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS objects (
    no INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
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
    object_no INTEGER NOT NULL,
    settled_fen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS forks (
    coin_id BLOB NOT NULL,
    object_id BLOB NOT NULL,
    object_no INTEGER NOT NULL,
    settled_fen INTEGER NOT NULL,
    PRIMARY KEY (coin_id, object_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cases (
    case_no INTEGER PRIMARY KEY,
    coin_id BLOB NOT NULL UNIQUE,
    culprit BLOB NOT NULL,
    operator TEXT NOT NULL,
    face_fen INTEGER NOT NULL,
    parent_no INTEGER NOT NULL,
    position INTEGER NOT NULL,
    source_id BLOB NOT NULL,
    found_s INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS cases_by_culprit ON cases (culprit);
CREATE TABLE IF NOT EXISTS supply (
    epoch INTEGER PRIMARY KEY,
    loaded_fen INTEGER NOT NULL,
    redeemed_fen INTEGER NOT NULL,
    returned_fen INTEGER NOT NULL,
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
    returned_fen INTEGER NOT NULL,
    PRIMARY KEY (operator, upload_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revocation_lists (
    number INTEGER PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;
"""
