"""What a PostgreSQL server is asked to do: locks, levels, partitions, plans."""

import re
import threading
from contextlib import closing

import psycopg

from shuangli.database.database import Database, only
from shuangli.database.postgresql import PostgresqlDatabase
from shuangli.database.tables import PARTITIONS
from tests.database.homes import BLOBS, COINS, Home, meddle, numbers, put
from tests.database.places import ServerDatabases


def test_schemas_of_one_database_do_not_wait_for_each_other(
    server_home: Home, on_server: PostgresqlDatabase
) -> None:
    other = Home(server_home.place, f"{server_home.name}_other").open()
    other.execute("SET lock_timeout = 1")
    with on_server.transaction(), other.transaction():
        other.insert(BLOBS, [(1, b"x")])
    assert numbers(on_server) == []
    assert numbers(other) == [1]
    other.close()
    meddle(server_home, f"DROP SCHEMA {server_home.name}_other CASCADE")


def test_a_schema_that_another_process_makes_at_the_same_moment(server_home: Home) -> None:
    opened: list[Database] = []
    thread = threading.Thread(target=lambda: opened.append(server_home.open()))
    assert isinstance(server_home.place, str)
    with psycopg.connect(server_home.place) as other:
        other.execute(f"CREATE SCHEMA {server_home.name}".encode())
        thread.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"
        while meddle(server_home, waiting) == [(0,)] and thread.is_alive():
            pass
    thread.join(30)
    (database,) = opened
    put(database, 1)
    assert numbers(database) == [1]
    database.close()


def test_what_is_acknowledged_is_on_disk_whatever_the_servers_default(server_home: Home) -> None:
    name = only(next(iter(meddle(server_home, "SELECT current_database()"))))
    meddle(server_home, f"ALTER DATABASE {name} SET synchronous_commit TO off")
    meddle(server_home, f"ALTER DATABASE {name} SET default_transaction_isolation TO 'repeatable read'")
    with closing(server_home.open()) as database, database.transaction():
        assert database.row("SHOW synchronous_commit") == ("on",)
        assert database.row("SHOW transaction_isolation") == ("read committed",)
    meddle(server_home, f"ALTER DATABASE {name} RESET ALL")


def test_text_sorts_by_code_point_whatever_the_databases_locale(on_server: PostgresqlDatabase) -> None:
    query = "SELECT DISTINCT collation_name FROM information_schema.columns WHERE data_type = 'text'"
    assert on_server.rows(f"{query} AND table_schema = current_schema()") == [("C",)]


def test_keys_are_spread_over_partitions_and_found_through_their_indexes(
    on_server: PostgresqlDatabase,
) -> None:
    keys = [number.to_bytes(32, "big") for number in range(16_000)]
    with on_server.transaction():
        on_server.insert(COINS, [(key, 1) for key in keys])
    sizes = on_server.rows("SELECT tableoid, count(*) FROM coins GROUP BY tableoid")
    assert len(sizes) == PARTITIONS
    assert min(count for _, count in sizes) > len(keys) // PARTITIONS // 2
    on_server.execute("ANALYZE coins")
    query = "EXPLAIN (ANALYZE, COSTS OFF) SELECT coin, value_fen FROM coins WHERE coin"
    plan = "\n".join(line for (line,) in on_server.lookup(query, keys[::16]) if "\\x" not in line)
    assert plan.count("Index Scan") == PARTITIONS, plan
    assert "Seq Scan" not in plan
    looked_up = [int(loops) for loops in re.findall(r"Index Scan.*loops=(\d+)", plan)]
    assert sum(looked_up) == 1_000, "a key is looked for in its own partition only"


def test_places_are_given_out_empty(server_databases: ServerDatabases) -> None:
    with server_databases.new() as place, closing(Home(place, "kept").open()) as database:
        put(database, 1)
    with server_databases.new() as again:
        assert again == place
        with closing(Home(again, "kept").open()) as database:
            assert numbers(database) == []
        meddle(Home(again, "kept"), "DROP SCHEMA kept CASCADE")
