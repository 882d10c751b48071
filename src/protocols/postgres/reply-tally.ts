import type { ReplyCount } from '../../model/reply.ts';
import { BACKEND } from './messages.ts';

/**
 * Counts a reply message by message: which statement of the request answers, and how many rows were read and changed.
 * A copy of it counts the same messages once more.
 */
export class ReplyTally {
  statement = 0;
  #rows = 0;
  #copiesIn = false;

  copy(): ReplyTally {
    const copy = new ReplyTally();
    copy.statement = this.statement;
    copy.#rows = this.#rows;
    copy.#copiesIn = this.#copiesIn;
    return copy;
  }

  /** Takes several rows of the statement that answers. */
  rows(rowsRead: number, bytes: number): ReplyCount | undefined {
    if (rowsRead === 0) return undefined;
    this.#rows += rowsRead;
    return { statement: this.statement, rowsRead, rowsChanged: 0, bytes };
  }

  /** Takes one message that begins at `bytes[at]` and is `length` bytes long; not all of a row need be there. */
  take(bytes: Buffer, at: number, length: number): ReplyCount | undefined {
    const { statement } = this;
    const type = bytes[at] as number;
    switch (type) {
      case BACKEND.dataRow:
      case BACKEND.copyData:
        this.#rows++;
        return { statement, rowsRead: 1, rowsChanged: 0, bytes: length };
      case BACKEND.error:
      case BACKEND.notice:
      case BACKEND.notification:
      case BACKEND.parameterStatus:
        // Their text is the statement's to choose, so data can leave in it.
        return { statement, rowsRead: 0, rowsChanged: 0, bytes: length };
      case BACKEND.copyIn:
        this.#copiesIn = true;
        return undefined;
      case BACKEND.commandComplete: {
        const tag = bytes.toString('latin1', at + 5, Math.min(at + length, at + MAX_TAG_BYTES) - 1);
        const rowsChanged = this.#changed(tag);
        this.#next();
        return rowsChanged === 0 ? undefined : { statement, rowsRead: 0, rowsChanged, bytes: 0 };
      }
      case BACKEND.emptyQuery:
      case BACKEND.portalSuspended:
        this.#next();
        return undefined;
      default:
        return undefined;
    }
  }

  #next(): void {
    this.statement++;
    this.#rows = 0;
    this.#copiesIn = false;
  }

  /** What a command's tag says (manual, 55.7, CommandComplete). `SELECT 5` without a row made a table of five. */
  #changed(tag: string): number {
    const [, command, count] = /^(INSERT|UPDATE|DELETE|MERGE|COPY|SELECT) (?:\d+ )?(\d+)$/.exec(tag) ?? [];
    if (command === undefined || count === undefined) return 0;
    if ((command === 'SELECT' || command === 'COPY') && this.#rows > 0 && !this.#copiesIn) return 0;
    return Number(count);
  }
}

const MAX_TAG_BYTES = 128;
