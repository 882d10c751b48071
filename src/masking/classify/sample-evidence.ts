import type { Findings } from '../findings.ts';
import { maskedShape } from './masked-shape.ts';
import { VALUE_FORMS, type ValueForm } from './value-forms.ts';

/** How often a detector found something in a column's values. */
export interface DetectorHits {
  readonly detector: string;
  /** Values that are the finding, but for a little around it. */
  readonly whole: number;
  /** Values that hold one somewhere, those included. */
  readonly any: number;
}

/** A finding makes up this share of a value that is said to be it. */
const WHOLE = 0.8;

/** What is seen of one column's sampled values. It keeps counts and shapes, and no value. */
export class ColumnEvidence {
  readonly column: string;
  readonly #findings: Findings;
  readonly #hits = new Map<string, { whole: number; any: number }>();
  readonly #forms = new Map<ValueForm, number>();
  readonly #shapes = new Map<string, { first: string | undefined; count: number }>();
  #values = 0;

  constructor(column: string, findings: Findings) {
    this.column = column;
    this.#findings = findings.forColumn(column);
  }

  /** Values that were not null and not empty. */
  get values(): number {
    return this.#values;
  }

  get hits(): readonly DetectorHits[] {
    return [...this.#hits].map(([detector, { whole, any }]) => ({ detector, whole, any }));
  }

  /** How many values have this form. */
  ofForm(form: ValueForm): number {
    return this.#forms.get(form) ?? 0;
  }

  /** The most frequent shape of the values, with those that `detector` found something in before all others. */
  shape(detector?: string): string | undefined {
    const shapes = [...this.#shapes].map(([shape, { first, count }]) => ({
      shape,
      rank: first === detector ? 1 : 0,
      count,
    }));
    shapes.sort((one, other) => other.rank - one.rank || other.count - one.count || (one.shape < other.shape ? -1 : 1));
    return shapes[0]?.shape;
  }

  see(bytes: Buffer): void {
    const value = Buffer.from(bytes.toString('utf8').trim());
    if (value.length === 0) return;
    this.#values++;
    const text = value.toString('utf8');
    for (const [form, has] of VALUE_FORMS) if (has(text)) this.#forms.set(form, this.ofForm(form) + 1);
    this.#keepShape(text, this.#find(value));
  }

  /** The detector whose findings cover most of the value. */
  #find(value: Buffer): string | undefined {
    const covered = new Map<string, number>();
    for (const { start, end, detector } of this.#findings.in(value, 0, value.length)) {
      covered.set(detector, (covered.get(detector) ?? 0) + end - start);
    }
    let most: string | undefined;
    for (const [detector, bytes] of covered) {
      const hits = this.#hits.get(detector) ?? { whole: 0, any: 0 };
      hits.any++;
      if (bytes >= value.length * WHOLE) hits.whole++;
      this.#hits.set(detector, hits);
      if (most === undefined || bytes > (covered.get(most) ?? 0)) most = detector;
    }
    return most;
  }

  #keepShape(text: string, first: string | undefined): void {
    const shape = maskedShape(text);
    const kept = this.#shapes.get(shape);
    if (kept !== undefined) kept.count++;
    else this.#shapes.set(shape, { first, count: 1 });
  }
}
