/**
 * Tables that hold something of each class, beside columns that look like it and are not: for tests of what
 * `targets classify` proposes. Everything is made up: `example.com`, numbers kept for fiction, cards for tests.
 */
export const PLANTED = `
CREATE SCHEMA crm; CREATE SCHEMA billing; CREATE SCHEMA hr; CREATE SCHEMA app;
CREATE DOMAIN app.email_address AS text;

CREATE TABLE crm.customers (
  id int PRIMARY KEY, name text, email text UNIQUE, phone text, date_of_birth date, street text, postal_code text,
  created_at timestamptz, email_sent_at timestamptz, email_template text, email_verified boolean, phone_type text);
INSERT INTO crm.customers SELECT i, (ARRAY['Ada Lovelace', 'Ben Okafor', 'Chloé Dubois'])[1 + i % 3],
  'person' || i || '@example.com', '+1 202 555 01' || lpad(i::text, 2, '0'), date '1980-01-01' + i, i || ' Elm Street',
  lpad((10000 + i)::text, 5, '0'), now(), now(), (ARRAY['welcome', 'reminder'])[1 + i % 2], true, 'mobile'
  FROM generate_series(1, 40) i;

CREATE TABLE crm.kontakte (nr int, kundenemail text, telefonnummer text, "Geburtsdatum" text, vorname text, strasse text);
INSERT INTO crm.kontakte SELECT i, 'k' || i || '@beispiel.example', '030 2312' || lpad(i::text, 4, '0'),
  to_char(date '1970-03-01' + i, 'DD.MM.YYYY'), (ARRAY['Jörg', 'Änne'])[1 + i % 2], 'Lindenallee ' || i
  FROM generate_series(1, 40) i;

CREATE TABLE billing.payments (
  id bigint PRIMARY KEY, card_number text, iban text, amount numeric, order_number text, tracking_no text,
  card_type text, customer_email text REFERENCES crm.customers (email));
INSERT INTO billing.payments SELECT 4000000000000000 + i,
  (ARRAY['4242424242424242', '5555555555554444', '378282246310005'])[1 + i % 3],
  (ARRAY['DE89370400440532013000', 'GB29NWBK60161331926819'])[1 + i % 2], i * 10.5, (4929000000000000 + i * 7)::text,
  '1Z' || (100000000 + i), 'visa', 'person' || i || '@example.com' FROM generate_series(1, 40) i;

CREATE TABLE hr.staff (id int PRIMARY KEY, full_name text, ssn text, salary int, passport_number text UNIQUE, gender char(1),
  salary_band text, height int);
INSERT INTO hr.staff SELECT i, 'Person ' || chr(65 + i % 26), (200 + i) || '-45-' || (6000 + i), 50000 + i, 'C01X0' || (10000 + i),
  (ARRAY['f', 'm', 'x'])[1 + i % 3], 'B', 170 FROM generate_series(1, 40) i;
COMMENT ON COLUMN hr.staff.height IS 'in centimetres';

CREATE TABLE app.accounts (
  login text PRIMARY KEY, password_hash text, api_token text, session text, last_login inet, seen_from text,
  token_count int, password_changed_at timestamptz, secret_question text);
INSERT INTO app.accounts SELECT 'u' || i, '$2b$12$' || rpad(md5(i::text) || md5('x' || i), 53, 'a'),
  'ghp_' || left(translate(md5(i::text) || md5('y' || i), '-', 'a'), 36),
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI' || md5(i::text) || '.' || md5('s' || i) || md5('t' || i),
  ('203.0.113.' || i)::inet, '198.51.100.' || i, i, now(), 'The first pet?' FROM generate_series(1, 40) i;

CREATE TABLE app.notes (id int, body text, meta jsonb, ref text, contact app.email_address, owner text);
COMMENT ON COLUMN app.notes.owner IS 'Whose it is, by their e-mail address';
INSERT INTO app.notes SELECT i, CASE WHEN i % 3 = 0 THEN 'Please write to person' || i || '@example.com about it' ELSE 'Called, no answer' END,
  jsonb_build_object('by', 'person' || i || '@example.com', 'n', i), '<' || md5(i::text) || '@mail.example.com>',
  CASE WHEN i % 2 = 0 THEN 'c' || i || '@example.com' END, 'o' || i || '@example.com' FROM generate_series(1, 40) i;

CREATE TABLE app.releases (version text, name text, uuid uuid, digest text, weight numeric, size text);
INSERT INTO app.releases SELECT '10.' || i || '.0.' || i, 'Release', gen_random_uuid(), md5(i::text), i, 'XL'
  FROM generate_series(1, 40) i;

CREATE TABLE app.mails (message_id text, microphone text, address_count int);
INSERT INTO app.mails SELECT md5(i::text) || '@mail.example.com', 'condenser', i FROM generate_series(1, 40) i;

CREATE TABLE app.applicants (name text, email text, dob date, "e mail ""2""" text);

CREATE TABLE app.sightings (at date, ip text) PARTITION BY RANGE (at);
CREATE TABLE app.sightings_2026 PARTITION OF app.sightings FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO app.sightings SELECT date '2026-01-01' + i, '198.51.100.' || i FROM generate_series(1, 40) i;
CREATE VIEW app.people_view AS SELECT email FROM crm.customers;
CREATE MATERIALIZED VIEW app.mailing AS SELECT email AS write_to FROM crm.customers;
`;

/** What is to be proposed for them, and nothing else: the column, its class, how surely. */
export const PLANTED_PROPOSALS: readonly (readonly [column: string, of: string, confidence: string])[] = [
  ['app.accounts.password_hash', 'credential', 'high'],
  ['app.accounts.api_token', 'api-key', 'high'],
  ['app.accounts.session', 'jwt', 'high'],
  ['app.accounts.last_login', 'ip-address', 'high'],
  ['app.accounts.seen_from', 'ip-address', 'high'],
  ['app.applicants.name', 'name', 'low'],
  ['app.applicants.email', 'email', 'low'],
  ['app.applicants.dob', 'birthday', 'high'],
  ['app.applicants.e mail "2"', 'email', 'low'],
  ['app.mailing.write_to', 'email', 'high'],
  ['app.mails.message_id', 'email', 'low'],
  ['app.notes.body', 'email', 'low'],
  ['app.notes.meta', 'email', 'low'],
  ['app.notes.ref', 'email', 'low'],
  ['app.notes.contact', 'email', 'high'],
  ['app.notes.owner', 'email', 'high'],
  ['app.releases.version', 'ip-address', 'low'],
  ['app.sightings.ip', 'ip-address', 'high'],
  ['billing.payments.card_number', 'card', 'high'],
  ['billing.payments.iban', 'iban', 'high'],
  ['billing.payments.customer_email', 'email', 'high'],
  ['crm.customers.name', 'name', 'high'],
  ['crm.customers.email', 'email', 'high'],
  ['crm.customers.phone', 'phone', 'high'],
  ['crm.customers.date_of_birth', 'birthday', 'high'],
  ['crm.customers.street', 'address', 'medium'],
  ['crm.customers.postal_code', 'address', 'medium'],
  ['crm.kontakte.kundenemail', 'email', 'high'],
  ['crm.kontakte.telefonnummer', 'phone', 'medium'],
  ['crm.kontakte.Geburtsdatum', 'birthday', 'high'],
  ['crm.kontakte.vorname', 'name', 'high'],
  ['crm.kontakte.strasse', 'address', 'medium'],
  ['hr.staff.full_name', 'name', 'high'],
  ['hr.staff.ssn', 'us-ssn', 'high'],
  ['hr.staff.salary', 'salary', 'high'],
  ['hr.staff.passport_number', 'passport', 'high'],
  ['hr.staff.gender', 'gender', 'medium'],
];
