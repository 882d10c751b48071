import type { MaskCount, ResultColumn } from '../../model/reply.ts';
import type { SurveyedRelation } from '../../model/survey.ts';
import { type Findings, findingsFor } from '../findings.ts';
import { maskFreeText } from '../mask-content.ts';
import { MaskCounts } from '../mask-counts.ts';
import { REDACTED } from '../mask-text.ts';
import type { Masker } from '../masker.ts';
import { ALL_DETECTORS } from './all-detectors.ts';
import { ColumnEvidence } from './sample-evidence.ts';

const REDACTED_BYTES = Buffer.from(REDACTED);

/**
 * The masks of a session that samples: while a relation is sampled each value is looked at, counted and replaced whole;
 * of the catalogue, before that, comments alone are masked by their content.
 */
export class SampleMasks {
  #sampling: { readonly name: string; readonly evidence: ReadonlyMap<string, ColumnEvidence> } | undefined;
  readonly #findings: Findings;

  constructor() {
    this.#findings = findingsFor(ALL_DETECTORS) as Findings;
  }

  /** From here on, what comes are rows of this relation; what is found in them, by column. */
  begin(relation: SurveyedRelation): ReadonlyMap<string, ColumnEvidence> {
    const columns = relation.columns.filter(({ readable }) => readable);
    const evidence = new Map(columns.map(({ name }) => [name, new ColumnEvidence(name, this.#findings)]));
    this.#sampling = { name: `${relation.schema}.${relation.name}`, evidence };
    return evidence;
  }

  /** Sampling calls nothing that keeps what it is given. */
  refusal(): undefined {}

  masker(): Masker {
    return this.#sampling === undefined
      ? new CatalogueMasker(this.#findings)
      : new SampleMasker(this.#sampling.name, this.#sampling.evidence);
  }

  /** What a server says unasked is of no use here, and may quote anything. */
  unasked(): Masker {
    return new SampleMasker('unasked', new Map());
  }
}

/** Counts what it sees and lets nothing through. */
class SampleMasker implements Masker {
  readonly #relation: string;
  readonly #evidence: ReadonlyMap<string, ColumnEvidence>;
  readonly #counts = new MaskCounts();
  #columns: readonly { readonly name: string; readonly evidence: ColumnEvidence | undefined }[] = [];

  constructor(relation: string, evidence: ReadonlyMap<string, ColumnEvidence>) {
    this.#relation = relation;
    this.#evidence = evidence;
  }

  columns(columns: readonly ResultColumn[]): void {
    this.#columns = columns.map(({ name }) => ({
      name: `${this.#relation}.${name}`,
      evidence: this.#evidence.get(name),
    }));
  }

  passes(): boolean {
    return false;
  }

  field(column: number, wire: Buffer, start: number, end: number): Uint8Array {
    const { name = 'unknown', evidence } = this.#columns[column] ?? {};
    evidence?.see(wire.subarray(start, end));
    this.#counts.add('column', name);
    return REDACTED_BYTES;
  }

  text(): Uint8Array {
    return REDACTED_BYTES;
  }

  counts(): readonly MaskCount[] {
    return this.#counts.all();
  }
}

/** Names and types pass as they are; comments are text that somebody wrote. */
class CatalogueMasker implements Masker {
  readonly #findings: Findings;
  readonly #counts = new MaskCounts();
  #comments: readonly boolean[] = [];

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  columns(columns: readonly ResultColumn[]): void {
    this.#comments = columns.map(({ name }) => name === 'comment');
  }

  passes(wire: Buffer): boolean {
    return !this.#findings.suspects(wire, 0, wire.length);
  }

  field(column: number, wire: Buffer, start: number, end: number): Uint8Array | undefined {
    return this.#comments[column] === true ? this.text(wire, start, end) : undefined;
  }

  text(wire: Buffer, start: number, end: number): Uint8Array | undefined {
    return maskFreeText(this.#findings, wire, start, end, (name) => this.#counts.add('detector', name));
  }

  counts(): readonly MaskCount[] {
    return this.#counts.all();
  }
}
