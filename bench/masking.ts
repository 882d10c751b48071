/** `node bench/masking.ts`: what masking costs, without a gateway around it. Prints; takes about fifteen seconds. */
import { createHash } from 'node:crypto';
import { DETECTORS } from '../src/masking/detectors/detectors.ts';
import { Findings } from '../src/masking/findings.ts';
import { createMaskPlan } from '../src/masking/mask-plan.ts';
import type { Masker } from '../src/masking/masker.ts';
import { StreamMasker } from '../src/masking/stream-masker.ts';
import type { ResultColumn } from '../src/model/reply.ts';
import type { Operation } from '../src/model/request.ts';

const CLASSIFIED = [{ schema: 'public', table: 'users', column: 'name', class: 'name' }] as const;
const READ: readonly Operation[] = [
  {
    kind: 'select',
    access: 'read',
    tables: [{ schema: 'public', name: 'users', use: 'read' }],
    functions: [],
    hasWhere: true,
    flags: [],
  },
];
const WORDS = 'the quick brown fox jumps over a lazy dog and returns home with a risk based plan for London'.split(' ');

/** Numbers from a seed, so that each run measures the same bytes. */
function* numbers(): Generator<number> {
  for (let block = 0; ; block++) {
    const digest = createHash('sha256').update(String(block)).digest();
    for (let at = 0; at < digest.length; at += 4) yield digest.readUInt32BE(at);
  }
}

const random = numbers();

function next(below: number): number {
  return (random.next().value ?? 0) % below;
}

function words(count: number): string {
  return Array.from({ length: count }, () => WORDS[next(WORDS.length)] ?? '').join(' ');
}

interface Row {
  readonly wire: Buffer;
  readonly fields: readonly (readonly [number, number])[];
}

/** A DataRow of PostgreSQL's protocol (manual, 54.7). */
function dataRow(values: readonly string[]): Row {
  const pieces: Buffer[] = [];
  const fields: [number, number][] = [];
  let at = 7;
  for (const value of values) {
    const length = Buffer.alloc(4);
    length.writeInt32BE(Buffer.byteLength(value));
    pieces.push(length, Buffer.from(value));
    fields.push([at + 4, at + 4 + Buffer.byteLength(value)]);
    at += 4 + Buffer.byteLength(value);
  }
  const header = Buffer.from('D\0\0\0\0\0\0');
  header.writeInt32BE(at - 1, 1);
  header.writeInt16BE(values.length, 5);
  return { wire: Buffer.concat([header, ...pieces]), fields };
}

function row(note: string): Row {
  const date = `2024-0${1 + next(9)}-1${next(10)} 10:0${next(10)}:00.${next(1e6)}`;
  return dataRow([
    String(next(1e6)),
    words(2),
    date,
    'f',
    (next(1e5) / 100).toFixed(2),
    `${words(8)} ${note} ${words(8)}`,
  ]);
}

/** The rows of a reply in one buffer, and where their fields are in it. */
function reply(rows: readonly Row[]): Row {
  const fields: (readonly [number, number])[] = [];
  let at = 0;
  for (const { wire, fields: own } of rows) {
    for (const [start, end] of own) fields.push([at + start, at + end]);
    at += wire.length;
  }
  return { wire: Buffer.concat(rows.map(({ wire }) => wire)), fields };
}

/** Runs for about half a second after warming up; units a second. */
function rate(units: number, run: () => void): number {
  for (let i = 0; i < 3; i++) run();
  const started = performance.now();
  let rounds = 0;
  while (performance.now() - started < 500) {
    run();
    rounds++;
  }
  return (units * rounds * 1_000) / (performance.now() - started);
}

function megabytes(name: string, bytes: number, run: () => void): void {
  console.log(`${name.padEnd(52)} ${(rate(bytes, run) / 1e6).toFixed(0).padStart(7)} MB/s`);
}

function columns(masker: Masker, sources: ResultColumn['sources'] = []): void {
  masker.columns(SHAPE.map((name) => ({ name, sources, plain: true, type: 'text', format: 'text' })));
}

const SHAPE = ['id', 'name', 'made', 'done', 'amount', 'note'];

function walk(masker: Masker, { wire, fields }: Row): void {
  if (masker.passes(wire, 'rows')) return;
  for (const [index, [start, end]] of fields.entries()) masker.field(index % SHAPE.length, wire, start, end);
}

const plan = createMaskPlan(['pii', 'secret', 'name'], { classified: CLASSIFIED }, Buffer.alloc(32, 1));
if (plan === undefined) throw new Error('the plan masks nothing');
const clean = reply(Array.from({ length: 400 }, () => row('nothing to see')));
const mixed = reply(Array.from({ length: 400 }, (_, i) => row(i % 20 === 0 ? `user${i}@example.com` : 'nothing')));
const dirty = reply(Array.from({ length: 400 }, (_, i) => row(`user${i}@example.com 4111 1111 1111 1111`)));

const masker = plan.masker(READ);
columns(masker);
console.log(
  `all ${DETECTORS.length} detectors; ${plan.findings?.states} states; rows of ${Math.round(clean.wire.length / 400)} bytes\n`,
);
if (!masker.passes(clean.wire, 'rows')) throw new Error('the clean rows are not');
megabytes('clean rows', clean.wire.length, () => walk(masker, clean));
megabytes('rows of which one in twenty has an address', mixed.wire.length, () => walk(masker, mixed));
megabytes('rows that each have an address and a card', dirty.wire.length, () => walk(masker, dirty));
const byColumn = createMaskPlan(['name'], { classified: CLASSIFIED }, Buffer.alloc(32, 1))?.masker(READ);
if (byColumn === undefined) throw new Error('no column is masked');
columns(byColumn, [{ schema: 'public', table: 'users', column: 'name' }]);
megabytes('every column masked whole, no detectors', clean.wire.length, () => walk(byColumn, clean));
const stream = new StreamMasker(new Findings(DETECTORS));
const text = Buffer.from(`${words(12)}\n`.repeat(1_000));
megabytes('a clean stream in chunks', text.length, () => void stream.push(text));

const small = row('nothing to see').wire;
const exchanges = rate(1_000, () => {
  for (let i = 0; i < 1_000; i++) {
    const own = plan.masker(READ);
    columns(own);
    own.passes(small, 'rows');
  }
});
console.log(
  `${'one exchange: a masker, six columns, one row'.padEnd(52)} ${(1e9 / exchanges).toFixed(0).padStart(7)} ns\n`,
);

for (const detector of DETECTORS) {
  const alone = new Findings([detector]);
  const scan = rate(clean.wire.length, () => void alone.suspects(clean.wire, 0, clean.wire.length)) / 1e6;
  const latin1 = dirty.wire.toString('latin1');
  const find = rate(latin1.length, () => detector.find(latin1, () => {})) / 1e6;
  console.log(
    `${detector.name.padEnd(16)} clean ${scan.toFixed(0).padStart(5)} MB/s   run over dirty text ${find.toFixed(0).padStart(5)} MB/s`,
  );
}
