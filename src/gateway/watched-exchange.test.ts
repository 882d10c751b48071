import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ExchangeRecord } from '../audit/recorder.ts';
import type { Part } from '../model/reply.ts';
import type { ExchangeWatch } from './exchange-watch.ts';
import { WatchedParts, WatchedRecord } from './watched-exchange.ts';

/** What a watch was told, in order. */
function listening(): { readonly watch: ExchangeWatch; readonly told: string[] } {
  const told: string[] = [];
  const tell =
    (name: string) =>
    (...of: readonly unknown[]): void =>
      void told.push([name, ...of.filter((one) => typeof one !== 'object')].join(' '));
  const names = ['decided', 'recorded', 'held', 'answered', 'forwarded', 'arrived', 'shown', 'taken', 'replied'];
  const watch = Object.fromEntries([...names, 'refused'].map((name) => [name, tell(name)]));
  return { watch: watch as unknown as ExchangeWatch, told };
}

function recordOf(durable: Promise<void> | undefined, later?: Promise<void>): ExchangeRecord {
  return {
    durable,
    input: () => later,
    reply: () => later,
    end: () => later,
    approval: () => Promise.resolve(),
    refuse: () => later,
  };
}

const RESULT = { status: 'ok', rows: 1 } as const;
const REFUSAL = { code: 'budget-exceeded', message: '' } as const;
const part = (text: string): Part => ({ wire: Buffer.from(text), rewrite: () => part(text) });

describe('an exchange that is watched', () => {
  test('waits for nothing that is there already, and tells each stage when it is reached', () => {
    const { watch, told } = listening();
    const record = new WatchedRecord(recordOf(undefined), watch);
    assert.equal(record.durable, undefined);
    assert.equal(record.reply(Buffer.from('four')), undefined);
    assert.equal(record.end(RESULT, []), undefined);
    assert.deepEqual(told, ['recorded', 'shown 4', 'replied']);
  });

  test('tells nothing of what is not on record yet, and never what did not come to be', async () => {
    const { watch, told } = listening();
    const durable = Promise.withResolvers<void>();
    const later = Promise.withResolvers<void>();
    const record = new WatchedRecord(recordOf(durable.promise, later.promise), watch);
    const reply = record.reply(Buffer.from('four'));
    assert.deepEqual(told, []);
    durable.resolve();
    await record.durable;
    assert.deepEqual(told, ['recorded']);
    later.reject(new Error('the disk is full'));
    await assert.rejects(async () => reply, /the disk is full/);
    await assert.rejects(async () => record.end(RESULT, []), /the disk is full/);
    assert.deepEqual(told, ['recorded']);
  });

  test('tells a refusal whether it came before the reply or in its middle', () => {
    const { watch, told } = listening();
    void new WatchedRecord(recordOf(undefined), watch).refuse(REFUSAL);
    void new WatchedRecord(recordOf(undefined), watch).end({ status: 'refused', rows: 0 }, [], REFUSAL);
    assert.deepEqual(told, ['recorded', 'refused budget-exceeded', 'recorded', 'refused budget-exceeded', 'replied']);
  });

  test('tells when each part was asked for and came; who stops early stops the source', async () => {
    const { watch, told } = listening();
    let isClosed = false;
    async function* source(): AsyncIterable<Part> {
      try {
        yield part('a');
        told.push('next');
        yield part('b');
        yield part('c');
      } finally {
        isClosed = true;
      }
    }
    for await (const { wire } of new WatchedParts(source(), watch)) if (String(wire) === 'b') break;
    assert.deepEqual(told, ['forwarded', 'arrived', 'taken', 'next', 'arrived']);
    assert.equal(isClosed, true);
  });
});
