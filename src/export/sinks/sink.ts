import type { Formatted } from '../formats/format.ts';

/** Events that are sent at once: at least one, and of one log. */
export interface Batch {
  /** The id of its first event: the same at every attempt, and after a restart. */
  readonly id: string;
  readonly origin: string;
  readonly events: readonly Formatted[];
}

/** Where events go. */
export interface Sink extends AsyncDisposable {
  /**
   * Resolves once the receiver has all of them for good. Throws a `SinkFault` where it has not: then all of them are sent
   * again.
   */
  send(batch: Batch, signal: AbortSignal): Promise<void>;
}

/** Why a batch did not arrive, in words that a person may read; no secret is in them. */
export class SinkFault extends Error {
  /** True where the receiver said no to what was sent, and not to being sent something now. */
  readonly isRejection: boolean;
  /** The receiver asks to be left alone for so long. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    more: { readonly isRejection?: boolean; readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'SinkFault';
    this.isRejection = more.isRejection ?? false;
    this.retryAfterMs = more.retryAfterMs;
  }
}

export interface HttpRequest {
  readonly method: 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly allowPrivate: boolean;
  readonly insecureLoopback: boolean;
  readonly ca?: string | undefined;
}

/**
 * Sends a request to an address that somebody configured, checked on what the connection really goes to; time and size
 * of the answer are bounded, and no redirect is followed. Rejects where there is no answer.
 */
export type HttpSend = (
  request: HttpRequest,
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly text: string; readonly retryAfterMs?: number }>;
