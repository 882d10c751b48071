import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ChannelRecord, channelRecordHead, readChannelRecords } from './channel-record.ts';
import { commandRecords, sizeOf } from './stream-replies.ts';

const RECORDS: readonly ChannelRecord[] = [
  { atMs: 0, channel: 'stdout', event: 'data', bytes: Buffer.from('a\nb') },
  { atMs: 12, channel: 'data:5', event: 'open', bytes: Buffer.from('port: 80\n') },
  { atMs: 13, channel: 'error', event: 'end', bytes: Buffer.alloc(0) },
];

describe('records of channels', () => {
  test('are read as they were written, up to the last that is whole', () => {
    const wire = written(RECORDS);
    assert.equal(wire.toString(), '0 stdout data 3\na\nb\n12 data:5 open 9\nport: 80\n\n13 error end 0\n\n');
    const { records, read } = readChannelRecords(wire);
    assert.deepEqual([records.map(bare), read], [RECORDS.map(bare), wire.length]);
    for (let length = 0; length < wire.length; length++) {
      const cut = readChannelRecords(wire.subarray(0, length));
      assert.deepEqual(cut.records.map(bare), RECORDS.slice(0, cut.records.length).map(bare));
      assert.ok(cut.read <= length);
    }
  });

  test('are none where a line is another, or a record has no end', () => {
    for (const text of ['0 stdout data 1\nab', '0 stdout said 1\na\n', 'x'.repeat(80), '0 STDOUT data 0\n\n']) {
      assert.throws(() => readChannelRecords(Buffer.from(text)), RangeError, text);
    }
  });

  test('of a command stand behind the head of its upgrade, and of nothing else', () => {
    const head = 'HTTP/1.1 101 Switching Protocols\r\nx: y\r\n\r\n';
    assert.equal(commandRecords(Buffer.concat([Buffer.from(head), written(RECORDS)]))?.length, 3);
    assert.equal(commandRecords(Buffer.concat([Buffer.from(head), written(RECORDS.slice(1, 2))])), undefined);
    assert.equal(commandRecords(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), written(RECORDS)])), undefined);
    assert.equal(commandRecords(Buffer.from(`${head}\x82\x05hello${'.'.repeat(90)}`, 'latin1')), undefined);
  });

  test('tell the size of a terminal where they hold one', () => {
    const resize = (text: string): ChannelRecord => ({
      atMs: 0,
      channel: 'resize',
      event: 'data',
      bytes: Buffer.from(text),
    });
    assert.deepEqual(sizeOf(resize('{"Width":132,"Height":43}')), { columns: 132, rows: 43 });
    assert.deepEqual([sizeOf(resize('{}')), sizeOf(RECORDS[0]!)], [undefined, undefined]);
  });
});

function written(records: readonly ChannelRecord[]): Buffer {
  return Buffer.concat(records.flatMap((one) => [Buffer.from(channelRecordHead(one)), one.bytes, Buffer.from('\n')]));
}

function bare({ atMs, channel, event, bytes }: ChannelRecord) {
  return { atMs, channel, event, text: Buffer.from(bytes).toString() };
}
