import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { RecordPen } from '../record/record-pen.ts';
import {
  afterText,
  beforeText,
  bodyBytes,
  RECORD,
  type RecordHead,
  RecordWalk,
  recordBound,
  recordSlab,
} from './record-codec.ts';

function write(pen: RecordPen, head: RecordHead, media: string, before: string, after: string, body: Uint8Array): void {
  pen.begin(head, media);
  pen.text(before);
  pen.after();
  pen.text(after);
  pen.body();
  pen.bytes(body);
  pen.finish();
}

const records = fc.array(
  fc.record(
    {
      kind: fc.constantFrom(...Object.values(RECORD)),
      flags: fc.nat(255),
      session: fc.nat(2 ** 31 - 1),
      exchange: fc.nat(2 ** 31 - 1),
      at: fc.nat(2 ** 52),
      media: fc.constantFrom('', 'application/sql', 'text/plain; charset=utf-8'),
      before: fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
      after: fc.string({ unit: 'grapheme' }).map((text) => text.toWellFormed()),
      body: fc.uint8Array({ maxLength: 100 }),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 8 },
);

describe('records', () => {
  test('that were written one after another are read back, each within the bound that was reserved for it', () => {
    fc.assert(
      fc.property(records, (written) => {
        const slab = recordSlab(10_000);
        const pen = new RecordPen(slab);
        for (const { media, before, after, body, ...head } of written) {
          const start = pen.at;
          write(pen, head, media, before, after, body);
          assert.ok(pen.at - start <= recordBound(media, before, after, body.length));
        }
        const read = [];
        for (const walk = new RecordWalk(slab.bytes.subarray(0, pen.at)); walk.next(); ) {
          const { kind, flags, session, exchange, at, media } = walk;
          const body = Uint8Array.from(bodyBytes(walk));
          read.push({
            kind,
            flags,
            session,
            exchange,
            at,
            media,
            before: beforeText(walk),
            after: afterText(walk),
            body,
          });
        }
        assert.deepEqual(read, written);
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  test('that are cut off are a fault, not a record', () => {
    const slab = recordSlab(1_000);
    const head = { kind: RECORD.event, flags: 0, session: 1, exchange: 1, at: 0 };
    const pen = new RecordPen(slab);
    write(pen, head, '', 'before', 'after', new Uint8Array());
    for (let cut = 1; cut < pen.at; cut++) {
      assert.throws(() => new RecordWalk(slab.bytes.subarray(0, cut)).next(), RangeError, `cut at ${cut}`);
    }
  });
});
