"""Databases: schemas as values, and one small interface with two implementations, SQLite and PostgreSQL.

tables       what a table is: columns, key, indexes; written out for either database
database     the interface that stores are written against
sqlite       the embedded default: one file, durable once a transaction has ended
postgresql   a server, for `postgresql://...`
migrations   a database brought from the version it has to the one that is needed
ledger       the tables of one set of books
audit        the tables of an audit log
opening      a path or an address becomes an open database
"""
