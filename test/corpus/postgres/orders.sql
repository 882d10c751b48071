-- The order book of a wholesaler, after the shape of Northwind.
CREATE SCHEMA orders;
SET search_path = orders;

CREATE TABLE categories (category_id int PRIMARY KEY, category_name text NOT NULL, description text);
CREATE TABLE suppliers (supplier_id int PRIMARY KEY, company_name text NOT NULL, contact_name text, country text);
CREATE TABLE products (
  product_id int PRIMARY KEY, product_name text NOT NULL, supplier_id int REFERENCES suppliers,
  category_id int REFERENCES categories, unit_price numeric(8, 2), units_in_stock int, discontinued boolean DEFAULT false
);
CREATE TABLE customers (
  customer_id text PRIMARY KEY, company_name text NOT NULL, contact_name text, phone text, city text, country text
);
CREATE TABLE employees (
  employee_id int PRIMARY KEY, last_name text, first_name text NOT NULL, title text, birth_date date, hired date,
  home_phone text, salary bigint, notes text, reports_to int REFERENCES employees
);
CREATE TABLE shippers (shipper_id int PRIMARY KEY, company_name text NOT NULL);
CREATE TABLE orders (
  order_id int PRIMARY KEY, customer_id text REFERENCES customers, employee_id int REFERENCES employees, order_date date,
  shipped_date date, ship_via int REFERENCES shippers, freight numeric(8, 2), ship_name text, ship_country text
);
CREATE TABLE order_details (
  order_id int REFERENCES orders, product_id int REFERENCES products, unit_price numeric(8, 2) NOT NULL,
  quantity int NOT NULL DEFAULT 1, discount numeric(3, 2) NOT NULL DEFAULT 0,
  total numeric GENERATED ALWAYS AS (unit_price * quantity) STORED, PRIMARY KEY (order_id, product_id)
);
CREATE TABLE region (region_id int PRIMARY KEY, region text);
CREATE TABLE shipments (shipment_id int PRIMARY KEY, order_id int, label text, weight int);

CREATE VIEW order_totals AS
  SELECT o.order_id, o.customer_id, sum(d.unit_price * d.quantity * (1 - d.discount)) AS subtotal
  FROM orders o JOIN order_details d USING (order_id) GROUP BY o.order_id;
CREATE VIEW invoices AS
  SELECT o.order_id, o.ship_name, c.company_name, c.contact_name AS buyer, e.first_name || ' ' || e.last_name AS seller,
    p.product_name, d.quantity
  FROM orders o JOIN customers c USING (customer_id) JOIN employees e USING (employee_id)
  JOIN order_details d USING (order_id) JOIN products p USING (product_id);
CREATE VIEW partners (city, company, person, kind) AS
  SELECT city, company_name, contact_name, 'customer' FROM customers
  UNION SELECT NULL, company_name, contact_name, 'supplier' FROM suppliers;
CREATE VIEW org AS
  WITH RECURSIVE chain (employee_id, first_name, boss, depth) AS (
    SELECT employee_id, first_name, NULL::text, 0 FROM employees WHERE reports_to IS NULL
    UNION ALL SELECT e.employee_id, e.first_name, c.first_name, c.depth + 1
    FROM employees e JOIN chain c ON e.reports_to = c.employee_id
  ) SELECT * FROM chain;
CREATE VIEW paid AS SELECT employee_id, first_name, salary FROM employees WHERE salary > 0 WITH CHECK OPTION;

CREATE FUNCTION order_value(id int) RETURNS numeric LANGUAGE sql STABLE AS
  'SELECT sum(unit_price * quantity) FROM orders.order_details WHERE order_id = id';
CREATE FUNCTION team(boss int) RETURNS TABLE (id int, person text, pay bigint) LANGUAGE sql STABLE AS
  'SELECT employee_id, first_name, salary FROM orders.employees WHERE reports_to = boss';
CREATE FUNCTION raise_salaries(percent int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  n int;
BEGIN
  UPDATE orders.employees SET salary = salary + salary * percent / 100;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;

INSERT INTO categories SELECT i, 'category ' || i, 'things ' || i FROM generate_series(1, 3) i;
INSERT INTO suppliers SELECT i, 'supplier ' || i, rental.planted('supplier' || i), 'country ' || i FROM generate_series(1, 4) i;
INSERT INTO products SELECT i, 'product ' || i, i % 4 + 1, i % 3 + 1, i * 2, i * 3, i % 5 = 0 FROM generate_series(1, 9) i;
INSERT INTO customers SELECT 'C' || i, 'company ' || i, rental.planted('contact' || i), rental.planted('tel' || i), 'city ' || i % 3,
  'country ' || i % 2 FROM generate_series(1, 8) i;
INSERT INTO employees SELECT i, rental.planted('name' || i), 'employee ' || i, 'title ' || i % 2, date '3100-01-01' + i, date '2020-01-01' + i,
  rental.planted('home' || i), 5000000000000000 + i, 'note ' || i, NULLIF(i / 2, 0) FROM generate_series(1, 7) i;
INSERT INTO shippers VALUES (1, 'fast'), (2, 'cheap');
INSERT INTO orders SELECT i, 'C' || i % 8 + 1, i % 7 + 1, date '2025-01-01' + i, date '2025-01-09' + i, i % 2 + 1, i, 'ship ' || i, 'country ' || i % 2
  FROM generate_series(1, 12) i;
INSERT INTO order_details (order_id, product_id, unit_price, quantity) SELECT o, p, p * 2, o FROM generate_series(1, 12) o, generate_series(1, 9) p WHERE (o + p) % 4 = 0;
INSERT INTO region VALUES (1, 'east'), (2, 'west');
INSERT INTO shipments SELECT i, i, 'label ' || i, i * 10 FROM generate_series(1, 5) i;

CREATE RULE no_lost_regions AS ON DELETE TO region DO INSTEAD NOTHING;
RESET search_path;
