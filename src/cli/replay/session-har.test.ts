import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sessionHar } from './session-har.ts';

const base = { at: '2026-11-23T12:00:00.000Z', seq: 0, session: 'ses_1', run: 'run_1' };
const body = (media: string, text: string) => ({
  media,
  bytes: String(text.length),
  base64: Buffer.from(text).toString('base64'),
});

async function harOf(events: readonly object[]): Promise<unknown> {
  async function* lines(): AsyncGenerator<string> {
    for (const event of events) yield await Promise.resolve(JSON.stringify({ ...base, ...event }));
  }
  let text = '';
  for await (const piece of sessionHar({ run: 'run_1', session: 'ses_1' }, lines())) text += piece;
  return JSON.parse(text);
}

test('a recording of HTTP is an archive with all that HAR 1.2 asks of one', async () => {
  const request = 'GET /a?q=1 HTTP/1.1\r\nhost: api.test\r\n\r\n';
  const har = (await harOf([
    { kind: 'session.open' },
    { kind: 'request', exchange: 1, body: body('message/http', request), decision: { effect: 'permit', rules: ['r'] } },
    {
      kind: 'reply',
      exchange: 1,
      at: '2026-11-23T12:00:00.025Z',
      body: body('application/octet-stream', 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nhello'),
      result: { status: 'ok', code: '200', rows: '0' },
    },
  ])) as { log: { version: string; creator: { name: string; version: string }; entries: object[] } };
  const { version, creator, entries } = har.log;
  assert.deepEqual([version, creator.name, creator.version], ['1.2', 'Chaperone', '1']);
  assert.deepEqual(entries, [
    {
      startedDateTime: '2026-11-23T12:00:00.000Z',
      time: 25,
      request: {
        method: 'GET',
        url: 'http://api.test/a?q=1',
        httpVersion: 'HTTP/1.1',
        cookies: [],
        headers: [{ name: 'host', value: 'api.test' }],
        queryString: [{ name: 'q', value: '1' }],
        headersSize: -1,
        bodySize: 0,
      },
      response: {
        status: 200,
        statusText: 'OK',
        httpVersion: 'HTTP/1.1',
        cookies: [],
        headers: [{ name: 'content-type', value: 'text/plain' }],
        content: { size: 5, mimeType: 'text/plain', text: 'hello' },
        redirectURL: '',
        headersSize: -1,
        bodySize: 5,
      },
      cache: {},
      timings: { send: 0, wait: 25, receive: 0 },
      comment: 'permit by r; ok',
    },
  ]);
});

test('a session of SQL has no archive', async () => {
  const events = [{ kind: 'request', exchange: 1, body: body('application/sql', 'select 1') }];
  await assert.rejects(harOf(events), /sessions in HTTP targets alone/);
});
