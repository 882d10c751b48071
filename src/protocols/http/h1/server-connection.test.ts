import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { streamPair } from '../../../../test/support/stream-pair.ts';
import { LIMITS } from '../../../model/limits.ts';
import type { IncomingRequest } from '../message.ts';
import { H1ServerConnection } from './server-connection.ts';

const GET = 'GET /a?b HTTP/1.1\r\nHost: a.test\r\n\r\n';

describe('H1ServerConnection', () => {
  test('reads a request whole and byte by byte alike, and answers it in one piece', async () => {
    const text =
      'POST /a HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nX-A:  b \r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: t\r\n\r\n';
    for (const step of [text.length, 1]) {
      await using pair = await streamPair();
      await using server = new H1ServerConnection(pair.stream, LIMITS);
      for (let at = 0; at < text.length; at += step) pair.peer.write(text.slice(at, at + step));
      const request = await requestOf(server);
      assert.deepEqual(request.head, {
        version: '1.1',
        method: 'POST',
        authority: 'a.test',
        target: '/a',
        absolute: false,
        fields: [['x-a', 'b']],
      });
      assert.equal(request.body.length, 'unknown');
      assert.equal(await bodyOf(request), 'abcde');
      assert.deepEqual(request.body.trailers, [['x-t', 't']]);
      void request.respond({ status: 200, fields: [['content-type', 'text/plain']] }, 2);
      void request.write(Buffer.from('ok'));
      void request.end();
      assert.equal(
        await pair.received((got) => got.endsWith('ok')),
        'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok',
      );
    }
  });

  test('answers requests that were sent ahead one after another', async () => {
    await using pair = await streamPair();
    await using server = new H1ServerConnection(pair.stream, LIMITS);
    pair.peer.write(GET + GET.replace('/a', '/second'));
    const first = await requestOf(server);
    const second = requestOf(server);
    void first.respond({ status: 204, fields: [] }, 'none');
    assert.equal((await second).head.target, '/second?b');
    void (await second).respond({ status: 200, fields: [] }, 'unknown');
    void (await second).write(Buffer.from('x'));
    void (await second).end([['x-t', 't']]);
    assert.equal(
      await pair.received((got) => got.endsWith('\r\n0\r\nx-t: t\r\n\r\n')),
      'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-t: t\r\n\r\n',
    );
  });
});

async function requestOf(server: H1ServerConnection): Promise<IncomingRequest> {
  return (await server.next()) ?? assert.fail('no request came');
}

async function bodyOf({ body }: IncomingRequest): Promise<string> {
  let text = '';
  for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) text += bytes.toString('latin1');
  return text;
}
