/** W3C Trace Context, 3.2: `00-<trace, 32 hex>-<parent, 16 hex>-<flags, 2 hex>`; a trace or parent of zeros is none. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;
const SAMPLED = '01';

/**
 * The `TRACEPARENT` of what a run starts: the caller's trace with a span of the run's own, or a new trace where none
 * was given. `random` gives so many bytes.
 */
export function traceParent(given: string | undefined, random: (bytes: number) => Uint8Array): string {
  const [, trace, flags] = TRACEPARENT.exec(given ?? '') ?? [];
  return `00-${trace ?? hex(random(16))}-${hex(random(8))}-${flags ?? SAMPLED}`;
}

/** What a run says of the trace that it belongs to, for the gateway to continue: nothing where it was given none. */
export function traceLabel(given: string | undefined): Readonly<Record<string, string>> {
  return given !== undefined && TRACEPARENT.test(given) ? { traceparent: given } : {};
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
