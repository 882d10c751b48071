import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamPair } from '../../../../test/support/stream-pair.ts';
import { Fault } from '../../../model/fault.ts';
import type { RunId, TargetName } from '../../../model/ids.ts';
import { OfferedServers } from './offered-servers.ts';
import { StreamChannel } from './stream-channel.ts';

const RUN = 'run_1' as RunId;
const FILES = 'files' as TargetName;
const NEVER = new AbortController().signal;

test('a server is for its run and target alone, and for one who takes it', async () => {
  await using pair = await streamPair();
  const offered = new OfferedServers();
  offered.offer(RUN, FILES, pair.stream);
  const stopped = AbortSignal.abort();
  const others = [offered.take('run_2' as RunId, FILES, stopped), offered.take(RUN, 'other' as TargetName, stopped)];
  for (const other of others) await assert.rejects(other, Fault);
  assert.equal(await offered.take(RUN, FILES, NEVER), pair.stream);
  await assert.rejects(offered.take(RUN, FILES, stopped), /offers no server for files/);
});

test('who comes before the next is offered waits for it, and two wait at most', async () => {
  await using one = await streamPair();
  await using two = await streamPair();
  await using three = await streamPair();
  const offered = new OfferedServers();
  const taking = offered.take(RUN, FILES, NEVER);
  offered.offer(RUN, FILES, one.stream);
  assert.equal(await taking, one.stream);
  offered.offer(RUN, FILES, two.stream);
  assert.equal(offered.hasRoom(RUN, FILES), true);
  offered.offer(RUN, FILES, three.stream);
  assert.equal(offered.hasRoom(RUN, FILES), false);
});

test('one that has gone is offered to nobody', async () => {
  await using gone = await streamPair();
  await using here = await streamPair();
  const offered = new OfferedServers();
  offered.offer(RUN, FILES, gone.stream);
  gone.stream.destroy();
  offered.offer(RUN, FILES, here.stream);
  assert.equal(await offered.take(RUN, FILES, NEVER), here.stream);
});

test('what a server says comes a line a message, and its end says so', async () => {
  await using pair = await streamPair();
  const channel = new StreamChannel(pair.stream, { maxMcpMessageBytes: 100 });
  const said: string[] = [];
  const ended = new Promise<Error | undefined>((resolve) =>
    channel.listen({ onMessage: (message) => said.push(message), onEnd: resolve }),
  );
  await channel.send('{"id":1}');
  assert.equal(await pair.received((text) => text.includes('\n')), '{"id":1}\n');
  pair.peer.write('{"a":1}\n\n{"b"');
  pair.peer.end(':2}\r\n');
  const fault = await ended;
  assert.deepEqual(said, ['{"a":1}', '{"b":2}']);
  assert.equal(fault instanceof Fault && fault.code, 'upstream-closed');
});

test('a line that is longer than a message may be ends it', async () => {
  await using pair = await streamPair();
  const channel = new StreamChannel(pair.stream, { maxMcpMessageBytes: 100 });
  const ended = new Promise<Error | undefined>((resolve) =>
    channel.listen({ onMessage: () => assert.fail('no message'), onEnd: resolve }),
  );
  pair.peer.write('x'.repeat(200));
  const fault = await ended;
  assert.equal(fault instanceof Fault && fault.code, 'upstream-protocol');
});
