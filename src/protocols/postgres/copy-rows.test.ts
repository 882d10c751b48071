import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../../model/limits.ts';
import { Refused } from '../../model/refusal.ts';
import type { FieldMasker, ResultColumn } from '../../model/reply.ts';
import { type CopyFormat, createCopyRewriter } from './copy-rows.ts';

const TEXT: CopyFormat = { format: 'text', delimiter: '\t', null: '\\N', quote: '"', escape: '"', header: false };
const CSV: CopyFormat = { ...TEXT, format: 'csv', delimiter: ',', null: '' };
const BINARY: CopyFormat = { ...TEXT, format: 'binary' };
const BINARY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);

describe('the first column is masked', () => {
  const cases: readonly (readonly [name: string, format: CopyFormat, input: string, output: string])[] = [
    ['in text', TEXT, 'a\tb\nc\td\n', '[a]\tb\n[c]\td\n'],
    ['in text, without its escapes', TEXT, 'a\\tb\\\\\tc\\nd\n', '[a\\tb\\\\]\tc\\nd\n'],
    ['in text, from numeric escapes too', TEXT, '\\x41\\101\\7\tb\n', '[AA\x07]\tb\n'],
    ['in text, but not NULL', TEXT, '\\N\tb\n', '\\N\tb\n'],
    ['in text, to NULL', TEXT, 'null\tb\n', '\\N\tb\n'],
    ['in text, but not the header', { ...TEXT, header: true }, 'x\ty\na\tb\n', 'x\ty\n[a]\tb\n'],
    ['in text, up to its end marker', TEXT, 'a\tb\n\\.\n', '[a]\tb\n\\.\n'],
    ['in text, also where a row lacks its line end', TEXT, 'a\tb\nc\td', '[a]\tb\n[c]\td'],
    [
      'in text, with a NULL marker that may be a value',
      { ...TEXT, null: 'secret' },
      'secret\tb\nnull\tb\n',
      '[secret]\tb\nsecret\tb\n',
    ],
    ['in text, with an empty NULL marker', { ...TEXT, null: '' }, '\tb\nnull\t\n', '\tb\n\t\n'],
    ['in CSV', CSV, 'a,b\nc,d\n', '[a],b\n[c],d\n'],
    ['in CSV, without its quotes', CSV, '"a,""b""\nc",d\n', '"[a,""b""\nc]",d\n'],
    ['in CSV, but not NULL', CSV, ',b\n', ',b\n'],
    ['in CSV, the empty value that is not NULL', CSV, '"",b\n', '"[]",b\n'],
    ['in CSV, to NULL', CSV, '"null",b\nnull,b\n', ',b\n,b\n'],
    ['in CSV, quoted where it must be', CSV, 'quote,b\n', '",""",b\n'],
    ['in CSV, but not the header', { ...CSV, header: true }, '"x\ny",z\na,b\n', '"x\ny",z\n[a],b\n'],
    ['in CSV, with an escape of its own', { ...CSV, escape: '\\' }, '"a\\"\\\\",b\n', '"[a\\"\\\\]",b\n'],
    ['in CSV, with a quote of its own', { ...CSV, quote: "'", escape: "'" }, "'a''',\"\n", "'[a'']',\"\n"],
    ['in CSV, also where a row lacks its line end', CSV, 'a,b\n"c",d', '[a],b\n"[c]",d'],
  ];
  for (const [name, format, input, output] of cases) {
    test(name, () => {
      assert.equal(rewriteAll(format, [Buffer.from(input)]).toString(), output);
    });

    test(`${name}, cut anywhere`, () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), (sizes) => {
          assert.equal(rewriteAll(format, cut(Buffer.from(input), sizes)).toString(), output);
        }),
        { numRuns: 50, examples: [[[1]]] },
      );
    });
  }

  test('in binary, with its header, its NULLs and its trailer, cut anywhere', () => {
    const input = Buffer.concat([BINARY_HEADER, tuple('a', 'b'), tuple(null, 'd'), tuple('null', null), TRAILER]);
    const output = Buffer.concat([BINARY_HEADER, tuple('[a]', 'b'), tuple(null, 'd'), tuple(null, null), TRAILER]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sizes) => {
        assert.deepEqual(rewriteAll(BINARY, cut(input, sizes)), output);
      }),
      { examples: [[[1]], [[1_000]]] },
    );
  });

  test('in binary, behind a header extension', () => {
    const extended = Buffer.from(BINARY_HEADER);
    extended.writeInt32BE(3, 15);
    const input = Buffer.concat([extended, Buffer.from('xyz'), tuple('a', 'b')]);
    assert.deepEqual(rewriteAll(BINARY, [input]), Buffer.concat([extended, Buffer.from('xyz'), tuple('[a]', 'b')]));
  });
});

describe('data is refused that', () => {
  const cases: readonly (readonly [name: string, format: CopyFormat, input: Buffer | string])[] = [
    ['has a column too few, in text', TEXT, 'a\n'],
    ['has a column too many, in text', TEXT, 'a\tb\tc\n'],
    ['ends in half an escape, in text', TEXT, 'a\tb\\\n'],
    ['goes on after its end, in text', TEXT, '\\.\na\tb\n'],
    ['has a column too few, in CSV', CSV, 'a\n'],
    ['has a column too many, in CSV', CSV, 'a,b,c\n'],
    ['has a column too many, in CSV that ends in a delimiter', CSV, 'a,b,\n'],
    ['quotes a value in part, at its end', CSV, 'a"b",c\n'],
    ['quotes a value in part, at its beginning', CSV, '"a"b,c\n'],
    ['ends within quotes', CSV, 'a,"b\n'],
    ['does not begin as binary data does', BINARY, 'PGCOPZ'],
    ['is of another version, in binary', BINARY, Buffer.from('PGCOPY\n\xff\r\n\0\0\x01\0\0\0\0\0\0', 'latin1')],
    ['has a column too few, in binary', BINARY, Buffer.concat([BINARY_HEADER, tuple('a')])],
    ['has a column too many, in binary', BINARY, Buffer.concat([BINARY_HEADER, tuple('a', 'b', 'c')])],
    ['has an impossible count of columns', BINARY, Buffer.concat([BINARY_HEADER, Buffer.from([0xff, 0xfe])])],
    ['has an impossible length', BINARY, Buffer.concat([BINARY_HEADER, Buffer.from([0, 2, 0xff, 0xff, 0xff, 0xfe])])],
    ['goes on after its end, in binary', BINARY, Buffer.concat([BINARY_HEADER, TRAILER, tuple('a', 'b')])],
    ['ends within a row, in binary', BINARY, Buffer.concat([BINARY_HEADER, tuple('a', 'b').subarray(0, -1)])],
  ];
  for (const [name, format, input] of cases) {
    test(name, () => {
      assert.throws(() => rewriteAll(format, [Buffer.from(input)]), isMaskImpossible);
      assert.throws(() => rewriteAll(format, cut(Buffer.from(input), [1])), isMaskImpossible);
    });
  }

  test('is of a format that bytes cannot tell apart', () => {
    const formats: readonly CopyFormat[] = [
      { ...TEXT, delimiter: '||' },
      { ...TEXT, delimiter: '' },
      { ...TEXT, delimiter: '\n' },
      { ...TEXT, delimiter: 'é' },
      { ...CSV, quote: '""' },
      { ...CSV, escape: '' },
      { ...CSV, quote: ',' },
      { ...TEXT, encoding: 'SJIS' },
      { ...CSV, encoding: 'shift-jis-2004' },
      { ...CSV, encoding: 'Big5' },
      { ...CSV, encoding: 'gb18030' },
    ];
    for (const format of formats) {
      assert.throws(() => createCopyRewriter(format, COLUMNS, new FirstColumnMasker()), isMaskImpossible);
    }
    createCopyRewriter({ ...TEXT, encoding: 'UTF8' }, COLUMNS, new FirstColumnMasker());
  });

  test('has a row longer than may be held, and none that is just as long', () => {
    const half = Buffer.alloc(LIMITS.maxMaskedMessageBytes / 2, 'x');
    half[10] = 0x09;
    const fits = createCopyRewriter(TEXT, COLUMNS, new FirstColumnMasker());
    assert.equal(fits.push(half)?.length, 0);
    assert.equal(fits.push(Buffer.alloc(half.length, 'y').fill('\n', half.length - 1))?.length, 2 * half.length + 2);
    const tooLong = createCopyRewriter(TEXT, COLUMNS, new FirstColumnMasker());
    tooLong.push(half);
    tooLong.push(half.subarray(1));
    assert.throws(() => tooLong.push(Buffer.from('ab')), isMaskImpossible);
  });
});

describe('rows in which nothing can change', () => {
  const cases: readonly (readonly [name: string, format: CopyFormat, rows: string, asked: boolean])[] = [
    ['are passed after one look, in text', TEXT, 'a\tb\nc\t\\N\n', true],
    ['are walked where an escape could hide something, in text', TEXT, 'a\tb\\\\\n', false],
    ['are passed after one look, in CSV', CSV, 'a,b\nc,\n', true],
    ['are walked where quotes could hide something, in CSV', CSV, 'a,"b"\n', false],
    ['are walked where a header is in front of them', { ...CSV, header: true }, 'a,b\nc,d\n', false],
  ];
  for (const [name, format, rows, asked] of cases) {
    test(name, () => {
      const masker = new FirstColumnMasker(() => true);
      const rewritten = createCopyRewriter(format, COLUMNS, masker).push(Buffer.from(rows));
      assert.equal(rewritten === undefined, asked);
      assert.equal(masker.asked, asked ? 1 : 0);
      assert.equal(masker.shown.length > 0, !asked);
    });
  }

  test('are looked at whole: a row that was cut is joined first', () => {
    const looked: string[] = [];
    const masker = new FirstColumnMasker((rows) => looked.push(rows.toString()) > 0);
    const rewriter = createCopyRewriter(TEXT, COLUMNS, masker);
    assert.equal(rewriter.push(Buffer.from('a\tb\nc'))?.toString(), 'a\tb\n');
    assert.equal(rewriter.push(Buffer.from('\td\ne'))?.toString(), 'c\td\n');
    assert.equal(rewriter.push(Buffer.from('\tf\n'))?.toString(), 'e\tf\n');
    assert.deepEqual(looked, ['a\tb\n', 'c\td\n', 'e\tf\n']);
  });

  test('are passed as the very same bytes', () => {
    const rewriter = createCopyRewriter(TEXT, COLUMNS, new FirstColumnMasker(() => true));
    assert.equal(rewriter.push(Buffer.from('a\tb\n')), undefined);
    assert.equal(rewriter.end(), undefined);
  });
});

test('any bytes at all are rewritten or refused', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .array(fc.constantFrom('a', ',', '"', '\\', '\t', '\n', '\\N', '\\.'), { maxLength: 30 })
      .map((parts) => Buffer.from(parts.join(''))),
    fc.uint8Array({ maxLength: 60 }).map((rest) => Buffer.concat([BINARY_HEADER, rest])),
  );
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
  fc.assert(
    fc.property(bytes, sizes, fc.constantFrom(TEXT, CSV, { ...CSV, escape: '\\' }, BINARY), (input, sizes, format) => {
      const outcomes = [[Buffer.from(input)], cut(Buffer.from(input), sizes)].map((pieces) => {
        try {
          return rewriteAll(format, pieces).toString('latin1');
        } catch (error) {
          assert.ok(isMaskImpossible(error));
          return 'refused';
        }
      });
      assert.equal(outcomes[0], outcomes[1]);
    }),
    { numRuns: 3_000 },
  );
});

const COLUMNS: readonly ResultColumn[] = ['first', 'second'].map((name) => {
  return { name, sources: 'unknown', plain: false, type: 'text', format: 'text' };
});

/** Puts the first column in brackets; `null` becomes NULL, and `quote` what must be quoted. */
class FirstColumnMasker implements FieldMasker {
  readonly shown: string[] = [];
  asked = 0;
  readonly #passes: (rows: Buffer) => boolean;

  constructor(passes: (rows: Buffer) => boolean = () => false) {
    this.#passes = passes;
  }

  columns(): void {}

  passes(wire: Buffer): boolean {
    this.asked++;
    return this.#passes(wire);
  }

  field(column: number, wire: Buffer, start: number, end: number): Uint8Array | null | undefined {
    const value = wire.toString('latin1', start, end);
    this.shown.push(value);
    if (column !== 0) return undefined;
    if (value === 'null') return null;
    return Buffer.from(value === 'quote' ? ',"' : `[${value}]`, 'latin1');
  }

  text(): undefined {}
}

function rewriteAll(format: CopyFormat, pieces: readonly Buffer[]): Buffer {
  const rewriter = createCopyRewriter(format, COLUMNS, new FirstColumnMasker());
  const output = pieces.map((piece) => Buffer.from(rewriter.push(piece) ?? piece));
  return Buffer.concat([...output, rewriter.end() ?? Buffer.alloc(0)]);
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = at + (sizes[i % sizes.length] ?? 1);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

function tuple(...values: readonly (string | null)[]): Buffer {
  const fields = values.map((value) => {
    const bytes = Buffer.from(value ?? '', 'latin1');
    return Buffer.concat([int(4, value === null ? -1 : bytes.length), bytes]);
  });
  return Buffer.concat([int(2, values.length), ...fields]);
}

function int(size: 2 | 4, value: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeIntBE(value, 0, size);
  return bytes;
}

function isMaskImpossible(error: unknown): boolean {
  return error instanceof Refused && error.refusal.code === 'mask-impossible';
}
