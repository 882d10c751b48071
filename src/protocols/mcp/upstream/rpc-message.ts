import { spanOf } from './json-span.ts';

/**
 * One message of JSON-RPC 2.0, as far as an adapter must know it to carry it. Ids and tokens are JSON as it was written, so
 * that they come back as they were.
 */
export type RpcMessage =
  | {
      readonly kind: 'request';
      readonly text: string;
      readonly method: string;
      readonly id: string;
      readonly progressToken: string | undefined;
      /** True where it says everything itself (2026-07-28), and so belongs to no session. */
      readonly modern: boolean;
      /** False where it says so and leaves out what each request must say. */
      readonly sound: boolean;
    }
  | {
      readonly kind: 'notification';
      readonly text: string;
      readonly method: string;
      /** Of `notifications/progress`. */
      readonly progressToken: string | undefined;
      /** Of `notifications/cancelled`. */
      readonly requestId: string | undefined;
      /** The request whose stream it is for (2026-07-28). */
      readonly subscription: string | undefined;
    }
  | {
      readonly kind: 'response';
      readonly text: string;
      readonly id: string;
      readonly errorCode: number | undefined;
    };

/** Where a message has its parts. */
export const ID = ['id'] as const;
export const ASKED_PROGRESS = ['params', '_meta', 'progressToken'] as const;
export const TOLD_PROGRESS = ['params', 'progressToken'] as const;
export const CANCELLED = ['params', 'requestId'] as const;
export const SUBSCRIPTION = ['params', '_meta', 'io.modelcontextprotocol/subscriptionId'] as const;
/** What each request of 2026-07-28 says (basic, "_meta"). */
const ENVELOPE = ['protocolVersion', 'clientCapabilities'].map((name) => [
  'params',
  '_meta',
  `io.modelcontextprotocol/${name}`,
]);

/** Undefined where the text is no message: not JSON, several in one (batches of 2025-03-26), or of neither shape. */
export function readMessage(text: string): RpcMessage | undefined {
  const value = parsed(text);
  if (value === undefined) return undefined;
  const { method } = value;
  const id = value['id'] === null ? undefined : rawOf(text, ID);
  if (typeof method === 'string' && id === undefined) {
    return {
      kind: 'notification',
      text,
      method,
      progressToken: rawOf(text, TOLD_PROGRESS),
      requestId: rawOf(text, CANCELLED),
      subscription: rawOf(text, SUBSCRIPTION),
    };
  }
  if (id === undefined) return undefined;
  if (typeof method === 'string') {
    const said = ENVELOPE.filter((path) => rawOf(text, path) !== undefined).length;
    return {
      kind: 'request',
      text,
      method,
      id,
      progressToken: rawOf(text, ASKED_PROGRESS),
      modern: said > 0,
      sound: said === ENVELOPE.length,
    };
  }
  if (!('result' in value || 'error' in value)) return undefined;
  return { kind: 'response', text, id, errorCode: codeOf(value['error']) };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    // Not JSON is the answer here, not a failure.
    return undefined;
  }
}

function rawOf(text: string, path: readonly string[]): string | undefined {
  const span = spanOf(text, path);
  return span === undefined ? undefined : text.slice(...span);
}

function codeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}
