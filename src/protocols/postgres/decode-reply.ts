import type {
  DecodedNotice,
  DecodedReply,
  DecodedResult,
  DecodedValue,
  ReplyDecoder,
} from '../../model/decoded-reply.ts';
import { LIMITS } from '../../model/limits.ts';
import { type ReplayColumn, type ReplayError, type ReplayEvent, replayReply } from './replay.ts';

/** Recorded replies of one session as tables. Pure, and never throws on what a log may hold. */
export function postgresReplyDecoder(): ReplyDecoder {
  let described: readonly ReplayColumn[] = [];
  return {
    decode(wire) {
      const tables = new Tables(described);
      for (const event of replayReply(Buffer.from(wire.buffer, wire.byteOffset, wire.length), described)) {
        if (event.kind === 'columns') described = event.columns;
        tables.add(event);
      }
      return tables.reply();
    },
  };
}

interface Open {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: (readonly DecodedValue[])[];
  moreRows: number;
}

class Tables {
  readonly #results: DecodedResult[] = [];
  readonly #notices: DecodedNotice[] = [];
  #described: readonly ReplayColumn[];
  #open: Open | undefined;

  constructor(described: readonly ReplayColumn[]) {
    this.#described = described;
  }

  add(event: ReplayEvent): void {
    switch (event.kind) {
      case 'columns':
        this.#described = event.columns;
        this.#begin(event.columns.map(columnOf));
        return;
      case 'row':
        this.#row(event.values.map((value, index) => (event.hex.includes(index) ? hexOf(value) : value)));
        return;
      case 'copy-data':
        this.#open ??= { columns: [{ name: 'copy', type: 'text' }], rows: [], moreRows: 0 };
        this.#push([copied(event.bytes)]);
        return;
      case 'complete':
        this.#end(event.tag);
        return;
      case 'empty':
      case 'suspended':
      case 'ready':
        this.#end();
        return;
      case 'error':
        this.#end();
        this.#notices.push(noticeOf(event.fields));
        return;
      case 'notice':
        this.#notices.push(noticeOf(event.fields));
        return;
      case 'notification':
        this.#notices.push({ severity: 'NOTIFICATION', message: `${event.channel}: ${event.payload}` });
        return;
      case 'cut':
        this.#end();
        this.#notices.push({
          severity: 'CUT',
          message: `${event.bytes} bytes more that were not kept, or cannot be read`,
        });
        return;
      case 'copy-in':
      case 'copy-out':
      case 'parameter':
        return;
      default:
        event satisfies never;
    }
  }

  reply(): DecodedReply {
    this.#end();
    return { results: this.#results, notices: this.#notices };
  }

  #begin(columns: Open['columns']): void {
    this.#end();
    this.#open = { columns, rows: [], moreRows: 0 };
  }

  /** Rows of a statement that was described in an earlier reply, or never. */
  #row(values: readonly DecodedValue[]): void {
    const known = this.#described.length === values.length ? this.#described.map(columnOf) : unnamed(values.length);
    this.#open ??= { columns: known, rows: [], moreRows: 0 };
    this.#push(values);
  }

  #push(values: readonly DecodedValue[]): void {
    if (this.#open === undefined) return;
    if (this.#open.rows.length < LIMITS.decodedRows) this.#open.rows.push(values);
    else this.#open.moreRows++;
  }

  #end(tag?: string): void {
    const open = this.#open;
    this.#open = undefined;
    const said = tag === undefined ? {} : { tag };
    // Columns alone are a description that came ahead of its rows, unless the server says that there were none.
    if (open !== undefined && (open.rows.length > 0 || tag !== undefined)) this.#results.push({ ...open, ...said });
    else if (tag !== undefined) this.#results.push({ columns: [], rows: [], moreRows: 0, ...said });
  }
}

function columnOf({ name, typeId }: ReplayColumn): { readonly name: string; readonly type: string } {
  return { name, type: typeName(typeId) };
}

function unnamed(count: number): Open['columns'] {
  return Array.from({ length: count }, (_, index) => ({ name: `column${index + 1}`, type: 'unknown' }));
}

/** Shown as `\x…`. */
function hexOf(value: string | null): DecodedValue {
  return value === null ? null : { hex: value.slice(2) };
}

function copied(bytes: Buffer): DecodedValue {
  const text = bytes.toString('utf8');
  return text.includes('\uFFFD') || text.includes('\0') ? { hex: bytes.toString('hex') } : text.replace(/\n$/, '');
}

function noticeOf({ severity, code, message, detail, hint }: ReplayError): DecodedNotice {
  return {
    severity,
    message,
    ...(code === '' ? {} : { code }),
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** What a usual type is called in SQL, by its object id; `type 12345` for any other. */
export function typeName(typeId: number): string {
  return TYPE_NAMES[typeId] ?? `type ${typeId}`;
}

/** Names of the usual types by their object ids (pg_type.dat). */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  16: 'boolean',
  17: 'bytea',
  18: '"char"',
  19: 'name',
  20: 'bigint',
  21: 'smallint',
  23: 'integer',
  25: 'text',
  26: 'oid',
  114: 'json',
  142: 'xml',
  600: 'point',
  650: 'cidr',
  700: 'real',
  701: 'double precision',
  790: 'money',
  829: 'macaddr',
  869: 'inet',
  1000: 'boolean[]',
  1005: 'smallint[]',
  1007: 'integer[]',
  1009: 'text[]',
  1014: 'character[]',
  1015: 'character varying[]',
  1016: 'bigint[]',
  1042: 'character',
  1043: 'character varying',
  1082: 'date',
  1083: 'time',
  1114: 'timestamp',
  1184: 'timestamp with time zone',
  1186: 'interval',
  1266: 'time with time zone',
  1560: 'bit',
  1562: 'bit varying',
  1700: 'numeric',
  2205: 'regclass',
  2249: 'record',
  2278: 'void',
  2950: 'uuid',
  3802: 'jsonb',
  3904: 'int4range',
};
