/** Trace context (W3C Trace Context, level 1): by which ids what a run did is known to whoever traces it. */
import { createHash } from 'node:crypto';

export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16. */
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Reads a `traceparent`; undefined where it is none that may be continued. */
export function parseTraceParent(text: string | undefined): TraceParent | undefined {
  const [, traceId, spanId, flags] =
    /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags ?? '0', 16) & 1) === 1 };
}

/** The trace of a run that brought none: the same for every session of it, through whichever gateway. */
export function runTraceId(run: string): string {
  return digest(`trace/${run}`).slice(0, 32);
}

export function exchangeSpanId(session: string, exchange: number): string {
  return digest(`span/${session}/${exchange}`).slice(0, 16);
}

export function sessionSpanId(session: string): string {
  return digest(`span/${session}`).slice(0, 16);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
