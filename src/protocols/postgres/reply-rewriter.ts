import { LIMITS } from '../../model/limits.ts';
import { Refused } from '../../model/refusal.ts';
import type { ExchangeResult, FieldMasker, Part, ResultColumn } from '../../model/reply.ts';
import type { OutputColumn } from '../../model/request.ts';
import type { Statement } from '../../sql/postgres/analysis.ts';
import type { Catalogue } from '../../sql/postgres/catalogue.ts';
import { ActionCursor } from './action-cursor.ts';
import { formatOf } from './batch-statements.ts';
import type { Portal, PreparedStatement } from './client-state.ts';
import { type CopyRewriter, createCopyRewriter } from './copy-rows.ts';
import { BACKEND, message } from './messages.ts';
import type { Action } from './request.ts';
import { resultColumns } from './value-shape.ts';
import { valueType } from './value-types.ts';
import { rewriteText } from './whole-part.ts';

const HEADER_BYTES = 5;

/**
 * Rewrites the replies of one exchange for a masker: it knows at each row which statement's row it is, and so which
 * columns it has. A row whose columns it does not know is refused, never passed.
 */
export class ReplyRewriter {
  readonly #cursor: ActionCursor;
  readonly #catalogue: Catalogue | undefined;
  readonly #portals = new Map<Portal, readonly ResultColumn[]>();
  #shape: { readonly portal: Portal | undefined; readonly columns: readonly ResultColumn[] } | undefined;
  #copy: CopyRewriter | undefined;

  constructor(actions: readonly Action[], catalogue: Catalogue | undefined) {
    this.#cursor = new ActionCursor(actions);
    this.#catalogue = catalogue;
  }

  part(wire: Buffer, result: ExchangeResult | undefined): Part {
    const part = { wire, rewrite: (masker: FieldMasker): Part => this.#rewrite(part, masker) };
    return result === undefined ? part : Object.assign(part, { result });
  }

  #rewrite(part: Part, masker: FieldMasker): Part {
    const { wire } = part;
    const output = new Output(wire);
    for (let at = 0; at < wire.length; ) {
      const type = wire[at] as number;
      if (type === BACKEND.dataRow) {
        const end = endOfRows(wire, at);
        this.#rows(wire, at, end, masker, output);
        at = end;
      } else {
        const end = at + 1 + wire.readInt32BE(at + 1);
        this.#message(type, wire, at, end, masker, output);
        at = end;
      }
    }
    const rewritten = output.bytes();
    return rewritten === wire ? part : { ...part, wire: rewritten };
  }

  #message(type: number, wire: Buffer, at: number, end: number, masker: FieldMasker, output: Output): void {
    const action = this.#cursor.take(type);
    switch (type) {
      case BACKEND.rowDescription:
        this.#described(action, wire.subarray(at + HEADER_BYTES, end), masker);
        if (action?.kind === 'describe' && action.hidden) output.replace(at, end, undefined);
        break;
      case BACKEND.noData:
        if (action?.kind === 'describe' && action.hidden) output.replace(at, end, undefined);
        break;
      case BACKEND.copyOut:
        this.#copy = this.#beginCopy(action, wire.subarray(at + HEADER_BYTES, end), masker);
        break;
      case BACKEND.copyData:
        this.#copyData(wire, at, end, output);
        break;
      case BACKEND.copyDone:
        this.#endCopy(at, output);
        break;
      case BACKEND.commandComplete:
      case BACKEND.emptyQuery:
      case BACKEND.portalSuspended:
        this.#shape = undefined;
        break;
      default: {
        const text = rewriteText(wire.subarray(at, end), masker);
        if (text !== undefined) output.replace(at, end, text);
      }
    }
  }

  #described(action: Action | undefined, body: Buffer, masker: FieldMasker): void {
    const columns = resultColumns(body, outputsOf(action), this.#catalogue);
    if (action?.kind !== 'describe') this.#begin(undefined, columns, masker);
    // Describing a statement says nothing of formats, and its rows come later, if at all.
    else if (action.portal !== undefined) this.#portals.set(action.portal, columns);
  }

  #rows(wire: Buffer, start: number, end: number, masker: FieldMasker, output: Output): void {
    const columns = this.#shapeOfRows(masker).length;
    // In blocks: a row that must be looked at makes none but its neighbours slow.
    for (let at = start; at < end; ) {
      const next = endOfBlock(wire, at, end);
      if (!masker.passes(wire.subarray(at, next), 'rows')) rewriteRows(wire, at, next, columns, masker, output);
      at = next;
    }
  }

  /** The columns of the rows that come now: of a simple query's result, or of the portal that is executed. */
  #shapeOfRows(masker: FieldMasker): readonly ResultColumn[] {
    const action = this.#cursor.current;
    const portal = action?.kind === 'execute' ? action.portal : undefined;
    if (this.#shape !== undefined && this.#shape.portal === portal) return this.#shape.columns;
    const columns = portal === undefined ? undefined : (this.#portals.get(portal) ?? this.#columnsOf(portal));
    if (columns === undefined) throw unknownShape();
    return this.#begin(portal, columns, masker);
  }

  /** A portal that is executed without being described now: its statement was, before; Bind chose the formats. */
  #columnsOf(portal: Portal): readonly ResultColumn[] | undefined {
    const { description } = portal.statement;
    if (description === undefined || description === 'none') return undefined;
    const columns = resultColumns(description, outputsOfStatement(portal.statement), this.#catalogue);
    return columns.map((column, i) => ({
      ...column,
      format: formatOf(portal.resultFormats, i) === 1 ? 'binary' : 'text',
    }));
  }

  #begin(portal: Portal | undefined, columns: readonly ResultColumn[], masker: FieldMasker): readonly ResultColumn[] {
    this.#shape = { portal, columns };
    masker.columns(columns);
    return columns;
  }

  #beginCopy(action: Action | undefined, body: Buffer, masker: FieldMasker): CopyRewriter {
    const copy = statementOf(action)?.copy;
    if (copy === undefined || copy.unsupportedOptions.length > 0) throw unknownShape();
    const count = body.readInt16BE(1);
    const outputs = outputsOf(action);
    const told = outputs?.length === count ? outputs : undefined;
    const format = copy.format === 'binary' ? 'binary' : 'text';
    const columns = Array.from({ length: count }, (_, i) => copyColumn(i, told?.[i], format, this.#catalogue));
    masker.columns(columns);
    return createCopyRewriter(copy, columns, masker);
  }

  #copyData(wire: Buffer, at: number, end: number, output: Output): void {
    const rewritten = this.#copy?.push(wire.subarray(at + HEADER_BYTES, end));
    if (rewritten === undefined) return;
    output.replace(at, end, rewritten.length === 0 ? undefined : message(BACKEND.copyData, rewritten));
  }

  #endCopy(at: number, output: Output): void {
    const held = this.#copy?.end();
    this.#copy = undefined;
    if (held !== undefined && held.length > 0) output.insert(at, message(BACKEND.copyData, held));
  }
}

/** The bytes of a part with some messages replaced: the untouched stretches stay views of what came. */
class Output {
  readonly #wire: Buffer;
  readonly #pieces: Buffer[] = [];
  #from = 0;

  constructor(wire: Buffer) {
    this.#wire = wire;
  }

  replace(start: number, end: number, replacement: Buffer | undefined): void {
    this.insert(start, replacement);
    this.#from = end;
  }

  insert(at: number, addition: Buffer | undefined): void {
    if (at > this.#from) this.#pieces.push(this.#wire.subarray(this.#from, at));
    if (addition !== undefined) this.#pieces.push(addition);
    this.#from = at;
  }

  bytes(): Buffer {
    if (this.#from === 0 && this.#pieces.length === 0) return this.#wire;
    return Buffer.concat([...this.#pieces, this.#wire.subarray(this.#from)]);
  }
}

/** The end of the rows from `start` on that are scanned together. */
function endOfBlock(wire: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && at - start < LIMITS.maskedBlockBytes) at += 1 + wire.readInt32BE(at + 1);
  return at;
}

function rewriteRows(
  wire: Buffer,
  start: number,
  end: number,
  columns: number,
  masker: FieldMasker,
  output: Output,
): void {
  for (let at = start; at < end; ) {
    const next = at + 1 + wire.readInt32BE(at + 1);
    const row = rewriteRow(wire, at, next, columns, masker);
    if (row !== undefined) output.replace(at, next, row);
    at = next;
  }
}

/** A DataRow with some values replaced; undefined where none was (manual, 55.7, DataRow). */
function rewriteRow(
  wire: Buffer,
  start: number,
  end: number,
  columns: number,
  masker: FieldMasker,
): Buffer | undefined {
  const count = wire.readInt16BE(start + HEADER_BYTES);
  if (count !== columns) throw unknownShape();
  let pieces: Buffer[] | undefined;
  let from = start + HEADER_BYTES;
  let at = from + 2;
  for (let column = 0; column < count; column++) {
    const length = wire.readInt32BE(at);
    const value = at + 4;
    const next = length < 0 ? value : value + length;
    if (next > end) throw unknownShape();
    const masked = length < 0 ? masker.absent?.(column) : masker.field(column, wire, value, next);
    if (masked !== undefined) {
      pieces ??= [];
      pieces.push(wire.subarray(from, at), lengthOf(masked));
      if (masked !== null) pieces.push(masked as Buffer);
      from = next;
    }
    at = next;
  }
  return pieces === undefined ? undefined : message(BACKEND.dataRow, ...pieces, wire.subarray(from, end));
}

/** COPY's data names no types; the catalogue does for a column that is copied as it stands. */
function copyColumn(
  index: number,
  output: OutputColumn | undefined,
  format: 'text' | 'binary',
  catalogue: Catalogue | undefined,
): ResultColumn {
  const name = output?.name ?? `column ${index + 1}`;
  const { sources, plain } = output ?? { sources: 'unknown' as const, plain: false };
  const [source] = plain && sources !== 'unknown' ? sources : [];
  const relation = source === undefined ? undefined : catalogue?.relations.get(source.schema)?.get(source.table);
  const type = relation?.columns.find((column) => column.name === source?.column)?.type;
  return { name, sources, plain, type: type === undefined ? 'other' : valueType(type), format };
}

function lengthOf(value: Uint8Array | null): Buffer {
  const out = Buffer.allocUnsafe(4);
  out.writeInt32BE(value === null ? -1 : value.length, 0);
  return out;
}

function endOfRows(wire: Buffer, start: number): number {
  let at = start;
  while (at < wire.length && wire[at] === BACKEND.dataRow) at += 1 + wire.readInt32BE(at + 1);
  return at;
}

function outputsOf(action: Action | undefined): readonly OutputColumn[] | undefined {
  return statementOf(action)?.outputs;
}

function outputsOfStatement(statement: PreparedStatement): readonly OutputColumn[] | undefined {
  const { statements } = statement.analysis;
  return statements.length === 1 ? statements[0]?.outputs : undefined;
}

function statementOf(action: Action | undefined): Statement | undefined {
  if (action?.kind === 'statement') return action.statement;
  const prepared =
    action?.kind === 'execute' ? action.portal.statement : action?.kind === 'describe' ? action.statement : undefined;
  return prepared?.analysis.statements.length === 1 ? prepared.analysis.statements[0] : undefined;
}

function unknownShape(): Refused {
  return new Refused({
    code: 'mask-impossible',
    message: 'the reply has columns that the gateway cannot tell apart, so it was not passed on',
  });
}
