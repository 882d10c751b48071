import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  BACKEND,
  cstring,
  int16,
  int32,
  message,
  noticeResponse,
  readyForQuery,
} from '../../protocols/postgres/messages.ts';
import { type RecordedEvent, recordedEventSchema } from './recording.ts';
import { SessionRenderer } from './render.ts';

const event = (kind: string, more: object = {}): RecordedEvent =>
  recordedEventSchema.parse({ kind, at: '2026-11-22T18:00:00.000Z', seq: 0, session: 's', run: 'r', ...more });
const body = (bytes: Buffer, media = 'application/octet-stream') => ({
  body: { media, bytes: String(bytes.length), base64: bytes.toString('base64') },
});
const shown = (renderer: SessionRenderer, recorded: RecordedEvent) =>
  renderer
    .render(recorded)
    .map(({ text, typed }) => text + (typed ?? ''))
    .join('');
const plain = () => new SessionRenderer((_style, text) => text, 'demo');
const field = (text: string) => [int32(Buffer.byteLength(text)), Buffer.from(text)];
const table = (...values: string[]) =>
  Buffer.concat([
    message(
      BACKEND.rowDescription,
      int16(1),
      cstring('email'),
      int32(0),
      int16(0),
      int32(25),
      int16(-1),
      int32(-1),
      int16(0),
    ),
    ...values.map((value) => message(BACKEND.dataRow, int16(1), ...field(value))),
    message(BACKEND.commandComplete, cstring(`SELECT ${values.length}`)),
  ]);

test('a statement stands after its prompt, its lines continued as psql continues them', () => {
  const request = event('request', body(Buffer.from('select 1,\n  2'), 'application/sql'));
  assert.equal(shown(plain(), request), 'demo=> select 1,\ndemo->   2\n');
});

test('the statements of a batch stand with their parameters', () => {
  const batch = JSON.stringify([{ text: 'select $1, $2', parameters: ["a'b", null] }]);
  const request = event('request', body(Buffer.from(batch), 'application/json'));
  assert.equal(shown(plain(), request), "demo=> select $1, $2\n  $1 = 'a'b'\n  $2 = NULL\n");
});

test('what policy judged of a statement stands below it where somebody asks for the details', () => {
  const source = { schema: 'public', table: 'people', column: 'email' };
  const op = [
    { kind: 'select', access: 'read', columns: [{ ...source, use: 'output' }], lock: 'access-share' },
    { kind: 'function', access: 'unknown', columns: 'unknown' },
    { kind: 'begin', access: 'transaction', columns: [] },
  ];
  const request = event('request', { ...body(Buffer.from('select 1'), 'application/sql'), op });
  const detailed = new SessionRenderer((_style, text) => text, 'demo', { details: true });
  assert.equal(
    shown(detailed, request),
    'demo=> select 1\n  select: reads public.people.email; locks access-share\n  function: may touch any column of its tables\n',
  );
  assert.equal(shown(plain(), request), 'demo=> select 1\n');
});

test('a masked column is marked, and what was masked is counted', () => {
  const masked = [{ by: 'column', name: 'public.customers.email', count: 2 }];
  const reply = event('reply', { ...body(table('[redacted]', '[redacted]')), masked });
  assert.equal(
    shown(plain(), reply),
    '  email ▒\n------------\n [redacted]\n [redacted]\n(2 rows)\n\nmasked: public.customers.email ×2\n',
  );
});

test('a refusal is shown in the words in which the client was told', () => {
  const refusal = { code: 'policy-denied', message: 'No.', rule: 'never drop', hint: 'Ask.' };
  assert.equal(
    shown(plain(), event('refusal', { refusal })),
    'ERROR:  chaperone: No.\nDETAIL:  Refused: policy-denied, by the rule "never drop".\nHINT:  Ask.\n',
  );
});

test('a reply that was cut off is shown as far as it came, and why it ended', () => {
  const refusal = { code: 'budget-exceeded', message: 'a budget is used up', rule: 'reads', hint: 'Ask for less.' };
  const whole = table('a', 'b');
  const cut = whole.subarray(0, whole.length - message(BACKEND.commandComplete, cstring('SELECT 2')).length);
  const reply = event('reply', { ...body(cut), refusal });
  assert.equal(
    shown(plain(), reply),
    ' email\n-------\n a\n b\n(2 rows)\n\n' +
      'ERROR:  chaperone: a budget is used up\nDETAIL:  Refused: budget-exceeded, by the rule "reads".\nHINT:  Ask for less.\n',
  );
});

test('the wait for people is shown: who answered, where, after how long, and why', () => {
  const vote = (answer: string, login: string, more: object = {}) => ({
    person: `psn_${login}`,
    login,
    answer,
    channel: 'web',
    ...more,
  });
  const said = (state: string, waitedMs: number, votes: readonly object[] = []) =>
    shown(
      plain(),
      event('approval', {
        held: { id: 'apr_1', state, votes, waitedMs },
        ...body(Buffer.from(JSON.stringify({ votes })), 'application/json'),
      }),
    );
  assert.equal(
    said('used', 42_400, [vote('approve', 'ada'), vote('approve', 'grace', { channel: 'slack' })]),
    '— approved by ada (web) and grace (slack) after 42 s (apr_1)\n',
  );
  assert.equal(
    said('denied', 185_000, [vote('approve', 'ada'), vote('deny', 'grace', { reason: 'Not\u001b[2J today.' })]),
    '— denied by grace (web, “Not\\e[2J today.”) after 3 min 5 s (apr_1)\n',
  );
  assert.equal(said('expired', 1_800_000), '— nobody answered: the approval expired after 30 min (apr_1)\n');
  assert.equal(said('pending', 900), '— the client waited no longer after 900 ms; the approval stayed open (apr_1)\n');
  assert.equal(said('cancelled', 7_800_000), '— withdrawn after 2 h 10 min, before it was answered (apr_1)\n');
  assert.equal(
    said('void', 1_000, [vote('approve', 'ada')]),
    '— approved by ada (web) after 1 s, and could not be used any more (apr_1)\n',
  );
});

test('who answered and why is withheld once the body is gone, and the refusal is told without them', () => {
  const votes = [{ person: 'psn_1', answer: 'deny', channel: 'web' }];
  const withheld = { body: { media: 'application/json', bytes: '9', withheld: 'its key was deleted' } };
  const held = event('approval', { held: { id: 'apr_1', state: 'denied', votes, waitedMs: 900 }, ...withheld });
  assert.equal(shown(plain(), held), '— denied by psn_1 (withheld) (web) after 900 ms (apr_1)\n');
  const refusal = { code: 'approval-denied', message: 'the approval apr_1 was denied' };
  const told = body(Buffer.from('grace denied the approval apr_1: Not today.'), 'text/plain; charset=utf-8');
  assert.match(shown(plain(), event('refusal', { refusal, ...told })), /grace denied the approval apr_1: Not today\./);
  assert.match(shown(plain(), event('refusal', { refusal, ...withheld })), /the approval apr_1 was denied/);
});

test('the prompt shows a transaction, and one that failed', () => {
  const renderer = plain();
  const request = event('request', body(Buffer.from('select 1'), 'application/sql'));
  shown(renderer, event('reply', body(readyForQuery('T'))));
  assert.match(shown(renderer, request), /^demo=\*> select 1/);
  shown(renderer, event('reply', body(readyForQuery('E'))));
  assert.match(shown(renderer, request), /^demo=!> select 1/);
});

test('hostile text in statements, names, values and notices never reaches the terminal', () => {
  const escape = '\u001b]0;owned\u0007\u202e';
  const notice = noticeResponse({ severity: 'NOTICE', code: '00000', message: escape, hint: escape });
  const all = [
    event('request', body(Buffer.from(`select '${escape}'`), 'application/sql')),
    event('request', body(Buffer.from(JSON.stringify([{ text: escape, parameters: [escape] }])), 'application/json')),
    event('reply', {
      ...body(Buffer.concat([table(escape), notice])),
      masked: [{ by: 'detector', name: escape, count: 1 }],
    }),
    event('unasked', body(message(BACKEND.notification, int32(1), cstring(escape), cstring(escape)))),
    event('refusal', { refusal: { code: escape, message: escape } }),
    event('session.close', { closing: { outcome: escape } }),
  ];
  const renderer = new SessionRenderer((_style, text) => text, escape);
  const text = all.map((recorded) => shown(renderer, recorded)).join('');
  for (const character of ['\u001b', '\u0007', '\u202e']) assert.ok(!text.includes(character));
  assert.ok(text.includes('\\e]0;owned\\x07<U+202E>'));
});

test('what was erased, capped or lost is said to be so', () => {
  const withheld = { body: { media: 'application/sql', bytes: '9', withheld: 'its key was deleted' } };
  assert.equal(shown(plain(), event('request', withheld)), 'demo=> (its key was deleted)\n');
  const cut = table('a').subarray(0, -3);
  assert.match(shown(plain(), event('reply', body(cut))), /\(1 row\)\n\n\(… 11 bytes more that are not shown\)/);
  assert.match(shown(plain(), event('gap')), /unknown/);
});

test('what was forwarded in the place of what was asked stands below it', () => {
  const forwarded = [{ statement: 0, edits: [{ at: 15, removed: 0, inserted: '\nLIMIT 100' }] }];
  const request = event('request', { ...body(Buffer.from('select * from t'), 'application/sql'), forwarded });
  assert.equal(shown(plain(), request), 'demo=> select * from t\n  forwarded: select * from t\n    LIMIT 100\n');
});

test('an HTTP exchange is its line, its reply with its time and, refused, the words of the refusal', () => {
  const renderer = plain();
  const line = 'POST /a?b=1 HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\r\n{"q":[1]}';
  const request = { ...body(Buffer.from(line), 'message/http'), mono: '1000' };
  assert.equal(
    shown(renderer, event('request', request)),
    'demo> POST /a?b=1\n  fields: host, content-type\n  {\n    "q": [\n      1\n    ]\n  }\n',
  );
  const reply = Buffer.from('HTTP/1.1 200 OK\r\nx: \u001b[31m\r\n\r\n{"a":1}');
  assert.equal(
    shown(renderer, event('reply', { ...body(reply), mono: '5200' })),
    '200 OK · 4.2 ms · 7 bytes\n  fields: x\n  {"a":1}\n',
  );
  const bytes = Buffer.from('HTTP/1.1 200\r\n\r\n\xff', 'latin1');
  assert.equal(shown(renderer, event('reply', body(bytes))), '200 · 1 bytes\n  (1 bytes that are no text)\n');
  const refusal = { code: 'policy-denied', message: 'no', hint: 'ask' };
  assert.equal(shown(renderer, event('refusal', { refusal })), 'policy-denied: no\nask\n');
});

test('details show the fields of HTTP, and hostile text in any of its places is named', () => {
  const renderer = new SessionRenderer((_style, text) => text, 'demo', { details: true });
  const hostile = Buffer.from('GET /\u001b[2J HTTP/1.1\r\nx: \u001b]0;owned\u0007\r\n\r\n\u001b[1m\u202e');
  const request = shown(renderer, event('request', body(hostile, 'message/http')));
  assert.match(request, /^demo> GET \/\\e\[2J\n {2}x: \\e\]0;owned\\x07\n {2}\\e\[1m<U\+202E>\n/);
  const packed = gzipSync('{"id":12345678901234567890}');
  const head = 'HTTP/1.1 404 Not\u001b[0m\r\ncontent-encoding: gzip\r\ncontent-type: application/json\r\n\r\n';
  const reply = shown(renderer, event('reply', body(Buffer.concat([Buffer.from(head), packed]))));
  assert.match(reply, /^404 Not\\e\[0m · \d+ bytes\n/);
  assert.ok(reply.endsWith('  {"id":12345678901234567890}\n'));
  const unknown = Buffer.from('HTTP/1.1 200\r\ncontent-encoding: sdch\r\n\r\nabc');
  assert.ok(shown(renderer, event('reply', body(unknown))).endsWith('  (3 bytes, sdch)\n'));
});

test('messages of gRPC stand behind what carried them, and steer no terminal', () => {
  const renderer = plain();
  const asked = Buffer.from('POST /shop.Orders/Place HTTP/1.1\r\n\r\n\0');
  const messages = {
    type: 'shop.Order',
    messages: [{ text: '{\n  "email": "\u001b[31ma"\n}' }, { why: 'it is cut' }],
    more: 1,
  };
  assert.equal(
    shown(renderer, event('request', { ...body(asked, 'message/http'), messages })),
    [
      'demo> POST /shop.Orders/Place',
      '  \\x00',
      '  shop.Order',
      '  {',
      '    "email": "\\e[31ma"',
      '  }',
      '  (shop.Order: not shown, it is cut)',
      '  (… 1 messages more that are not shown)',
      '',
    ].join('\n'),
  );
});

test('a request to a cluster is said as kubectl would, with its line below', () => {
  const bytes = Buffer.from('DELETE /api/v1/namespaces/shop/pods/web HTTP/1.1\r\nhost: c\r\n\r\n');
  const op = [{ kind: 'delete', access: 'write', kubernetes: { verb: 'delete', resource: 'pods', namespace: 'shop' } }];
  assert.equal(
    shown(plain(), event('request', { ...body(bytes, 'message/http'), op })),
    'demo> kubectl delete pods/web -n shop\n  DELETE /api/v1/namespaces/shop/pods/web\n  fields: host\n',
  );
});
