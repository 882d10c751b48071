import type { Limits } from '../model/limits.ts';
import { type Span, traceRequest } from './otlp.ts';

export interface SpanQueueParts {
  /** What sends: the spans themselves stay the gateway's. */
  readonly resource: Span['attributes'];
  readonly version: string;
  /** Posts one request of OTLP/HTTP in JSON. Rejects where the collector did not take it. */
  readonly send: (body: string, signal: AbortSignal) => Promise<void>;
  readonly limits: Limits;
  /** Told once of each outage. */
  readonly onFault: (fault: unknown) => void;
}

/**
 * Spans on their way to a collector. It never blocks and is never waited for: a full queue drops what comes, and a batch
 * that the collector does not take is dropped, both counted. Traces are for looking, and the log is the record.
 */
export class SpanQueue implements AsyncDisposable {
  sent = 0;
  dropped = 0;
  readonly #parts: SpanQueueParts;
  readonly #ending = new AbortController();
  #queue: Span[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #isFailing = false;

  constructor(parts: SpanQueueParts) {
    this.#parts = parts;
  }

  get queued(): number {
    return this.#queue.length;
  }

  add(span: Span): void {
    const { traceQueueSpans, traceBatchSpans, traceFlushMs } = this.#parts.limits;
    if (this.#queue.length >= traceQueueSpans || this.#ending.signal.aborted) {
      this.dropped++;
      return;
    }
    this.#queue.push(span);
    if (this.#queue.length >= traceBatchSpans) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), traceFlushMs).unref();
  }

  /** Sends what waits, for as long as one batch may take, and drops the rest. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#flush();
    const last = setTimeout(() => this.#ending.abort(), this.#parts.limits.traceSendMs);
    await this.#sending;
    clearTimeout(last);
    clearTimeout(this.#timer);
    this.#ending.abort();
    this.dropped += this.#queue.length;
    this.#queue = [];
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = undefined));
  }

  async #sendAll(): Promise<void> {
    const { limits, resource, version, send, onFault } = this.#parts;
    while (this.#queue.length > 0 && !this.#ending.signal.aborted) {
      const batch = this.#queue.splice(0, limits.traceBatchSpans);
      const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(limits.traceSendMs)]);
      try {
        await send(JSON.stringify(traceRequest(batch, resource, version)), signal);
        this.sent += batch.length;
        this.#isFailing = false;
      } catch (cause) {
        this.dropped += batch.length;
        if (!this.#isFailing) onFault(cause);
        this.#isFailing = true;
        // One that is away would be asked again at once for each batch that waits.
        return;
      }
    }
  }
}
