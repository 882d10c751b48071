-- Functions, operators, casts, aggregates and views through which classified columns are reached in roundabout ways.
SET search_path = rental;
CREATE FUNCTION two(c customer) RETURNS text LANGUAGE sql STABLE AS 'select c.email';
CREATE FUNCTION email_of(c customer) RETURNS text LANGUAGE sql STABLE AS 'select $1.email';
CREATE FUNCTION both_args(a text, b text DEFAULT 'x') RETURNS text LANGUAGE sql STABLE AS 'select a || b';
CREATE FUNCTION vari(VARIADIC a text[]) RETURNS text LANGUAGE sql STABLE AS 'select array_to_string(a, chr(44))';
CREATE FUNCTION out_two(id int, OUT x text, OUT y text) LANGUAGE sql STABLE AS
  'select email, first_name from rental.customer where customer_id = id';
CREATE FUNCTION last_wins(id int) RETURNS text LANGUAGE sql STABLE AS
  'select first_name from rental.customer where customer_id = id; select email from rental.customer where customer_id = id';
CREATE FUNCTION via_cte(id int) RETURNS TABLE (z text) LANGUAGE sql STABLE AS
  'with q as (select email from rental.customer where customer_id = id) select * from q';
CREATE FUNCTION recurse(n int) RETURNS text LANGUAGE sql STABLE AS
  'select case when n > 0 then rental.recurse(n - 1) else (select email from rental.customer limit 1) end';
CREATE FUNCTION shadow(email text) RETURNS text LANGUAGE sql STABLE AS 'select customer.email from rental.customer limit 1';
CREATE FUNCTION sets() RETURNS SETOF text LANGUAGE sql STABLE AS 'select email from rental.customer';
CREATE FUNCTION ins() RETURNS text LANGUAGE sql VOLATILE AS
  'insert into rental.mailing (mailing_id, body) select 7000, email from rental.customer limit 1 returning body';
CREATE FUNCTION pl() RETURNS text LANGUAGE plpgsql STABLE AS 'begin return (select email from rental.customer limit 1); end';
CREATE FUNCTION plimm() RETURNS text LANGUAGE plpgsql IMMUTABLE AS
  'begin return (select email from rental.customer limit 1); end';
CREATE FUNCTION sqlimm() RETURNS text LANGUAGE sql IMMUTABLE AS 'select email from rental.customer limit 1';
CREATE OPERATOR #@# (LEFTARG = text, RIGHTARG = text, FUNCTION = both_args);
CREATE FUNCTION reader(a text, b text) RETURNS text LANGUAGE sql STABLE AS 'select email from rental.customer limit 1';
CREATE OPERATOR #@@ (LEFTARG = text, RIGHTARG = text, FUNCTION = reader);
CREATE FUNCTION tocontact(t text) RETURNS contact LANGUAGE sql STABLE AS
  'select row(t, (select email from rental.customer limit 1))::rental.contact';
CREATE CAST (text AS contact) WITH FUNCTION tocontact(text);
CREATE AGGREGATE glue (text) (SFUNC = textcat, STYPE = text, INITCOND = '');
CREATE FUNCTION steal_agg(text, text) RETURNS text LANGUAGE sql STABLE AS
  'select $1 || (select email from rental.customer limit 1)';
CREATE AGGREGATE thief (text) (SFUNC = steal_agg, STYPE = text, INITCOND = '');
CREATE VIEW nested_view AS
  SELECT * FROM (SELECT *, row_number() OVER () AS rn
    FROM (SELECT c.*, a.phone AS p FROM customer c JOIN address a USING (address_id)) x) y;
CREATE VIEW cte_view AS WITH q AS (SELECT email FROM customer) SELECT (SELECT max(email) FROM q) AS m, 1 AS one;
CREATE VIEW fview AS SELECT rental.two(c) AS t, 2 AS n FROM customer c;
CREATE VIEW agg_view AS SELECT store_id, (array_agg(c))[1] AS c FROM customer c GROUP BY store_id;
CREATE TABLE gen (a text, b text GENERATED ALWAYS AS (a) STORED, c text GENERATED ALWAYS AS (upper(a)) STORED);
INSERT INTO gen VALUES ('g');
CREATE MATERIALIZED VIEW mv AS SELECT email AS m FROM active_customer;
RESET search_path;
