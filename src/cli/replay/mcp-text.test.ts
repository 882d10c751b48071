import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RecordedEvent, recordedEventSchema } from './recording.ts';
import { SessionRenderer } from './render.ts';

const event = (kind: string, text: string, more: object = {}): RecordedEvent => {
  const bytes = Buffer.from(text);
  const body = { media: 'message/http', bytes: String(bytes.length), base64: bytes.toString('base64') };
  const base = { kind, at: '2026-11-22T18:00:00.000Z', seq: 0, session: 's', run: 'r', exchange: 1 };
  return recordedEventSchema.parse({ ...base, body, ...more });
};
const op = [{ kind: 'tools/call', mcp: { server: 'tracker', method: 'tools/call', name: 'create_issue' } }];
const call = (given: object) =>
  event(
    'request',
    `POST /mcp HTTP/1.1\r\n\r\n${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'create_issue', arguments: given } })}`,
    { op },
  );
const shown = (renderer: SessionRenderer, recorded: RecordedEvent) =>
  renderer
    .render(recorded)
    .map(({ text, typed }) => text + (typed ?? ''))
    .join('');
const plain = () => new SessionRenderer((_style, text) => text, 'tracker');

test('a call stands after its prompt with its arguments laid out, and nothing of it reaches the terminal as it is', () => {
  assert.equal(
    shown(plain(), call({ title: 'x\u001b[2J\u202e' })),
    'tracker> tools/call create_issue {\n  "title": "x\\u001b[2J<U+202E>"\n}\n',
  );
});

test('its reply stands message by message, with what was masked', () => {
  const renderer = plain();
  shown(renderer, call({}));
  const stream =
    'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n' +
    'data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}\n\n' +
    'data: {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"[redacted]\\u001b[2J"}],"isError":true}}\n\n';
  const reply = event('reply', stream, { masked: [{ by: 'detector', name: 'email', count: 1 }] });
  assert.equal(
    shown(renderer, reply),
    '← notifications/progress\n{\n  "progress": 1\n}\n← the tool failed\n[redacted]\\e[2J\nmasked: email ×1\n',
  );
});

test('an error has its code, and a refusal its own words', () => {
  const renderer = plain();
  shown(renderer, call({}));
  const error = 'HTTP/1.1 200 OK\r\n\r\n{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"bad"}}';
  assert.equal(shown(renderer, event('reply', error)), '← error -32602\nbad\n');
  const refusal = { code: 'policy-denied', message: 'no' };
  assert.equal(shown(renderer, event('refusal', 'a rule says no', { refusal })), 'policy-denied: a rule says no\n');
});

test('what is cut off is shown as it was sent, and a request of another kind is left to the others', () => {
  const renderer = plain();
  assert.equal(
    shown(renderer, event('request', 'POST /mcp HTTP/1.1\r\n\r\n{"jsonrpc"', { op })),
    'tracker> POST /mcp HTTP/1.1\n\n{"jsonrpc"\n',
  );
  assert.match(shown(renderer, event('request', 'GET /a HTTP/1.1\r\n\r\n', { op: [{ kind: 'get' }] })), /GET \/a/);
});
