import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { gather } from '../../../../test/support/gather.ts';
import { bufferSource, refusal } from '../../../../test/support/unpacked-bundle.ts';
import { storedZip } from '../../bundle/stored-zip.ts';
import type { ByteSource } from './engine.ts';
import { openZip, readText, windowed } from './zip-archive.ts';

/** Fields of a file's headers, each as the maker of bundles writes it unless a test says otherwise. */
interface RawFile {
  readonly path: string;
  readonly content?: string;
  readonly method?: number;
  readonly flags?: number;
  readonly attributes?: number;
  readonly host?: number;
  readonly extra?: Buffer;
  readonly comment?: string;
  /** What the list of files says, where it differs. */
  readonly listed?: {
    readonly path?: string;
    readonly crc?: number;
    readonly bytes?: number;
    readonly offset?: number;
  };
  readonly behind?: string;
}

function rawZip(files: readonly RawFile[], end: { readonly entries?: number; readonly tail?: string } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const { path, content = '', method = 0, flags = 0x800, attributes = 0o100644 << 16, host = 3, listed = {} } = file;
    const { extra = Buffer.alloc(0), comment = '', behind = '' } = file;
    const body = Buffer.from(content);
    const crc = crc32(body);
    const name = Buffer.from(path);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(0x21, 12);
    local.writeUInt32LE(crc, 14);
    local.writeUInt32LE(body.length, 18);
    local.writeUInt32LE(body.length, 22);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    const listedName = Buffer.from(listed.path ?? path);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE((host << 8) | 45, 4);
    central.writeUInt16LE(extra.length > 0 ? 45 : 20, 6);
    central.writeUInt16LE(flags, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt16LE(0x21, 14);
    central.writeUInt32LE(listed.crc ?? crc, 16);
    central.writeUInt32LE(listed.bytes ?? body.length, 20);
    central.writeUInt32LE(listed.bytes ?? body.length, 24);
    central.writeUInt16LE(listedName.length, 28);
    central.writeUInt16LE(extra.length, 30);
    central.writeUInt16LE(comment.length, 32);
    central.writeUInt32LE(attributes >>> 0, 38);
    central.writeUInt32LE(listed.offset ?? offset, 42);
    directory.push(central, listedName, extra, Buffer.from(comment));
    const gap = Buffer.from(behind);
    parts.push(local, name, body, gap);
    offset += 30 + name.length + body.length + gap.length;
  }
  const list = Buffer.concat(directory);
  const last = Buffer.alloc(22);
  last.writeUInt32LE(0x06054b50, 0);
  last.writeUInt16LE(end.entries ?? files.length, 8);
  last.writeUInt16LE(end.entries ?? files.length, 10);
  last.writeUInt32LE(list.length, 12);
  last.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, list, last, Buffer.from(end.tail ?? '')]);
}

const LINK = 0o120777 << 16;

describe('an archive that two readers could see differently is refused', () => {
  const attacks: Readonly<Record<string, readonly [archive: Buffer, reason: RegExp]>> = {
    'no archive at all': [Buffer.from('PK, or so it says, and not much more'), /does not end as a zip archive/],
    'a name that leaves the folder': [rawZip([{ path: '../../etc/passwd' }]), /name is not allowed/],
    'a name that leaves it in the middle': [rawZip([{ path: 'a/../../b' }]), /name is not allowed/],
    'an absolute name': [rawZip([{ path: '/etc/passwd' }]), /name is not allowed/],
    'a drive letter': [rawZip([{ path: 'C:evil' }]), /name is not allowed/],
    backslashes: [rawZip([{ path: 'a\\b' }]), /name is not allowed/],
    'a hidden name': [rawZip([{ path: '.bashrc' }]), /name is not allowed/],
    'a name that is not ASCII': [rawZip([{ path: 'README.tхt' }]), /name is not allowed/],
    'a control character in a name': [rawZip([{ path: 'a\nb' }]), /name is not allowed/],
    'an empty name': [rawZip([{ path: '' }]), /name is not allowed/],
    'a folder': [rawZip([{ path: 'a/' }]), /name is not allowed/],
    'a symbolic link': [rawZip([{ path: 'a', attributes: LINK }]), /no regular file/],
    'a file that may be run': [rawZip([{ path: 'a', attributes: 0o100755 << 16 }]), /no regular file/],
    'made by another system': [rawZip([{ path: 'a', host: 0 }]), /no regular file/],
    'two files of one name': [rawZip([{ path: 'a' }, { path: 'a', content: 'b' }]), /stands in it twice/],
    'names that differ in case alone': [rawZip([{ path: 'a/B' }, { path: 'A/b' }]), /stands in it twice/],
    'a name that is a file and a folder': [rawZip([{ path: 'a' }, { path: 'a/b' }]), /is a file and a folder/],
    'compressed content': [rawZip([{ path: 'a', method: 8 }]), /is compressed/],
    'encrypted content': [rawZip([{ path: 'a', flags: 0x801 }]), /is encrypted/],
    'a size that stands behind the content': [rawZip([{ path: 'a', flags: 0x808 }]), /its size stands behind it/],
    'another name in the list': [rawZip([{ path: 'a', listed: { path: 'b' } }]), /something else than the list/],
    'another CRC in the list': [rawZip([{ path: 'a', listed: { crc: 1 } }]), /something else than the list/],
    'another size in the list': [
      rawZip([{ path: 'a', content: 'ab', listed: { bytes: 1 } }]),
      /something else than the list/,
    ],
    'a size beyond the archive': [rawZip([{ path: 'a', listed: { bytes: 2 ** 31 } }]), /reaches into the list/],
    'two files over one another': [
      rawZip([
        { path: 'a', content: 'x' },
        { path: 'b', content: 'x', listed: { offset: 0 } },
      ]),
      /does not begin where the file before it ends/,
    ],
    'bytes between files': [rawZip([{ path: 'a', behind: 'hidden' }, { path: 'b' }]), /does not begin where/],
    'bytes before the list': [rawZip([{ path: 'a', behind: 'hidden' }]), /belong to no file/],
    'bytes before the first file': [
      Buffer.concat([Buffer.from('#!'), rawZip([{ path: 'a' }])]),
      /does not end where|does not begin/,
    ],
    'bytes after the end': [rawZip([{ path: 'a' }], { tail: 'hidden' }), /does not end as a zip archive/],
    'an extra field': [rawZip([{ path: 'a', extra: Buffer.from('7570040000000000', 'hex') }]), /extra field/],
    'a comment of a file': [rawZip([{ path: 'a', comment: 'hi' }]), /has a comment/],
    'more files in the list than are counted': [
      rawZip([{ path: 'a' }, { path: 'b' }], { entries: 1 }),
      /says that it has 1/,
    ],
    'zip64 sizes where none are needed': [
      rawZip([{ path: 'a', extra: Buffer.from('01001000'.padEnd(40, '0'), 'hex') }]),
      /extra field/,
    ],
    'a count that asks for zip64 records that are not there': [rawZip([{ path: 'a' }], { entries: 0xffff }), /zip64/],
  };
  for (const [name, [archive, reason]] of Object.entries(attacks)) {
    test(name, async () => {
      const opened = await openZip(bufferSource(archive));
      assert.equal(typeof opened, 'string', 'it was opened');
      assert.match(refusal(opened), reason);
    });
  }
});

describe('an archive as bundles are', () => {
  test('is opened, with what is in it', async () => {
    const archive = await openZip(
      bufferSource(
        rawZip([
          { path: 'a.txt', content: 'one' },
          { path: 'b/c_1.json', content: '{}' },
        ]),
      ),
    );
    assert.ok(typeof archive !== 'string');
    const texts = await Promise.all([...archive.values()].map((file) => readText(file, 100)));
    assert.deepEqual([...archive.keys()], ['a.txt', 'b/c_1.json']);
    assert.deepEqual(texts, ['one', '{}']);
    assert.equal(await readText(archive.get('a.txt') ?? assert.fail(), 2), undefined);
  });

  test('any one byte of its headers that is changed is seen', async () => {
    const archive = rawZip([
      { path: 'a', content: '' },
      { path: 'b', content: '' },
    ]);
    for (let at = 0; at < archive.length; at++) {
      for (const bit of [1, 128]) {
        const flipped = Buffer.from(archive);
        flipped[at] = (flipped[at] ?? 0) ^ bit;
        assert.equal(typeof (await openZip(bufferSource(flipped))), 'string', `byte ${at}`);
      }
    }
  });

  test('with more files than 16 bits count is opened by its zip64 records', async () => {
    const files = Array.from({ length: 65_600 }, (_, i) => ({
      path: `f/${i}`,
      async *open() {
        yield await Promise.resolve(Buffer.from('x'));
      },
    }));
    const archive = await openZip(windowed(bufferSource(await gather((await storedZip(files)).stream()))));
    assert.ok(typeof archive !== 'string', refusal(archive));
    assert.equal(archive.size, 65_600);
  });

  test('of more than 4 GiB is opened without reading what is in it', async () => {
    const bytes = 5 * 2 ** 30;
    const { source, read } = sparseZip('large', bytes);
    const archive = await openZip(source);
    assert.ok(typeof archive !== 'string', refusal(archive));
    assert.equal(archive.get('large')?.bytes, bytes);
    assert.ok(read() < 1_000, `${read()} bytes were read`);
  });
});

/** An archive of one file whose content nobody holds: headers alone, and a source that says zeros for the rest. */
function sparseZip(path: string, bytes: number): { readonly source: ByteSource; readonly read: () => number } {
  const name = Buffer.from(path);
  const wide = (values: readonly bigint[]) => {
    const extra = Buffer.alloc(4 + 8 * values.length);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(8 * values.length, 2);
    for (const [i, value] of values.entries()) extra.writeBigUInt64LE(value, 4 + 8 * i);
    return extra;
  };
  const sizes = wide([BigInt(bytes), BigInt(bytes)]);
  const local = Buffer.from('504b03042d0000080000000021000000000000000000ffffffff0000000000'.slice(0, 60), 'hex');
  local.writeUInt32LE(0xffffffff, 18);
  local.writeUInt32LE(0xffffffff, 22);
  local.writeUInt32LE(0, 14);
  local.writeUInt16LE(name.length, 26);
  local.writeUInt16LE(sizes.length, 28);
  const head = Buffer.concat([local, name, sizes]);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(0x032d, 4);
  central.writeUInt16LE(45, 6);
  central.writeUInt16LE(0x800, 8);
  central.writeUInt16LE(0x21, 14);
  central.writeUInt32LE(0xffffffff, 20);
  central.writeUInt32LE(0xffffffff, 24);
  central.writeUInt16LE(name.length, 28);
  central.writeUInt16LE(sizes.length, 30);
  central.writeUInt32LE((0o100644 << 16) >>> 0, 38);
  const list = Buffer.concat([central, name, sizes]);
  const listAt = BigInt(head.length + bytes);
  const end = Buffer.alloc(56 + 20 + 22);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(0x032d, 12);
  end.writeUInt16LE(45, 14);
  end.writeBigUInt64LE(1n, 24);
  end.writeBigUInt64LE(1n, 32);
  end.writeBigUInt64LE(BigInt(list.length), 40);
  end.writeBigUInt64LE(listAt, 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(listAt + BigInt(list.length), 64);
  end.writeUInt32LE(1, 72);
  end.writeUInt32LE(0x06054b50, 76);
  end.writeUInt16LE(1, 84);
  end.writeUInt16LE(1, 86);
  end.writeUInt32LE(list.length, 88);
  end.writeUInt32LE(0xffffffff, 92);
  const tail = Buffer.concat([list, end]);
  const tailAt = head.length + bytes;
  let count = 0;
  return {
    read: () => count,
    source: {
      size: tailAt + tail.length,
      read(from, to) {
        count += to - from;
        const part = from >= tailAt ? tail.subarray(from - tailAt, to - tailAt) : head.subarray(from, to);
        return Promise.resolve(part);
      },
    },
  };
}
