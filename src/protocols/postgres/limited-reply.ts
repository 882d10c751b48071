import type { FieldMasker, Part } from '../../model/reply.ts';
import type { TextEdit } from '../../model/request.ts';
import { originalPosition } from '../../sql/postgres/text-edits.ts';
import { ActionCursor } from './action-cursor.ts';
import type { Portal } from './client-state.ts';
import { BACKEND, message, noticeResponse } from './messages.ts';
import { errorField } from './reply-state.ts';
import type { Action, PostgresRequest } from './request.ts';

const HEADER_BYTES = 5;
/** What is longer is a row, or says nothing that would be changed. */
const MAX_HELD_BYTES = 1024 * 1024;

/**
 * Makes the reply to a text with limits put to it the reply to the text as it came: places in errors are those of the
 * client's own text, and a result that ended at its limit says so in a notice.
 */
export class LimitedReply {
  readonly #request: PostgresRequest;
  readonly #cursor: ActionCursor;
  /** Rows of the statement or portal whose answer comes now. */
  #rows = 0;
  #index = 0;
  /** Bytes of a message that are still to come and need no reading; the start of one that must be read. */
  #skip = 0;
  #held: Buffer | undefined;

  constructor(request: PostgresRequest) {
    this.#request = request;
    this.#cursor = new ActionCursor(request.actions);
  }

  part(part: Part): Part {
    return new EditedPart(part, (bytes) => this.#edit(bytes));
  }

  #edit(bytes: Buffer): Buffer {
    const wire = this.#held === undefined ? bytes : Buffer.concat([this.#held, bytes]);
    this.#held = undefined;
    const pieces: Buffer[] = [];
    let from = 0;
    let at = Math.min(this.#skip, wire.length);
    this.#skip -= at;
    while (at < wire.length) {
      const end = at + HEADER_BYTES <= wire.length ? at + 1 + wire.readUInt32BE(at + 1) : Number.POSITIVE_INFINITY;
      const type = wire[at] as number;
      const isPassed = type === BACKEND.dataRow || type === BACKEND.copyData || end - at > MAX_HELD_BYTES;
      if (end > wire.length && !(isPassed && Number.isFinite(end))) {
        this.#held = Buffer.from(wire.subarray(at));
        pieces.push(wire.subarray(from, at));
        return Buffer.concat(pieces);
      }
      const edited = this.#message(type, wire.subarray(at, Math.min(end, wire.length)));
      if (edited !== undefined) {
        pieces.push(wire.subarray(from, at), edited);
        from = end;
      }
      at = end;
    }
    this.#skip += at - wire.length;
    return pieces.length === 0 ? wire : Buffer.concat([...pieces, wire.subarray(from)]);
  }

  /** What stands in a message's place; undefined where it stays. */
  #message(type: number, wire: Buffer): Buffer | undefined {
    if (type === BACKEND.dataRow || type === BACKEND.copyData) {
      if (type === BACKEND.dataRow) this.#rows++;
      return undefined;
    }
    const action = this.#cursor.current;
    const edited = this.#edited(type, wire, action);
    this.#cursor.take(type);
    if (this.#cursor.current !== action) this.#index++;
    return edited;
  }

  #edited(type: number, wire: Buffer, action: Action | undefined): Buffer | undefined {
    switch (type) {
      case BACKEND.error:
      case BACKEND.notice:
        return withPosition(wire, (position) => this.#position(position, action));
      case BACKEND.portalSuspended:
        if (action?.kind === 'execute') this.#count(action.portal);
        return undefined;
      case BACKEND.commandComplete: {
        const rows = this.#total(wire, action);
        this.#rows = 0;
        const most = this.#limitOf(action);
        return most !== undefined && rows >= most ? Buffer.concat([cutNotice(most), wire]) : undefined;
      }
      default:
        return undefined;
    }
  }

  /** Rows that the result came to, of a portal in all its pieces; of a COPY by its tag (`COPY 5`). */
  #total(wire: Buffer, action: Action | undefined): number {
    if (action?.kind === 'execute' && this.#rows > 0) return this.#count(action.portal);
    const [, copied] = /^COPY (\d+)/.exec(wire.toString('latin1', HEADER_BYTES, wire.length - 1)) ?? [];
    return copied === undefined ? this.#rows : Number(copied);
  }

  #count(portal: Portal): number {
    portal.rowsGiven = (portal.rowsGiven ?? 0) + this.#rows;
    this.#rows = 0;
    return portal.rowsGiven;
  }

  /** The limit that was put to the statement of an action. */
  #limitOf(action: Action | undefined): number | undefined {
    const forwarded = action?.kind === 'execute' ? action.portal.statement.forwarded : this.#request.forwardedText;
    const index = action?.kind === 'execute' ? 0 : this.#index;
    return forwarded?.statements[index] === true ? forwarded.most : undefined;
  }

  #position(position: number, action: Action | undefined): number {
    const { text, forwardedText } = this.#request;
    if (text !== undefined) return positionIn(text, forwardedText?.edits, position);
    const statement =
      action?.kind === 'parse' ? action.statement : action?.kind === 'execute' ? action.portal.statement : undefined;
    return statement === undefined ? position : positionIn(statement.text, statement.forwarded?.edits, position);
  }
}

function positionIn(text: string, edits: readonly TextEdit[] | undefined, position: number): number {
  return edits === undefined ? position : originalPosition(text, edits, position);
}

/** An ErrorResponse or NoticeResponse with another place in the text (manual, 55.8, field P). */
function withPosition(wire: Buffer, original: (position: number) => number): Buffer | undefined {
  const body = wire.subarray(HEADER_BYTES);
  const told = errorField(body, 'P');
  const position = Number(told);
  if (told === undefined || !Number.isInteger(position)) return undefined;
  const moved = original(position);
  if (moved === position) return undefined;
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const end = body.indexOf(0, at);
    if (end < 0) return undefined;
    pieces.push(body[at] === POSITION ? Buffer.from(`P${moved}\0`) : body.subarray(at, end + 1));
    at = end + 1;
  }
  return message(wire[0] as number, ...pieces, Buffer.from([0]));
}

const POSITION = 'P'.charCodeAt(0);

function cutNotice(most: number): Buffer {
  return noticeResponse({
    severity: 'NOTICE',
    code: '00000',
    message: `chaperone: the policy ends this result after ${most} ${most === 1 ? 'row' : 'rows'}; there may be more`,
    hint: 'Narrow the query, or take the next rows with OFFSET.',
  });
}

/** A part whose bytes are edited when they are taken, once: after its masks, where it has some. */
class EditedPart implements Part {
  readonly #part: Part;
  readonly #edit: (bytes: Buffer) => Buffer;
  #wire: Buffer | undefined;

  constructor(part: Part, edit: (bytes: Buffer) => Buffer) {
    this.#part = part;
    this.#edit = edit;
    if (part.result !== undefined) this.result = part.result;
    if (part.counts !== undefined) this.counts = part.counts;
    if (part.cut !== undefined) this.cut = (allow) => this.#cut(allow);
  }

  readonly result?: NonNullable<Part['result']>;
  readonly counts?: NonNullable<Part['counts']>;
  readonly cut?: NonNullable<Part['cut']>;

  get wire(): Buffer {
    this.#wire ??= this.#edit(this.#part.wire);
    return this.#wire;
  }

  rewrite(masker: FieldMasker): Part {
    return new EditedPart(this.#part.rewrite(masker), this.#edit);
  }

  #cut(allow: Parameters<NonNullable<Part['cut']>>[0]): ReturnType<NonNullable<Part['cut']>> {
    const cut = this.#part.cut?.(allow);
    const { head, rest } = cut ?? {};
    return {
      head: head === undefined ? undefined : new EditedPart(head, this.#edit),
      rest: rest === undefined ? undefined : new EditedPart(rest, this.#edit),
    };
  }
}
