import type { Duplex } from 'node:stream';
import { Client, DatabaseError, Query, type QueryArrayConfig, type QueryArrayResult } from 'pg';
import { LIMITS } from '../../../model/limits.ts';
import type { JsonObject } from '../../../protocols/mcp/federation/lossless-json.ts';
import type { Answered } from '../../../protocols/mcp/own/own-tools.ts';
import type { OpenWay } from './way-in.ts';

/** Runs statements in a session of their own and says what came of it, cut where it is long. Throws where `signal` aborts. */
export async function runSql(
  way: OpenWay,
  sql: string,
  target: string,
  signal: AbortSignal,
  waitMs: number = LIMITS.ownQueryMs,
): Promise<Answered> {
  const client = new Client({
    user: way.user,
    password: way.password,
    database: target,
    stream: () => asSocket(way.stream),
    application_name: 'chaperone query',
    // Of the statement, its wait for people included: the gateway tells why before it is over.
    statement_timeout: waitMs,
  });
  const leave = (): void => void way.stream.destroy();
  signal.addEventListener('abort', leave, { once: true });
  // A connection that breaks rejects what waits for it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const data = await resultsOf(client, sql);
    await client.end();
    return { kind: 'data', data };
  } catch (cause) {
    signal.throwIfAborted();
    return toldFailure(cause, way);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

interface ShownResult {
  readonly columns: readonly string[];
  readonly rows: Cell[][];
  command: string;
  rowCount: number | null;
  cut: boolean;
}

type Cell = string | number | boolean | null;

function resultsOf(client: Client, text: string): Promise<JsonObject> {
  const shown = new Map<unknown, ShownResult>();
  const order: ShownResult[] = [];
  let [rows, bytes] = [0, 0];
  const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
  // Its types know rows as arrays of queries that gather them all, and of no others.
  const asked: QueryArrayConfig = { text, rowMode: 'array', types: { getTypeParser: parserOf } };
  const query = new Query<Cell[]>(asked);
  const resultOf = (result: Pick<QueryArrayResult, 'fields'>): ShownResult => {
    const known = shown.get(result);
    if (known !== undefined) return known;
    const columns = result.fields.map(({ name }) => name);
    const made: ShownResult = { columns, rows: [], command: '', rowCount: null, cut: false };
    shown.set(result, made);
    order.push(made);
    return made;
  };
  query.on('row', (row, result) => {
    const into = resultOf(result as Pick<QueryArrayResult, 'fields'>);
    const size = Buffer.byteLength(JSON.stringify(row));
    if (rows >= LIMITS.ownQueryRows || bytes + size > LIMITS.ownQueryBytes) {
      into.cut = true;
      return;
    }
    rows++;
    bytes += size;
    into.rows.push(row);
  });
  query.on('error', reject);
  query.on('end', (ended: unknown) => {
    for (const result of [ended].flat() as QueryArrayResult[]) {
      const into = resultOf(result);
      into.command = result.command;
      into.rowCount = result.rowCount;
    }
    resolve({ results: order.map((one) => ({ ...one })) });
  });
  client.query(query);
  return promise;
}

/** As PostgreSQL writes values, but what JSON has as well. */
function parserOf(oid: number): (text: string) => Cell {
  if (oid === BOOL) return (text) => text === 't';
  return oid === INT2 || oid === INT4 ? Number : (text) => text;
}

const BOOL = 16;
const INT2 = 21;
const INT4 = 23;

function toldFailure(cause: unknown, way: OpenWay): Answered {
  const refusal = way.refusal();
  if (refusal !== undefined) {
    const { code, message, hint } = refusal;
    return { kind: 'refused', why: hint === undefined ? message : `${message} ${hint}`, data: { code } };
  }
  if (!(cause instanceof DatabaseError)) return { kind: 'refused', why: 'the connection to the target broke off' };
  const { message, detail, hint, code } = cause;
  const why = [message, detail, hint].filter((one) => one !== undefined && one !== '').join(' ');
  const [, refused, rule] = /^Refused: ([a-z-]+)(?:, by the rule "(.*)")?\.$/s.exec(detail ?? '') ?? [];
  const [approval] = /\bapr_[0-9a-z]{26}\b/.exec(message) ?? [];
  const [url] = /https?:\/\/\S+$/.exec(hint ?? '') ?? [];
  const data = { code: refused, sqlstate: code, rule, hint, approval, approvalUrl: approval && url };
  return { kind: 'refused', why, data };
}

/** What `pg` asks of a socket beside what a stream is. */
function asSocket(stream: Duplex): Duplex {
  return Object.assign(stream, {
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
    ref: () => stream,
    unref: () => stream,
    connect: () => {
      setImmediate(() => stream.emit('connect'));
      return stream;
    },
  });
}
