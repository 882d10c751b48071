-- A bank, after the shape of pgbench's, with owners, an archive that inherits, and a transfer.
CREATE SCHEMA bank;
SET search_path = bank;

CREATE TABLE branches (bid int PRIMARY KEY, bbalance int, filler text);
CREATE TABLE tellers (tid int PRIMARY KEY, bid int REFERENCES branches, tbalance int, filler text);
CREATE TABLE accounts (aid int PRIMARY KEY, bid int REFERENCES branches, abalance bigint, owner text, iban text, filler text);
CREATE TABLE history (tid int, bid int, aid int, delta int, mtime date, filler text);
CREATE TABLE records (id int, opened date, remark text);
CREATE TABLE closed_records (reason text) INHERITS (records);
CREATE TABLE statements (sid int PRIMARY KEY, aid int, body text, total int);

CREATE VIEW balances AS SELECT bid, count(*) AS accounts, sum(abalance) AS total FROM accounts GROUP BY bid;
CREATE VIEW owners AS SELECT aid, owner AS name, bid FROM accounts;
CREATE VIEW activity AS
  SELECT h.aid, h.delta, h.mtime, row_number() OVER (PARTITION BY h.aid ORDER BY h.mtime) AS nth FROM history h;

CREATE FUNCTION balance_of(account int) RETURNS bigint LANGUAGE sql STABLE AS
  'SELECT abalance FROM bank.accounts WHERE aid = account';
CREATE FUNCTION transfer(source int, sink int, amount int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE bank.accounts SET abalance = abalance - amount WHERE aid = source;
  UPDATE bank.accounts SET abalance = abalance + amount WHERE aid = sink;
  INSERT INTO bank.history (tid, bid, aid, delta, mtime) VALUES (1, 1, source, -amount, '2026-01-01');
END $$;

INSERT INTO branches SELECT i, i * 100, 'branch ' || i FROM generate_series(1, 3) i;
INSERT INTO tellers SELECT i, i % 3 + 1, i, 'teller ' || i FROM generate_series(1, 6) i;
INSERT INTO accounts SELECT i, i % 3 + 1, 8000000000000000 + i, rental.planted('owner' || i), rental.planted('iban' || i), 'filler ' || i
  FROM generate_series(1, 12) i;
INSERT INTO history SELECT i % 6 + 1, i % 3 + 1, i % 12 + 1, i, date '2025-05-01' + i, 'entry ' || i FROM generate_series(1, 15) i;
INSERT INTO records SELECT i, date '2024-01-01' + i, 'open ' || i FROM generate_series(1, 3) i;
INSERT INTO closed_records SELECT i, date '2024-01-01' + i, rental.planted('closed' || i), 'because ' || i FROM generate_series(4, 6) i;
INSERT INTO statements SELECT i, i, 'statement ' || i, i FROM generate_series(1, 4) i;
RESET search_path;
