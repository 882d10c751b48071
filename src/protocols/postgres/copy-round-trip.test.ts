import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { Client } from 'pg';
import { CopyClient } from '../../../test/support/copy-client.ts';
import { installedVersions } from '../../../test/support/postgres-installation.ts';
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts';
import { optionsOf } from '../../../test/support/upstream-logins.ts';
import type { FieldMasker, ResultColumn } from '../../model/reply.ts';
import { type CopyFormat, createCopyRewriter } from './copy-rows.ts';
import { connectUpstream } from './upstream-login.ts';

const TEXT: CopyFormat = { format: 'text', delimiter: '\t', null: '\\N', quote: '"', escape: '"', header: false };
const CSV: CopyFormat = { ...TEXT, format: 'csv', delimiter: ',', null: '' };

const FORMATS: readonly (readonly [options: string, format: CopyFormat])[] = [
  ['FORMAT text', TEXT],
  ["FORMAT text, DELIMITER '|'", { ...TEXT, delimiter: '|' }],
  ["FORMAT text, DELIMITER ','", { ...TEXT, delimiter: ',' }],
  ['FORMAT text, HEADER', { ...TEXT, header: true }],
  ['FORMAT csv', CSV],
  ['FORMAT csv, HEADER', { ...CSV, header: true }],
  ["FORMAT csv, DELIMITER E'\\t', QUOTE ''''", { ...CSV, delimiter: '\t', quote: "'", escape: "'" }],
  ["FORMAT csv, ESCAPE '\\'", { ...CSV, escape: '\\' }],
  ["FORMAT csv, NULL '\\N', DELIMITER ';'", { ...CSV, null: '\\N', delimiter: ';' }],
  ["FORMAT csv, NULL 'NULL'", { ...CSV, null: 'NULL' }],
  ['FORMAT csv, FORCE_QUOTE *', CSV],
  ['FORMAT binary', { ...TEXT, format: 'binary' }],
];

const TRICKY = [
  '\\',
  '\\N',
  '\\.',
  '\t',
  '\n',
  '\r',
  '\b',
  '\f',
  '\v',
  '"',
  '""',
  "'",
  ',',
  ';',
  '|',
  ' ',
  'NULL',
  'x',
  '\\x41',
  '\\101',
  'é',
  '😀',
  '',
];
const value = fc.option(fc.array(fc.oneof(fc.constantFrom(...TRICKY), fc.string()), { maxLength: 6 }).map(clean), {
  nil: null,
});
const rows = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 6 });
const cuts = fc.oneof(
  fc.constant('messages' as const),
  fc.constant('bytes' as const),
  fc.array(fc.nat({ max: 40 }), { minLength: 1 }),
);

for (const version of installedVersions()) {
  describe(`a masked copy out of PostgreSQL ${version} goes back in`, () => {
    let server: PostgresServer;
    let client: CopyClient;
    let sql: Client;
    before(async () => {
      server = await startPostgres({
        version,
        settings: { log_statement: 'none' },
        sql: `CREATE TABLE source (at serial, a text, b text); CREATE TABLE copied (a text, b text);
              CREATE TABLE single (at serial, a text)`,
      });
      client = new CopyClient(await connectUpstream(optionsOf(server, 'disable'), new AbortController().signal));
      sql = new Client({ host: server.socketDirectory, port: server.port, user: server.user });
      await sql.connect();
    });
    after(async () => {
      client.close();
      await sql.end();
      await server.stop();
    });

    for (const [options, format] of FORMATS) {
      test(`as ${options}, with what the masker was shown and what it gave`, async () => {
        await fc.assert(
          fc.asyncProperty(rows, cuts, async (table, cut) => {
            await sql.query('TRUNCATE source, copied');
            const [as, bs] = [table.map(([a]) => a), table.map(([, b]) => b)];
            await sql.query('INSERT INTO source (a, b) SELECT * FROM unnest($1::text[], $2::text[])', [as, bs]);
            const payloads = await client.copyOut(`COPY (SELECT a, b FROM source ORDER BY at) TO STDOUT (${options})`);
            const masker = new RecordingMasker();
            const rewritten = rewrite(format, 2, masker, pieces(payloads, cut));
            assert.deepEqual(
              masker.shown,
              table.flat().filter((one) => one !== null),
            );
            await client.copyIn(`COPY copied FROM STDIN (${options.replace(/, FORCE_QUOTE \*/, '')})`, rewritten);
            const { rows: copied } = await sql.query('SELECT a, b FROM copied ORDER BY ctid');
            const expected = table.map(([a, b]) => ({ a: a === null ? null : maskOf(a), b }));
            assert.deepEqual(copied, expected);
          }),
          { numRuns: 30 },
        );
      });
    }

    test('in one column, whose values look like the end of the data', async () => {
      for (const [options, format] of FORMATS.filter(([options]) => /^FORMAT (text|csv|binary)$/.test(options))) {
        await server.query('TRUNCATE single, copied');
        await server.query("INSERT INTO single (a) VALUES ('\\.'), ('x'), (''), (NULL)");
        const payloads = await client.copyOut(`COPY (SELECT a FROM single ORDER BY at) TO STDOUT (${options})`);
        const endMarkers = new RecordingMasker(() => '\\.');
        const rewritten = rewrite(format, 1, endMarkers, payloads);
        await client.copyIn(`COPY copied (a) FROM STDIN (${options})`, rewritten);
        const copied = await server.query('SELECT a FROM copied ORDER BY ctid');
        assert.deepEqual(
          copied.map(({ a }) => a),
          ['\\.', '\\.', '\\.', null],
          options,
        );
      }
    });

    test('of no columns at all', async () => {
      await server.query('DROP TABLE IF EXISTS nothing; CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES');
      for (const [options, format] of FORMATS.filter(([options]) => /^FORMAT (text|csv|binary)$/.test(options))) {
        const payloads = await client.copyOut(`COPY nothing TO STDOUT (${options})`);
        const rewritten = rewrite(format, 0, new RecordingMasker(), payloads);
        assert.deepEqual(rewritten, Buffer.concat(payloads));
      }
    });

    test('passes as it came where the masker changes nothing, as the very same bytes', async () => {
      await server.query("TRUNCATE source; INSERT INTO source (a, b) VALUES (E'a\\tb\\\\', NULL), ('c,\"d\"', 'e')");
      for (const [options, format] of FORMATS) {
        const rewriter = createCopyRewriter(
          format,
          columns(2),
          new RecordingMasker(
            (text) => text,
            () => undefined,
          ),
        );
        for (const payload of await client.copyOut(`COPY source (a, b) TO STDOUT (${options})`)) {
          assert.equal(rewriter.push(payload), undefined, options);
        }
        assert.equal(rewriter.end(), undefined, options);
      }
    });
  });
}

/** Masks the first column, and remembers all that it was shown. */
class RecordingMasker implements FieldMasker {
  readonly shown: string[] = [];
  readonly #mask: (text: string) => string | null;
  readonly #replace: (text: string) => Uint8Array | null | undefined;

  constructor(mask: (text: string) => string | null = maskOf, replace?: (text: string) => undefined) {
    this.#mask = mask;
    this.#replace =
      replace ??
      ((text) => {
        const masked = this.#mask(text);
        return masked === null ? null : Buffer.from(masked);
      });
  }

  columns(): void {}

  passes(): boolean {
    return false;
  }

  field(column: number, wire: Buffer, start: number, end: number): Uint8Array | null | undefined {
    const text = wire.toString('utf8', start, end);
    this.shown.push(text);
    return column === 0 ? this.#replace(text) : undefined;
  }

  text(): undefined {}
}

function maskOf(text: string): string | null {
  const masks = [`<\\.${text}\t"\\`, null, '', 'NULL', '\\N', '\\.', ' '] as const;
  return masks[text.length % masks.length] ?? null;
}

function rewrite(format: CopyFormat, count: number, masker: FieldMasker, input: readonly Buffer[]): Buffer {
  const rewriter = createCopyRewriter(format, columns(count), masker);
  const output: Buffer[] = [];
  for (const piece of input) {
    // The piece is used again by whoever read it, as a socket's buffer is.
    const wire = Buffer.from(piece);
    const rewritten = rewriter.push(wire);
    output.push(Buffer.from(rewritten ?? wire));
    wire.fill(0x21);
  }
  output.push(rewriter.end() ?? Buffer.alloc(0));
  return Buffer.concat(output);
}

function columns(count: number): readonly ResultColumn[] {
  const column = { sources: 'unknown', plain: false, type: 'text', format: 'text' } as const;
  return Array.from({ length: count }, (_, i) => ({ ...column, name: `column ${i + 1}` }));
}

function pieces(payloads: readonly Buffer[], cut: 'messages' | 'bytes' | readonly number[]): readonly Buffer[] {
  if (cut === 'messages') return payloads;
  const whole = Buffer.concat(payloads);
  const cutPieces: Buffer[] = [];
  for (let at = 0, i = 0; at < whole.length; i++) {
    const size = cut === 'bytes' ? 1 : Math.max(1, cut[i % cut.length] ?? 1);
    cutPieces.push(whole.subarray(at, at + size));
    at += size;
  }
  return cutPieces;
}

/** What PostgreSQL takes as text: no NUL, no lone surrogate. */
function clean(parts: readonly string[]): string {
  return parts.join('').replaceAll('\0', '').toWellFormed();
}
