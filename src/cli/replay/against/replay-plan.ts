import type { RecordedExchange, RecordedOperation } from './recorded-run.ts';
import { readReply } from './reply-content.ts';

/** Why something that was recorded is not sent again. */
export type SkipReason =
  | 'refused'
  | 'not-recorded'
  | 'writes'
  | 'large-object'
  | 'session-bound'
  | 'copy-input'
  | 'continued'
  | 'unreadable';

/** One statement of a batch as it is sent again. */
export interface SentStatement {
  readonly text: string;
  readonly parameters: readonly SentParameter[];
  /** Types that the client named for binary parameters; 0 leaves it to the server. */
  readonly types: readonly number[];
  /** False where it was parsed and described, and not run. */
  readonly runs: boolean;
}

export type SentParameter = { readonly bytes: Buffer; readonly format: 0 | 1 } | null;

/** What is sent for an exchange: a simple query, or a batch that ends in Sync. */
export type Sending =
  | { readonly kind: 'query'; readonly text: string; readonly copyInput: Buffer | undefined }
  | { readonly kind: 'batch'; readonly statements: readonly SentStatement[]; readonly copyInput: Buffer | undefined };

export type Step =
  | { readonly kind: 'send'; readonly exchange: RecordedExchange; readonly text: string; readonly sending: Sending }
  | {
      readonly kind: 'skip';
      readonly exchange: RecordedExchange;
      readonly text: string;
      readonly reason: SkipReason;
      readonly detail: string;
    };

/** What is to be sent again of what was recorded, in its order, and what is not. Pure. */
export function planReplay(exchanges: readonly RecordedExchange[], { writes }: { readonly writes: boolean }): Step[] {
  const suspended = new Map<string, Set<string>>();
  return exchanges.map((exchange) => {
    const own = suspended.get(exchange.session) ?? new Set<string>();
    suspended.set(exchange.session, own);
    return stepOf(exchange, own, writes);
  });
}

function stepOf(exchange: RecordedExchange, suspended: Set<string>, writes: boolean): Step {
  const { request, media, input, operations } = exchange;
  const items = request.bytes === undefined ? undefined : readItems(request.bytes, media);
  const text = items?.map((item) => item.text).join(';\n') ?? '';
  const skip = (reason: SkipReason, detail: string): Step => ({ kind: 'skip', exchange, text, reason, detail });
  if (request.bytes === undefined) return skip('not-recorded', request.missing);
  if (items === undefined) return skip('unreadable', 'its record is no list of statements');
  if (exchange.refusal !== undefined) return skip('refused', `the gateway said no: ${exchange.refusal}`);
  const bound = operations.flatMap(({ functions }) => functions).find((name) => SESSION_BOUND.test(bare(name)));
  if (bound !== undefined) return skip('session-bound', `${bound} names another session of the server that it ran on`);
  const large = operations.flatMap(({ functions }) => functions).find((name) => bare(name).startsWith('lo_'));
  if (large !== undefined) return skip('large-object', `${large} names large objects by numbers of the server`);
  if (!writes && (operations.some(mayWrite) || LETS_WRITE.test(text))) {
    return skip('writes', 'it may change something; --writes sends it');
  }
  if (input?.missing !== undefined) return skip('copy-input', `what it copied is not here: ${input.missing}`);
  const again = items.every((item) => item.again && suspended.has(item.text));
  if (again && items.length > 0) return skip('continued', 'its rows came with the statement that it goes on with');
  noteSuspended(exchange, items, suspended);
  return { kind: 'send', exchange, text, sending: sendingOf(exchange, items) };
}

const READING: ReadonlySet<string> = new Set(['read', 'session', 'transaction']);
const SESSION_BOUND = /^(?:pg_(?:cancel|terminate)_backend|pg_blocking_pids|pg_snapshot_\w+|txid_\w+)$/;
/** What would open a transaction that writes, in a session that may not. */
const LETS_WRITE = /\bread\s+write\b|\btransaction_read_only\b/i;

function mayWrite({ access }: RecordedOperation): boolean {
  return !READING.has(access);
}

function bare(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

interface Item {
  readonly text: string;
  readonly parameters?: readonly unknown[];
  readonly again: boolean;
}

/** The statements of a recorded body; undefined where it is not one that the gateway writes. */
function readItems(bytes: Buffer, media: string): readonly Item[] | undefined {
  const text = bytes.toString('utf8');
  if (media !== 'application/json') return [{ text, again: false }];
  let batch: unknown;
  try {
    batch = JSON.parse(text);
  } catch {
    return undefined; // the caller says that it cannot be read
  }
  if (!Array.isArray(batch)) return undefined;
  const items = batch.map((one: unknown) => itemOf(one));
  return items.every((item) => item !== undefined) ? items : undefined;
}

function itemOf(value: unknown): Item | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { text, parameters, again } = value as { text?: unknown; parameters?: unknown; again?: unknown };
  if (typeof text !== 'string') return undefined;
  if (parameters === undefined) return { text, again: again === true };
  return Array.isArray(parameters) ? { text, parameters, again: again === true } : undefined;
}

function sendingOf({ media, input, reply }: RecordedExchange, items: readonly Item[]): Sending {
  const copyInput = input?.bytes;
  if (media !== 'application/json') return { kind: 'query', text: items[0]?.text ?? '', copyInput };
  // A client may parse and bind first and run later: then nothing came back that a run would have brought.
  const content = reply?.bytes === undefined ? undefined : readReply(reply.bytes);
  const isPrepared = content !== undefined && content.error === undefined && content.results.length === 0;
  const statements = items.map(({ text, parameters, again }) => {
    const sent = (parameters ?? []).map(parameterOf);
    const runs = (again || parameters !== undefined) && !isPrepared;
    return { text, parameters: sent.map(({ value }) => value), types: sent.map(({ type }) => type), runs };
  });
  return { kind: 'batch', statements, copyInput };
}

function parameterOf(value: unknown): { readonly value: SentParameter; readonly type: number } {
  if (value === null || value === undefined) return { value: null, type: 0 };
  if (typeof value === 'string') return { value: { bytes: Buffer.from(value), format: 0 }, type: 0 };
  const { binary, bytes, type = 0 } = value as { binary?: string; bytes?: string; type?: number };
  if (binary !== undefined) return { value: { bytes: Buffer.from(binary, 'base64'), format: 1 }, type };
  return { value: { bytes: Buffer.from(bytes ?? '', 'base64'), format: 0 }, type: 0 };
}

/** A client that fetched some rows may have come again for more. */
function noteSuspended({ reply }: RecordedExchange, items: readonly Item[], suspended: Set<string>): void {
  const last = reply?.bytes === undefined ? undefined : readReply(reply.bytes).results.at(-1);
  for (const { text } of items) {
    if (last?.suspended === true) suspended.add(text);
    else suspended.delete(text);
  }
}
