import assert from 'node:assert/strict';
import { test } from 'node:test';
import { H2_GOOD, H2_REFUSED } from '../../../../test/corpus/http/h2-requests.ts';
import { Dice } from '../../../../test/fuzz/mutations.ts';
import { END_HEADERS, END_STREAM, FRAME, frame, headerBlock, opening } from '../../../../test/support/h2-frames.ts';
import { streamPair } from '../../../../test/support/stream-pair.ts';
import { LIMITS } from '../../../model/limits.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { type IncomingRequest, MalformedHttp } from '../message.ts';
import { openServerConnection } from '../open-server-connection.ts';

const SEED = 20_261_123;
const CONNECTIONS = 250;

test('whatever frames come in whatever order end their connection at most', async () => {
  const dice = new Dice(SEED);
  for (let i = 0; i < CONNECTIONS; i++) {
    await using pair = await streamPair();
    pair.peer.end(Buffer.concat([opening(), ...Array.from({ length: 1 + dice.roll(30) }, () => anyFrame(dice))]));
    await using server = await openServerConnection(pair.stream, { limits: LIMITS, concurrency: 4 });
    try {
      for (let request = await server.next(); request !== undefined; request = await server.next()) answer(request);
    } catch (fault) {
      assert.ok(fault instanceof MalformedHttp, `connection ${i} of seed ${SEED}: ${String(fault)}`);
    }
  }
});

function anyFrame(dice: Dice): Buffer {
  const stream = dice.pick([0, 1, 1, 1, 3, 3, 5, 2]);
  switch (dice.roll(6)) {
    case 0:
    case 1: {
      const fields = dice.pick([H2_GOOD, dice.pick(H2_REFUSED).fields]);
      return frame(
        FRAME.headers,
        END_HEADERS + dice.pick([0, END_STREAM]),
        dice.pick([stream, 1 + 2 * dice.roll(10)]),
        headerBlock(fields),
      );
    }
    case 2:
      return frame(FRAME.data, dice.roll(2), stream, dice.bytes(dice.roll(100)));
    case 3:
      return frame(FRAME.reset, 0, stream, Buffer.from([0, 0, 0, dice.roll(14)]));
    default:
      return frame(dice.roll(12), dice.roll(256), stream, dice.bytes(dice.roll(20)));
  }
}

function answer(request: IncomingRequest): void {
  const read = async (): Promise<void> => {
    while ((await request.body.read()) !== null);
    await request.respond({ status: 200, fields: [] }, 'unknown');
    await request.write(Buffer.from('x'));
    await request.end();
  };
  read().catch((fault: unknown) =>
    assert.ok(fault instanceof PeerLeft || fault instanceof MalformedHttp, String(fault)),
  );
}
