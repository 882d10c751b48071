import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Secret } from '../../model/secret.ts';
import type { KeyPairPem } from '../start/certificates.ts';
import { shopRecords, type Value } from './shop-data.ts';

export interface DemoApiOptions {
  /** What the gateway must present: a bearer token, fresh for each start. */
  readonly token: Secret;
  readonly tls: KeyPairPem;
  readonly nowMs: () => number;
}

export interface DemoApi extends AsyncDisposable {
  /** Always on loopback. */
  readonly port: number;
}

type Item = Readonly<Record<string, Value>>;

interface Shop {
  readonly customers: readonly Item[];
  /** Orders that were made and deleted are so until the demo ends. */
  readonly orders: Map<number, Item>;
}

interface Asked {
  readonly method: string;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
}

interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly location?: string;
}

const MAX_BODY_BYTES = 64 * 1024;
const MOST_LISTED = 100;
const LISTED = 20;

/** The made-up shop as a small API of JSON over TLS: customers, and orders that can be made and deleted. */
export async function startDemoApi({ token, tls, nowMs }: DemoApiOptions): Promise<DemoApi> {
  const { customers, orders } = shopRecords();
  const shop: Shop = { customers, orders: new Map(orders.map((order) => [Number(order['id']), order])) };
  const server = createServer({ key: tls.key, cert: tls.certificate }, (request, response) => {
    answer(request, token, (asked) => route(shop, asked, nowMs))
      .catch((error: unknown): Answer => ({ status: 500, body: { error: String(error) } }))
      .then((given) => send(response, given))
      .catch(() => response.destroy());
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, token: Secret, routed: (asked: Asked) => Answer): Promise<Answer> {
  if (!presents(request, token)) return { status: 401, body: { error: 'the shop does not know you' } };
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://shop');
  const text = await bodyOf(request);
  if (text === undefined) return { status: 413, body: { error: `at most ${MAX_BODY_BYTES} bytes` } };
  const body = parsed(text);
  return routed({ method: request.method ?? '', path: pathname.split('/').slice(1), query: searchParams, body });
}

function route(shop: Shop, asked: Asked, nowMs: () => number): Answer {
  const [kind = '', id, part, ...more] = asked.path;
  if (more.length > 0) return NOT_FOUND;
  const method = asked.method === 'HEAD' ? 'GET' : asked.method;
  const place = `${method} /${kind}${id === undefined ? '' : '/{id}'}${part === undefined ? '' : `/${part}`}`;
  switch (place) {
    case 'GET /customers':
      return listed('customers', shop.customers, asked.query, 'country');
    case 'GET /customers/{id}':
      return found(shop.customers[Number(id) - 1]);
    case 'GET /customers/{id}/orders':
      return listed('orders', ordersOf(shop, Number(id)), asked.query, 'status');
    case 'GET /orders':
      return listed('orders', [...shop.orders.values()], asked.query, 'status');
    case 'GET /orders/{id}':
      return found(shop.orders.get(Number(id)));
    case 'POST /orders':
      return placed(shop, asked.body, nowMs);
    case 'DELETE /orders/{id}':
      return shop.orders.delete(Number(id)) ? { status: 204 } : NOT_FOUND;
    default:
      return NOT_FOUND;
  }
}

const NOT_FOUND: Answer = { status: 404, body: { error: 'there is nothing here' } };

function found(record: Item | undefined): Answer {
  return record === undefined ? NOT_FOUND : { status: 200, body: record };
}

function listed(name: string, all: readonly Item[], query: URLSearchParams, by: string): Answer {
  const wanted = query.get(by);
  const fitting = wanted === null ? all : all.filter((record) => record[by] === wanted);
  const asked = Number(query.get('limit') ?? LISTED);
  const limit = Number.isInteger(asked) && asked > 0 ? Math.min(asked, MOST_LISTED) : LISTED;
  return { status: 200, body: { [name]: fitting.slice(0, limit), total: fitting.length } };
}

function ordersOf({ orders }: Shop, customer: number): Item[] {
  return [...orders.values()].filter((order) => order['customer'] === customer);
}

function placed({ orders, customers }: Shop, body: unknown, nowMs: () => number): Answer {
  const { customer, item, quantity = 1 } = Object(body) as Readonly<Record<string, unknown>>;
  const isOrder = customers[Number(customer) - 1] !== undefined && typeof item === 'string' && Number(quantity) > 0;
  if (!isOrder) return { status: 422, body: { error: 'an order is {"customer": 1, "item": "Kettle", "quantity": 2}' } };
  const id = Math.max(0, ...orders.keys()) + 1;
  const at = new Date(nowMs()).toISOString();
  const order = { id, customer: Number(customer), item, quantity: Number(quantity), status: 'placed', placed: at };
  orders.set(id, order);
  return { status: 201, body: order, location: `/orders/${id}` };
}

function send(response: ServerResponse, { status, body, location }: Answer): void {
  const text = body === undefined ? '' : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    ...(location !== undefined && { location }),
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
  });
  response.end(text);
}

function presents({ headers }: IncomingMessage, token: Secret): boolean {
  const given = Buffer.from(headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token.reveal()}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Undefined where it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > MAX_BODY_BYTES) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON is no order.
    return undefined;
  }
}
