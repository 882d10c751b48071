"""What psycopg 3 can do on the wire; prints what it saw. The connection comes from the PG* environment."""

import datetime
import decimal
import threading
import time

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb


def section(title):
    print(f"-- {title}")


def attempt(what):
    try:
        print(what())
    except psycopg.Error as error:
        diag = error.diag
        print(type(error).__name__, diag.sqlstate, diag.severity, diag.message_primary, diag.message_detail, diag.constraint_name)


def libpq_pipeline(pgconn):
    """libpq's own calls, so that every result of the pipeline is seen, in order, whatever the timing."""
    pgconn.enter_pipeline_mode()
    pgconn.send_prepare(b"halve", b"select $1::int / 2")
    pgconn.send_query_prepared(b"halve", [b"84"])
    pgconn.send_query_params(b"select 1 / $1::int", [b"0"])
    pgconn.send_query_params(b"select 'skipped'", [])
    pgconn.pipeline_sync()
    pgconn.send_query_params(b"insert into shop.events values ('2024-05-02', 'kept')", [])
    pgconn.send_describe_prepared(b"halve")
    pgconn.pipeline_sync()
    pgconn.send_query_params(b"insert into shop.events values ('2024-05-02', 'rolled back')", [])
    pgconn.send_query_params(b"selec", [])
    pgconn.pipeline_sync()
    pgconn.send_query_params(b"select string_agg(what, ',') from shop.events where at = '2024-05-02'", [])
    pgconn.send_flush_request()
    pgconn.send_query_params(b"select $1::text", [b"last"])
    pgconn.pipeline_sync()
    syncs = 0
    while syncs < 4:
        result = pgconn.get_result()
        if result is None:
            print("  end of a statement")
            continue
        status = psycopg.pq.ExecStatus(result.status).name
        code = result.error_field(psycopg.pq.DiagnosticField.SQLSTATE)
        values = [[result.get_value(row, column) for column in range(result.nfields)] for row in range(result.ntuples)]
        print(" ", status, result.command_status, code, values, psycopg.pq.TransactionStatus(pgconn.transaction_status).name)
        syncs += status == "PIPELINE_SYNC"
    pgconn.exit_pipeline_mode()


def main():
    notices = []
    notifications = []
    with psycopg.connect(autocommit=True) as conn:
        conn.add_notice_handler(lambda diag: notices.append((diag.severity, diag.message_primary, diag.message_hint)))

        conn.add_notify_handler(lambda notify: notifications.append((notify.channel, notify.payload)))

        section("types, as text and as binary")
        for binary in (False, True):
            with conn.cursor(binary=binary) as cursor:
                for row in cursor.execute("select b, i2, i4, i8, f4, f8, n, t, y, d, tm, u, j, jb, a from types limit 1"):
                    print(row)
                print([(column.name, column.type_code, column.internal_size) for column in cursor.description])

        section("parameters")
        values = [True, 7, 2**40, 1.5, decimal.Decimal("12.34"), "ü", b"\x00\xff", None, datetime.date(2024, 2, 29), [1, 2], Jsonb({"a": [1]})]
        for value in values:
            attempt(lambda: conn.execute("select %b, %t", (value, value)).fetchone() if value is not None else conn.execute("select %s::text", (value,)).fetchone())
        attempt(lambda: conn.execute("select %(a)s + %(b)s", {"a": 1, "b": 2}).fetchone())

        section("prepared statements")
        for n in range(8):
            row = conn.execute("select name from shop.customers where id = %s", (n + 1,), prepare=n > 1).fetchone()
            print(row)
        print(conn.execute("select count(*) from pg_prepared_statements").fetchone())

        section("executemany")
        with conn.cursor() as cursor:
            cursor.executemany("insert into shop.events values (%s, %s) returning what", [("2024-04-01", f"m{n}") for n in range(5)], returning=True)
            print(cursor.rowcount, cursor.fetchall(), cursor.nextset(), cursor.fetchall())

        section("pipeline")
        with conn.pipeline() as pipeline:
            cursors = [conn.execute("select %s::int * 2", (n,)) for n in range(20)]
            print([cursor.fetchone()[0] for cursor in cursors])
            pipeline.sync()
        libpq_pipeline(conn.pgconn)
        print(conn.execute("select 'out of the pipeline'").fetchone())

        section("transactions")
        with conn.transaction():
            conn.execute("insert into shop.events values ('2024-05-01', 'outer')")
            try:
                with conn.transaction():
                    conn.execute("insert into shop.events values ('2024-05-01', 'inner')")
                    conn.execute("select 1 / 0")
            except psycopg.errors.DivisionByZero as error:
                print("inner", error.diag.sqlstate, conn.info.transaction_status.name)
        print(conn.execute("select what from shop.events where at = '2024-05-01'").fetchall())
        print(conn.info.transaction_status.name)

        section("server-side cursors")
        with conn.transaction():
            with conn.cursor("named", row_factory=dict_row) as cursor:
                cursor.itersize = 9
                cursor.execute("select id, total from shop.orders order by id")
                print(sum(1 for _ in cursor))
            with conn.cursor("scrolling", scrollable=True) as cursor:
                cursor.execute("select n from generate_series(1, 100) n")
                cursor.scroll(50)
                print(cursor.fetchmany(3))
                cursor.scroll(-10)
                print(cursor.fetchone())

        section("copy")
        with conn.cursor() as cursor:
            cursor.execute("create temporary table copied (n int4, t text)")
            with cursor.copy("copy copied from stdin") as copy:
                for n in range(2000):
                    copy.write_row((n, None if n % 5 == 0 else f"row {n} ü"))
            print(cursor.rowcount)
            with cursor.copy("copy copied from stdin with (format binary)") as copy:
                copy.set_types(["int4", "text"])
                for n in range(2000):
                    copy.write_row((n, "binary"))
            print(cursor.rowcount)
            with cursor.copy("copy (select * from copied order by n, t limit 4) to stdout") as copy:
                print([bytes(block) for block in copy])
            with cursor.copy("copy (select n, t from copied) to stdout with (format binary)") as copy:
                copy.set_types(["int4", "text"])
                print(sum(row[0] for row in copy.rows()))

            def failing():
                with cursor.copy("copy copied from stdin") as copy:
                    copy.write("not a number\tx\n")

            attempt(failing)

            def abandoned():
                with cursor.copy("copy copied from stdin") as copy:
                    copy.write("1\tx\n")
                    raise RuntimeError("changed its mind")

            try:
                abandoned()
            except RuntimeError as error:
                print(error)
            except psycopg.Error as error:
                print(type(error).__name__, error.diag.sqlstate)
            print(cursor.execute("select count(*) from copied").fetchone())

        section("notices and notifications")
        conn.execute("update shop.orders set status = 'paid' where id = 1")
        conn.execute("do $$ begin raise notice 'said' using hint = 'do this'; end $$")
        print(notices)
        conn.execute("listen news")
        conn.execute("select pg_notify('news', 'payload ' || n) from generate_series(1, 3) n")
        conn.execute("unlisten news")
        print(notifications)

        section("cancel")
        done = threading.Event()

        # Asks again until it took, for the first may come before the statement has begun.
        def cancel():
            while not done.wait(0.2):
                conn.cancel()

        canceller = threading.Thread(target=cancel)
        canceller.start()
        began = time.monotonic()
        attempt(lambda: conn.execute("select pg_sleep(20)"))
        done.set()
        canceller.join()
        print("soon" if time.monotonic() - began < 10 else "late", conn.execute("select 'alive'").fetchone())

        section("large values")
        big = "x" * 3_000_000
        print(len(conn.execute("select %s::text || %s::text", (big, big)).fetchone()[0]))
        print(len(conn.execute("select %b::bytea", (b"\x00" * 2_000_000,)).fetchone()[0]))

        section("what the server said of itself")
        info = conn.info
        print(info.server_version, info.encoding, info.user and "a user", info.parameter_status("server_encoding"))
        for name in ("DateStyle", "IntervalStyle", "TimeZone", "integer_datetimes", "is_superuser", "standard_conforming_strings"):
            print(name, info.parameter_status(name))
        conn.execute("set timezone to 'Europe/Brussels'")
        print(info.parameter_status("TimeZone"))


main()
