import { createHash } from 'node:crypto';
import type { Detector } from '../src/masking/detectors/detector.ts';
import { DETECTOR_GROUPS, DETECTORS } from '../src/masking/detectors/detectors.ts';
import { Findings } from '../src/masking/findings.ts';
import { SEEDS, type Seed } from '../test/corpus/detectors/corpus.ts';
import { type Measured, measure } from '../test/corpus/detectors/measure.ts';

/** How well detectors find, and how fast they find nothing. */
export interface DetectorFigures {
  readonly quality: readonly { readonly seed: Seed; readonly measured: readonly Measured[] }[];
  readonly speed: readonly SetSpeed[];
  /** Megabytes a second of CPU that copying the same bytes takes, to compare with. */
  readonly copy: number;
}

/** Megabytes a second of CPU of one set of detectors, by the kind of text; nothing is found in any of them. */
export interface SetSpeed {
  readonly set: string;
  readonly detectors: number;
  readonly states: number;
  readonly rates: readonly number[];
}

/** Texts in which nothing is found, and which most tables are made of. */
export const CLEAN_TEXTS: Readonly<Record<string, Buffer>> = {
  prose: Buffer.from(
    'The quick brown fox jumps over a lazy dog and returns home with a risk based plan for London. '.repeat(12_000),
  ),
  'rows of words and numbers': rows((n) => [
    String(n),
    `customer ${n}`,
    '2024-03-01 10:00:00',
    `${n}.25`,
    'paid in full',
  ]),
  'rows of hashes': rows((n) => [String(n), hash(n), hash(n + 1), hash(n + 2)]),
  'rows of JSON': rows((n) => [
    String(n),
    `{"id": ${n}, "state": "done", "parts": [1, 2.5, null], "note": "a line\\nof it"}`,
  ]),
};

/** `MEGABYTES` of the protocol's rows (manual, 55.7, DataRow). */
function rows(values: (n: number) => readonly string[]): Buffer {
  const pieces: Buffer[] = [];
  for (let n = 1, bytes = 0; bytes < 1_000_000; n++) {
    const fields = values(n).flatMap((value) => [int32(value.length), Buffer.from(value)]);
    const body = Buffer.concat(fields);
    const row = Buffer.concat([Buffer.from('D'), int32(body.length + 6), Buffer.from([0, values(n).length]), body]);
    pieces.push(row);
    bytes += row.length;
  }
  return Buffer.concat(pieces);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function hash(n: number): string {
  return createHash('md5').update(String(n)).digest('hex');
}

export function measureDetectors(say: (line: string) => void): DetectorFigures {
  const quality = SEEDS.map((seed) => ({ seed, measured: DETECTORS.map(({ name }) => measure(name, seed)) }));
  say('quality');
  const named = (names: readonly string[]): readonly Detector[] => DETECTORS.filter(({ name }) => names.includes(name));
  const sets: readonly (readonly [string, readonly Detector[]])[] = [
    ...DETECTORS.map((detector) => [detector.name, [detector]] as const),
    ...Object.entries(DETECTOR_GROUPS).map(([group, names]) => [group, named(names)] as const),
    ['all', DETECTORS],
  ];
  const speed = sets.map(([set, detectors]) => {
    const findings = new Findings(detectors);
    const rates = Object.values(CLEAN_TEXTS).map((bytes) => rate(bytes.length, () => lookAt(findings, bytes)));
    say(`speed of ${set}`);
    return { set, detectors: detectors.length, states: findings.states, rates };
  });
  const bytes = CLEAN_TEXTS['rows of words and numbers'] ?? Buffer.alloc(0);
  const room = Buffer.alloc(bytes.length);
  return { quality, speed, copy: rate(bytes.length, () => void bytes.copy(room)) };
}

/** In blocks, as rows are; where one has a trigger, its detectors run. */
function lookAt(findings: Findings, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const end = Math.min(bytes.length, at + BLOCK);
    if (findings.suspects(bytes, at, end)) findings.in(bytes, at, end);
  }
}

const BLOCK = 1024;
const ROUNDS = 7;
const REPEATS = 12;

/** Megabytes a second of CPU, the best of several rounds: what else the machine does only ever takes time away. */
function rate(bytes: number, run: () => void): number {
  for (let i = 0; i < REPEATS; i++) run();
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < REPEATS; i++) run();
    const { user, system } = process.cpuUsage(before);
    best = Math.max(best, (bytes * REPEATS) / Math.max(1, user + system));
  }
  return best;
}
