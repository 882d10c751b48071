/**
 * The demo's shop: made-up people at example.com, phone numbers of the ranges kept for fiction, the card numbers that
 * payment providers publish for tests, and the IBANs that the registry prints as examples. The same on every machine.
 */

const SCHEMA = `
CREATE TABLE customers (
  id       integer PRIMARY KEY,
  name     text NOT NULL,
  email    text NOT NULL UNIQUE,
  phone    text,
  country  char(2) NOT NULL,
  created  timestamptz NOT NULL
);
CREATE TABLE orders (
  id           integer PRIMARY KEY,
  customer_id  integer NOT NULL REFERENCES customers,
  item         text NOT NULL,
  quantity     integer NOT NULL CHECK (quantity > 0),
  total        numeric(10,2) NOT NULL,
  status       text NOT NULL CHECK (status IN ('placed', 'paid', 'shipped', 'returned')),
  placed       timestamptz NOT NULL
);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE TABLE payments (
  id        integer PRIMARY KEY,
  order_id  integer NOT NULL REFERENCES orders,
  method    text NOT NULL CHECK (method IN ('card', 'transfer')),
  card      text,
  iban      text,
  amount    numeric(10,2) NOT NULL,
  paid      timestamptz NOT NULL
);
CREATE TABLE staff (
  id      integer PRIMARY KEY,
  name    text NOT NULL,
  email   text NOT NULL UNIQUE,
  role    text NOT NULL,
  salary  integer NOT NULL,
  since   date NOT NULL
);
CREATE TABLE tickets (
  id           integer PRIMARY KEY,
  customer_id  integer NOT NULL REFERENCES customers,
  contact      text NOT NULL,
  callback     text,
  message      text NOT NULL,
  opened       timestamptz NOT NULL
);
CREATE VIEW customer_spend AS
  SELECT c.id, c.name, c.email, c.country, count(o.id) AS orders, coalesce(sum(o.total), 0)::numeric(12,2) AS spent
    FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id;
`;

const FIRST =
  'Ada Ben Chloe David Elif Femi Grace Hugo Ines Jonas Kiran Lena Marco Nadia Oscar Priya Quinn Rosa Sven Tara'.split(
    ' ',
  );
const LAST =
  'Adler Brandt Costa Dubois Eriksen Fischer Garcia Haddad Ito Jansen Kowalski Lindgren Moreau Novak Okafor'.split(' ');
const ITEMS = [
  'Desk lamp',
  'Kettle',
  'Notebook',
  'Rain jacket',
  'Backpack',
  'Headphones',
  'Chess set',
  'Thermos',
  'Bike light',
];
const ROLES = ['support', 'warehouse', 'finance', 'engineering', 'marketing'];
const STATUSES = ['paid', 'shipped', 'shipped', 'paid', 'placed', 'returned'];
const PHONES: readonly (readonly [country: string, prefix: string])[] = [
  ['DE', '+49 30 23125 0'],
  ['GB', '+44 20 7946 00'],
  ['US', '+1 202 555 01'],
  ['FR', '+33 1 99 00 10 '],
  ['SE', '+46 8 465 004 '],
];
const TEST_CARDS = [
  '4242424242424242',
  '5555555555554444',
  '4000056655665556',
  '5200828282828210',
  '378282246310005',
  '6011111111111117',
  '3056930009020004',
];
const EXAMPLE_IBANS = [
  'DE89370400440532013000',
  'GB29NWBK60161331926819',
  'FR1420041010050500013M02606',
  'SE4550000000058398257466',
  'NL91ABNA0417164300',
  'AT611904300234573201',
];
const CUSTOMERS = 200;
const ORDERS = 520;
const STAFF = 24;
const TICKETS = 60;
const SEED = 20260105;
const DAY_MS = 86_400_000;
const OPENED_MS = Date.UTC(2026, 0, 5, 8);

/** The whole shop as one script: tables, a view and their rows. Runs in a single transaction. */
export function shopScript(): string {
  const random = dice(SEED);
  const { orders, payments } = ordersAndPayments(random);
  return [
    SCHEMA,
    insert('customers', customers()),
    insert('orders', orders),
    insert('payments', payments),
    insert(
      'staff',
      Array.from({ length: STAFF }, (_, index) => staffMember(index, random)),
    ),
    // Nothing of it is classified: `chaperone targets classify demo` has something to find.
    insert(
      'tickets',
      Array.from({ length: TICKETS }, (_, index) => ticket(index)),
    ),
  ].join('\n');
}

export type Value = string | number | null;

/** The shop's customers and orders as its API tells them: the same as in its database. */
export function shopRecords() {
  const { orders } = ordersAndPayments(dice(SEED));
  return {
    customers: customers().map((row) => named(['id', 'name', 'email', 'phone', 'country', 'created'], row)),
    orders: orders.map((row) => named(['id', 'customer', 'item', 'quantity', 'total', 'status', 'placed'], row)),
  };
}

function named(names: readonly string[], row: readonly Value[]): Readonly<Record<string, Value>> {
  return Object.fromEntries(names.map((name, index) => [name, row[index] ?? null]));
}

function customers(): (readonly Value[])[] {
  return Array.from({ length: CUSTOMERS }, (_, index) => customer(index));
}

function customer(index: number): readonly Value[] {
  const first = pick(FIRST, index);
  const last = pick(LAST, Math.floor(index / FIRST.length) + index * 7);
  const [country, prefix] = pick(PHONES, index * 3);
  const phone = index % 11 === 10 ? null : `${prefix}${String(index % 100).padStart(2, '0')}`;
  const email = `${first}.${last}${index + 1}@example.com`.toLowerCase();
  return [index + 1, `${first} ${last}`, email, phone, country, time(OPENED_MS + index * 0.8 * DAY_MS)];
}

function ordersAndPayments(random: (below: number) => number) {
  const orders: (readonly Value[])[] = [];
  const payments: (readonly Value[])[] = [];
  for (let id = 1; id <= ORDERS; id++) {
    const status = pick(STATUSES, random(STATUSES.length));
    const quantity = 1 + random(4);
    const total = ((900 + random(12_000)) * quantity) / 100;
    const placedMs = OPENED_MS + (id * 0.55 + random(100) / 100) * DAY_MS;
    orders.push([
      id,
      1 + random(CUSTOMERS),
      pick(ITEMS, random(ITEMS.length)),
      quantity,
      total.toFixed(2),
      status,
      time(placedMs),
    ]);
    if (status === 'placed') continue;
    const byCard = random(3) > 0;
    const card = byCard ? pick(TEST_CARDS, random(TEST_CARDS.length)) : null;
    const iban = byCard ? null : pick(EXAMPLE_IBANS, random(EXAMPLE_IBANS.length));
    const paid = time(placedMs + (1 + random(40)) * 60_000);
    payments.push([payments.length + 1, id, byCard ? 'card' : 'transfer', card, iban, total.toFixed(2), paid]);
  }
  return { orders, payments };
}

function ticket(index: number): readonly Value[] {
  const [id, name, email, phone] = customer((index * 7) % CUSTOMERS);
  const messages = [
    'The parcel has not arrived yet.',
    `Please answer to ${email}, and not to my old address.`,
    'The colour is not the one in the picture.',
    `It is ${name}. Call me back in the afternoon.`,
  ];
  const callback = index % 3 === 0 ? (phone ?? null) : null;
  const opened = time(OPENED_MS + (index * 4.2 + 3) * DAY_MS);
  return [index + 1, id ?? null, email ?? null, callback, pick(messages, index), opened];
}

function staffMember(index: number, random: (below: number) => number): readonly Value[] {
  const first = pick(FIRST, index * 3 + 1);
  const last = pick(LAST, index * 4 + 2);
  const email = `${first}.${last}.${index + 1}@staff.example.com`.toLowerCase();
  const since = new Date(OPENED_MS - random(1500) * DAY_MS).toISOString().slice(0, 10);
  return [index + 1, `${first} ${last}`, email, pick(ROLES, index), 38_000 + random(60) * 1000, since];
}

/** One INSERT of many rows. The values are this file's own: text without quotes, and numbers. */
function insert(table: string, rows: readonly (readonly Value[])[]): string {
  const lines = rows.map(
    (row) => `(${row.map((value) => (typeof value === 'string' ? `'${value}'` : (value ?? 'NULL'))).join(', ')})`,
  );
  return `INSERT INTO ${table} VALUES\n${lines.join(',\n')};`;
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

function pick<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

/** A linear congruential generator (Numerical Recipes): the same numbers everywhere, and no secret. */
function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
