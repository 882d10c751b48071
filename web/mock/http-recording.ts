import { Buffer } from 'node:buffer';
import type { RecordedEvent, SessionView } from '../src/api/types.ts';
import { type EventPen, openingOf } from './recordings.ts';
import { mockId } from './world.ts';

/** A session in an HTTP target with one of everything, the same each time. */
export const HTTP_SESSION = mockId('ses', 999_997);

const CUSTOMERS = JSON.stringify({
  customers: [
    { id: 'ID', name: 'Ada\u202E', email: '[redacted]', tags: ['vip', null, true] },
    { id: 2, name: 'Ben', email: '[redacted]', address: { city: 'Oslo', zip: 150 } },
  ],
  total: 2,
}).replace('"ID"', '12345678901234567890');

interface Told {
  readonly request: string;
  readonly reply?: string;
  readonly masked?: RecordedEvent['masked'];
  readonly messages?: RecordedEvent['messages'];
  readonly complete?: boolean;
}

const JSON_TYPE = 'content-type: application/json';
const TOLD: readonly Told[] = [
  {
    request:
      'GET /customers?limit=2&q=a%20b HTTP/1.1\r\nhost: api.shop.example\r\ncookie: sha-256=:AAECAwQFBgc=:\r\n\r\n',
    reply: `HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nx-owner: [redacted]\r\ncontent-length: ${CUSTOMERS.length}\r\n\r\n${CUSTOMERS}`,
    masked: [{ by: 'detector', name: 'email', count: 3 }],
  },
  {
    request: `POST /orders HTTP/1.1\r\nhost: api.shop.example\r\n${JSON_TYPE}\r\n\r\n{"item":"<img src=x onerror=alert(1)>","n":2}`,
    reply: `HTTP/1.1 201 Created\r\nlocation: /orders/9\r\n${JSON_TYPE}\r\n\r\n{"id":9,"item":"Ket`,
    complete: false,
  },
  {
    request: 'POST /form HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\n\r\na=1&b=x%20y',
    reply: 'HTTP/1.1 404 Not Found\r\ncontent-type: text/plain\r\n\r\nnothing here',
  },
  { request: 'DELETE /orders/3 HTTP/1.1\r\nhost: api.shop.example\r\n\r\n' },
  {
    request: 'POST /shop.Orders/Place HTTP/1.1\r\ncontent-type: application/grpc\r\n\r\n\0\0\0\0\x04\x0a\x02hi',
    reply: 'HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\n\r\n\0\0\0\0\x04\x0a\x02hi',
    masked: [{ by: 'detector', name: 'email', count: 1 }],
    messages: {
      type: 'shop.Order',
      messages: [{ text: '{"email":"[redacted]","note":"<b>\u202e"}' }, { why: 'it is no message of its type' }],
      more: 2,
    },
  },
];

export function* httpRecordingOf(pen: EventPen, session: SessionView): Generator<RecordedEvent> {
  yield pen.event('session.open', 0, { opening: openingOf(session) });
  for (const [index, { request, reply, masked, messages, complete = true }] of TOLD.entries()) {
    const exchange = index + 1;
    const kind = request.split(' ', 1)[0]?.toLowerCase();
    const op = [{ kind, access: kind === 'get' ? 'read' : 'write', tables: [], flags: [] }];
    const decision = { effect: reply === undefined ? 'deny' : 'permit', rules: ['shop-api'] };
    yield pen.event('request', 30, {
      exchange,
      decision,
      op,
      body: body(request, 'message/http'),
      ...(messages && { messages }),
    });
    if (reply === undefined) {
      yield pen.event('refusal', 1, { exchange, refusal: { code: 'policy-denied', message: 'Nothing is deleted.' } });
      continue;
    }
    const code = reply.slice(9, 12);
    yield pen.event('reply', 3, {
      exchange,
      result: { status: Number(code) < 400 ? 'ok' : 'error', code, rows: '0' },
      body: { ...body(reply, 'application/octet-stream'), complete },
      decoded: { results: [], notices: [] },
      ...(masked && { masked }),
      ...(messages && { messages }),
    });
  }
  yield pen.event('session.close', 400, { closing: { outcome: 'completed' } });
}

function body(text: string, media: string) {
  const bytes = Buffer.from(text);
  return { media, bytes: bytes.length, base64: bytes.toString('base64') };
}
