import type { JsonValue } from '../../model/http.ts';
import type { Refusal, RefusalCode } from '../../model/refusal.ts';
import type { WaitingNotice } from '../protocol.ts';
import type { Asked } from './inspect.ts';
import { isModern } from './versions.ts';

/** A refusal as a message, and the status of the HTTP reply that holds it. */
export interface ToldMessage {
  readonly status: number;
  readonly message: JsonValue;
}

export interface Telling {
  readonly waiting?: WaitingNotice | undefined;
  readonly status?: number | undefined;
  /** True where its client takes no result: it has asked for a task in its place. */
  readonly asError?: boolean;
}

/** What is no word about the message: clients see in the status that it is worth another try. */
const OF_THE_GATEWAY: Partial<Record<RefusalCode, number>> = {
  'record-unavailable': 503,
  'budget-unavailable': 503,
  'connection-limit': 503,
  draining: 503,
  'session-ended': 503,
  'upstream-unavailable': 502,
  'rate-limited': 429,
};

/** Of errors that the specification has no code for; the refusal's own is in `data`. */
const REFUSED = -32010;
const METHOD_UNKNOWN = -32601;

/**
 * Says no in JSON-RPC's words: a tool's call has a result with `isError`, which agents read; all else is an error.
 * Undefined where nobody asked for an answer by a message: the HTTP reply says it alone.
 */
export function toldMessage(
  asked: Asked,
  refusal: Refusal,
  { waiting, status = OF_THE_GATEWAY[refusal.code], asError = false }: Telling = {},
): ToldMessage | undefined {
  const data = dataOf(refusal, waiting);
  if (asked.kind === 'mistake') {
    const error = { code: asked.code, message: refusal.message, data };
    return { status: asked.status, message: { jsonrpc: '2.0', id: asked.id ?? null, error } };
  }
  if (asked.kind !== 'message') return undefined;
  const { message, version } = asked;
  if (message.kind !== 'request') {
    return {
      status: status ?? 403,
      message: { jsonrpc: '2.0', id: null, error: { code: REFUSED, message: refusal.message, data } },
    };
  }
  const { id, method } = message;
  if (method === 'tools/call' && status === undefined && !asError) {
    const result = {
      content: [{ type: 'text', text: wordsOf(refusal, waiting) }],
      isError: true,
      _meta: { 'chaperone/refusal': data },
      ...(isModern(version) ? { resultType: 'complete' } : {}),
    };
    return { status: 200, message: { jsonrpc: '2.0', id, result } };
  }
  const isUnknown = refusal.code === 'request-unknown';
  const error = { code: isUnknown ? METHOD_UNKNOWN : REFUSED, message: refusal.message, data };
  return { status: status ?? (isUnknown && isModern(version) ? 404 : 200), message: { jsonrpc: '2.0', id, error } };
}

function dataOf({ code, rule, hint }: Refusal, waiting: WaitingNotice | undefined): JsonValue {
  return {
    code,
    ...(rule === undefined ? {} : { rule }),
    ...(hint === undefined ? {} : { hint }),
    ...(waiting === undefined ? {} : { approval: waiting.approval, approvalUrl: waiting.url }),
  };
}

/** For an agent: why, by which rule, and what to do. */
function wordsOf({ code, message, rule, hint }: Refusal, waiting: WaitingNotice | undefined): string {
  const by = rule === undefined ? code : `${code}, by the rule "${rule}"`;
  const asked = waiting === undefined ? '' : ` The approval is ${waiting.approval}, at ${waiting.url}.`;
  return `Refused by Chaperone: ${message} (${by}).${asked}${hint === undefined ? '' : ` ${hint}`}`;
}
