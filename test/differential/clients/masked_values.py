"""Reads masked values of every type, in text and in binary; prints what psycopg 3 made of them."""

import sys

import psycopg

with psycopg.connect(autocommit=True) as conn:
    for binary in (False, True):
        cursor = conn.cursor(binary=binary)
        for statement in sys.argv[1:]:
            print([repr(value) for value in cursor.execute(statement).fetchone()])
