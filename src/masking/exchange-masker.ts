import type { MaskCount, MessageMasks, ResultColumn, Told } from '../model/reply.ts';
import type { ColumnMask, ColumnRules, Reading } from './column-rules.ts';
import { maskErrorText } from './error-text.ts';
import type { Findings } from './findings.ts';
import { constantMask } from './mask-constants.ts';
import { maskContent, maskFreeText } from './mask-content.ts';
import { MaskCounts } from './mask-counts.ts';
import { maskJsonRows, type RowsOrder, rowsOrder } from './mask-json-rows.ts';
import type { Masker } from './masker.ts';
import { type MaskOrder, maskValue } from './masks.ts';
import { ExchangeMessages } from './messages/exchange-messages.ts';
import type { MessageFields } from './messages/field-rules.ts';

/** What all exchanges under one decision share. */
export interface MaskRules {
  readonly findings: Findings | undefined;
  readonly rules: ColumnRules;
  readonly digest: (bytes: Uint8Array) => Buffer;
}

interface ColumnOrder extends MaskOrder {
  readonly name: string;
  /** What stands for each value; undefined where that depends on the value. */
  readonly constant: Buffer | null | undefined;
  /** Of JSON made of rows: how their values are masked one by one. What is not as it says becomes the constant. */
  readonly rows: RowsOrder | undefined;
}

/** The columns of one result as the masks see them. */
interface Shape {
  readonly columns: readonly ResultColumn[];
  /** What is looked for in each column. */
  readonly findings: readonly (Findings | undefined)[];
  /** How each column that is masked whole is masked. */
  readonly orders: readonly (ColumnOrder | undefined)[];
  /** True where each row must be looked at: a masked column, or bytes that the scanner cannot read. */
  readonly alwaysLook: boolean;
  /** True where numbers in binary may hold what a detector finds. */
  readonly binaryNumbers: boolean;
}

const NO_SHAPE: Shape = { columns: [], findings: [], orders: [], alwaysLook: false, binaryNumbers: false };

/** Masks the reply of one exchange. */
export class ExchangeMasker implements Masker {
  readonly #shared: MaskRules;
  readonly #reading: Reading;
  readonly #said: (() => Uint8Array) | undefined;
  #shape: Shape;
  readonly #counts = new MaskCounts();
  readonly #countFinding = (detector: string): void => this.#counts.add('detector', detector);
  readonly messages: MessageMasks;

  constructor(shared: MaskRules, reading: Reading, said?: () => Uint8Array, fields?: MessageFields) {
    this.#shared = shared;
    this.messages = new ExchangeMessages({ ...shared, fields, counts: this.#counts });
    this.#reading = reading;
    this.#said = said;
    // Rows before any description would be of unknown columns.
    this.#shape = reading.columns.length > 0 ? { ...NO_SHAPE, alwaysLook: true } : NO_SHAPE;
  }

  columns(columns: readonly ResultColumn[]): void {
    const { rules, findings } = this.#shared;
    const orders = columns.map((column) => {
      const mask = rules.maskOf(column, this.#reading);
      return mask && orderOf(mask, column, this.#shared, this.#reading);
    });
    const finders = columns.map(({ name }) => findings?.forColumn(name));
    const alwaysLook =
      orders.some((order) => order !== undefined) ||
      (findings !== undefined && columns.some(isHidden)) ||
      finders.some((finder) => finder?.isNamed);
    this.#shape = { columns, findings: finders, orders, alwaysLook, binaryNumbers: columns.some(isBinaryNumber) };
  }

  passes(wire: Buffer, kind: 'rows' | 'text'): boolean {
    const { findings } = this.#shared;
    // A message of text marks its fields by letters, which hide where a finding begins.
    if (kind === 'text') return this.#shared.rules.size === 0 && findings === undefined;
    if (this.#shape.alwaysLook) return false;
    if (findings === undefined) return true;
    return this.#shape.binaryNumbers
      ? !findings.suspectsBinary(wire, 0, wire.length)
      : !findings.suspects(wire, 0, wire.length);
  }

  field(column: number, wire: Buffer, start: number, end: number): Uint8Array | null | undefined {
    const described = this.#shape.columns[column];
    if (described === undefined) return this.#undescribed(wire, start, end);
    const order = this.#shape.orders[column];
    const findings = this.#shape.findings[column];
    if (order !== undefined) {
      const value = wire.subarray(start, end);
      const rows = order.rows && this.#rows(order.rows, value, described, findings);
      if (rows !== undefined) return rows;
      this.#counts.add('column', order.name);
      return order.constant === undefined ? maskValue(order, value) : order.constant;
    }
    return findings && maskContent(findings, described, wire, start, end, this.#countFinding);
  }

  absent(column: number): Uint8Array | undefined {
    const order = this.#shape.orders[column];
    if (order?.constant === undefined || order.constant === null) return undefined;
    this.#counts.add('column', order.name);
    return order.constant;
  }

  text(wire: Buffer, start: number, end: number, told?: Told): Uint8Array | undefined {
    const { findings } = this.#shared;
    const rewritten = this.#mayHoldValues(told)
      ? maskErrorText(wire.toString('latin1', start, end), told, this.#reading, this.#said)
      : undefined;
    if (rewritten === undefined || rewritten.columns.length === 0) {
      return findings && maskFreeText(findings, wire, start, end, this.#countFinding);
    }
    for (const name of rewritten.columns) this.#counts.add('column', name);
    const bytes = Buffer.from(rewritten.text, 'latin1');
    return (findings && maskFreeText(findings, bytes, 0, bytes.length, this.#countFinding)) ?? bytes;
  }

  counts(): readonly MaskCount[] {
    return this.#counts.all();
  }

  /**
   * Of a payload nobody knows what it was made of, nor whether that was in this exchange. The same goes for what a
   * function says in an exchange of which nobody knew that one runs: a deferred trigger, a check of a domain.
   */
  #mayHoldValues(told: Told | undefined): boolean {
    if (this.#reading.columns.length > 0) return true;
    if (told === undefined || told.part === 'setting') return false;
    const isUnforeseen = told.part === 'payload' || (!told.ofServer && !this.#reading.runsPrograms);
    return isUnforeseen && this.#shared.rules.size > 0;
  }

  /** Rows as JSON with their classified leaves masked, and what detectors find in the others; undefined where they are not. */
  #rows(order: RowsOrder, value: Buffer, described: ResultColumn, findings: Findings | undefined) {
    const masked = maskJsonRows(order, value);
    if (masked === undefined) return undefined;
    for (const { name, constant } of order.leaves) {
      if (constant !== undefined) this.#counts.add('column', name, masked.rows);
    }
    const bytes = masked.value;
    const found = findings && maskContent(findings, described, bytes, 0, bytes.length, this.#countFinding);
    return found === undefined ? bytes : found;
  }

  /** A value of a column that nobody described may be of any column that the statement reads. */
  #undescribed(wire: Buffer, start: number, end: number): Uint8Array | null | undefined {
    if (this.#reading.columns.length > 0) {
      this.#counts.add('column', 'unknown');
      return null;
    }
    const { findings } = this.#shared;
    return findings && maskContent(findings, UNDESCRIBED, wire, start, end, this.#countFinding);
  }
}

function orderOf(mask: ColumnMask, column: ResultColumn, { rules, digest }: MaskRules, reading: Reading): ColumnOrder {
  const { type, format, json } = column;
  const constant = mask.kind === 'null' ? null : constantMask(type, format);
  const rows = json && mask.constant ? rowsOrder(json, column, (leaf) => rules.maskOf(leaf, reading)) : undefined;
  return { ...mask, type, format, digest, constant: mask.constant ? constant : undefined, rows };
}

const UNDESCRIBED = { type: 'other', format: 'text' } as const;

/** Hexadecimal hides every trigger. */
function isHidden({ type, format }: ResultColumn): boolean {
  return type === 'bytea' && format === 'text';
}

function isBinaryNumber({ type, format }: ResultColumn): boolean {
  return format === 'binary' && (type === 'integer8' || type === 'numeric');
}
