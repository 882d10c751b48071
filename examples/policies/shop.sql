-- The database that the cases of these policies are about: what `pg_dump --schema-only` would say of it, shortened.
CREATE TABLE public.customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL,
  phone text,
  country text
);
CREATE TABLE public.orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES public.customers,
  total numeric(10, 2) NOT NULL,
  status text NOT NULL DEFAULT 'new',
  placed_at timestamptz NOT NULL
);
CREATE TABLE public.payments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES public.orders,
  card text NOT NULL,
  amount numeric(10, 2) NOT NULL
);
CREATE VIEW public.mailing_list AS
  SELECT c.name, lower(c.email) AS address FROM public.customers c WHERE c.country = 'DE';
CREATE VIEW public.revenue AS
  SELECT date_trunc('day', o.placed_at) AS day, sum(o.total) AS total FROM public.orders o GROUP BY 1;
CREATE FUNCTION public.full_name(customer bigint) RETURNS text
  LANGUAGE sql STABLE AS 'SELECT name FROM public.customers WHERE id = customer';
CREATE FUNCTION public.tidy_up() RETURNS void
  LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.orders WHERE status = ''void''; END';
