import { LIMITS } from '../model/limits.ts';
import type { Detector } from './detectors/detector.ts';
import { DETECTORS } from './detectors/detectors.ts';
import { mayHoldEscapes, withEscapes } from './escapes.ts';
import { type Finding, joinFindings } from './finding.ts';
import { TriggerScanner } from './trigger-scanner.ts';
import { trigger } from './triggers.ts';

/** `\u0040` hides an `@` from a look at the bytes: JSON text may write any character so. In URLs `%2B` hides a plus. */
const ESCAPES = [trigger('\\\\u00[2-7]'), trigger('%2'), trigger('%3')];

/** The detectors that one policy asks for, with the scanner that says when to run them. Immutable; share it. */
export class Findings {
  readonly #detectors: readonly Detector[];
  readonly #scanner: TriggerScanner;
  readonly #escapesBit: number;
  /** The detectors that what the text is called names, as bits: they look at all of it. */
  readonly #named: number;
  readonly #byColumn = new Map<string, Findings>();
  #binaryScanner: TriggerScanner | undefined;

  constructor(detectors: readonly Detector[], named?: { readonly bits: number; readonly by: Findings }) {
    this.#detectors = detectors;
    this.#escapesBit = 1 << detectors.length;
    this.#named = named?.bits ?? 0;
    this.#scanner =
      named === undefined
        ? new TriggerScanner([...detectors.map((detector) => detector.triggers), ESCAPES])
        : named.by.#scanner;
  }

  /** The same for a column of that name, which may say what its values are. */
  forColumn(name: string): Findings {
    const known = this.#byColumn.get(name);
    if (known !== undefined) return known;
    const latin1 = Buffer.from(name).toString('latin1');
    let bits = 0;
    for (const [index, { columnNames }] of this.#detectors.entries()) if (columnNames?.test(latin1)) bits |= 1 << index;
    const own = bits === this.#named ? this : new Findings(this.#detectors, { bits, by: this });
    // A client chooses names; what is kept of them is bounded.
    if (this.#byColumn.size >= LIMITS.maxKeptColumnNames) this.#byColumn.clear();
    this.#byColumn.set(name, own);
    return own;
  }

  /** True where each value must be looked at, whatever the scanner says. */
  get isNamed(): boolean {
    return this.#named !== 0;
  }

  includes(detector: string): boolean {
    return this.#detectors.some(({ name }) => name === detector);
  }

  /** States of the scanner: what its table weighs. */
  get states(): number {
    return this.#scanner.states;
  }

  /** False when nothing in `bytes[start, end)` can be a finding, numbers in binary left out: the cheap test. */
  suspects(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#named !== 0 || this.#scanner.any(bytes, start, end);
  }

  /** The same for rows in which there are numbers in binary. */
  suspectsBinary(bytes: Uint8Array, start: number, end: number): boolean {
    this.#binaryScanner ??= new TriggerScanner([
      ...this.#detectors.map(({ triggers, binaryTriggers = [] }) => [...triggers, ...binaryTriggers]),
      ESCAPES,
    ]);
    return this.#binaryScanner.any(bytes, start, end);
  }

  /** What stands in `bytes[start, end)`: ascending, overlapping ones joined, positions from `start`. */
  in(bytes: Buffer, start: number, end: number): readonly Finding[] {
    const bits = this.#scanner.bits(bytes, start, end) | this.#named;
    if (bits === 0) return NONE;
    const text = bytes.toString('latin1', start, end);
    const plain = this.#run(text, bits);
    if (!mayHoldEscapes(text)) return joinFindings(plain);
    return joinFindings(
      withEscapes(text, plain, (decoded) => this.#run(decoded, hasBit(bits, this.#escapesBit) ? -1 : bits)),
    );
  }

  #run(text: string, bits: number): Finding[] {
    const found: Finding[] = [];
    for (const [index, detector] of this.#detectors.entries()) {
      if (!hasBit(bits, 1 << index)) continue;
      const isNamed = hasBit(this.#named, 1 << index);
      detector.find(text, (start, end) => found.push({ start, end, detector: detector.name }), isNamed);
    }
    return found;
  }
}

const NONE: readonly Finding[] = [];
const cache = new Map<string, Findings>();

/** The findings of the detectors among `classes`; undefined where none is named. Kept, since a table is built. */
export function findingsFor(classes: ReadonlySet<string>): Findings | undefined {
  const detectors = DETECTORS.filter((detector) => classes.has(detector.name));
  if (detectors.length === 0) return undefined;
  const key = detectors.map((detector) => detector.name).join(' ');
  const kept = cache.get(key) ?? new Findings(detectors);
  cache.set(key, kept);
  return kept;
}

function hasBit(bits: number, bit: number): boolean {
  return (bits & bit) !== 0;
}
