import assert from 'node:assert/strict';
import { connect } from 'node:http2';
import { test } from 'node:test';
import { streamPair } from '../../../../test/support/stream-pair.ts';
import { LIMITS } from '../../../model/limits.ts';
import type { BodyLength, IncomingRequest } from '../message.ts';
import { H2ServerConnection } from './server-connection.ts';

/** More than a client may take back at once. */
const REQUESTS = 450;

const REPLIES: readonly BodyLength[] = [5, 'unknown', 'none'];

test('a client asks as often as it likes on one connection, and none of it counts as taken back', async () => {
  await using pair = await streamPair();
  await using server = new H2ServerConnection(pair.stream, { limits: LIMITS, concurrency: 4 });
  let takenBack = 0;
  const serving = (async () => {
    for (let count = 0; ; count++) {
      const request = await server.next();
      if (request === undefined) return;
      request.signal.addEventListener('abort', () => takenBack++);
      await answer(request, REPLIES[count % REPLIES.length] ?? 'none');
    }
  })();
  const client = connect('http://shop.test', { createConnection: () => pair.peer });
  const statuses: unknown[] = [];
  for (let count = 0; count < REQUESTS; count++) {
    const stream = client.request({ ':path': '/' });
    let status: unknown;
    stream.on('response', (fields) => {
      status = fields[':status'];
    });
    const closed = new Promise<void>((resolve) => stream.once('close', resolve));
    stream.resume();
    await closed;
    statuses.push(status);
  }
  assert.deepEqual([...new Set(statuses)], [200]);
  assert.equal(takenBack, 0);
  client.close();
  await serving;
});

async function answer(request: IncomingRequest, length: BodyLength): Promise<void> {
  await request.respond({ status: 200, fields: [] }, length);
  if (length === 'none') return;
  await request.write(Buffer.from('hello'));
  await request.end();
}
