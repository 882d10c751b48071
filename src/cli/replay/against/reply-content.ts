import { replayReply } from '../../../protocols/postgres/replay.ts';

/** What a reply says, without what differs from one connection to the next. */
export interface ReplyContent {
  readonly results: readonly ReplyResult[];
  /** SQLSTATE and words of the error that ended it. */
  readonly error?: { readonly code: string; readonly message: string };
  /** Bytes at its end that were not kept, or are no whole message. */
  readonly cutBytes: number;
}

export interface ReplyResult {
  readonly columns: readonly { readonly name: string; readonly typeId: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** What the server said it did. */
  readonly tag?: string;
  /** More rows were there to be fetched. */
  readonly suspended: boolean;
}

interface Open {
  columns: ReplyResult['columns'];
  rows: (readonly (string | null)[])[];
}

/** Reads the wire of a reply. Pure; never throws on what a record may hold. */
export function readReply(wire: Buffer): ReplyContent {
  const results: ReplyResult[] = [];
  let open: Open = { columns: [], rows: [] };
  let error: ReplyContent['error'];
  let cutBytes = 0;
  const end = (more: { readonly tag?: string; readonly suspended?: boolean }): void => {
    results.push({ ...open, suspended: false, ...more });
    open = { columns: [], rows: [] };
  };
  for (const event of replayReply(wire)) {
    switch (event.kind) {
      case 'columns':
        open = { columns: event.columns.map(({ name, typeId }) => ({ name, typeId })), rows: [] };
        break;
      case 'row':
        open.rows.push(event.values);
        break;
      case 'copy-data':
        open.rows.push([event.bytes.toString('utf8')]);
        break;
      case 'complete':
        end({ tag: event.tag });
        break;
      case 'empty':
        end({ tag: '' });
        break;
      case 'suspended':
        end({ suspended: true });
        break;
      case 'error':
        if (open.rows.length > 0) end({});
        error ??= { code: event.fields.code, message: event.fields.message };
        break;
      case 'cut':
        if (open.rows.length > 0) end({});
        cutBytes = event.bytes;
        break;
      case 'ready':
      case 'notice':
      case 'parameter':
      case 'notification':
      case 'copy-in':
      case 'copy-out':
        break;
      default:
        event satisfies never;
    }
  }
  return { results, cutBytes, ...(error === undefined ? {} : { error }) };
}

/** The formats in which columns came, where any came as binary: a reply is asked for in the same. */
export function binaryFormats(wire: Buffer): readonly number[] {
  for (const event of replayReply(wire)) {
    if (event.kind !== 'columns') continue;
    const formats = event.columns.map(({ format }) => (format === 'binary' ? 1 : 0));
    return formats.includes(1) ? formats : [];
  }
  return [];
}
