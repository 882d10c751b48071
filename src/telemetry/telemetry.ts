import type { Limits } from '../model/limits.ts';
import { GatewayTotals } from './gateway-totals.ts';
import { traceSession } from './session-trace.ts';
import { SpanQueue, type SpanQueueParts } from './span-queue.ts';

export interface TelemetryParts {
  /** Where spans go; nothing is traced where it is absent. */
  readonly traces?: {
    readonly ratio: number;
    readonly send: SpanQueueParts['send'];
    readonly resource: SpanQueueParts['resource'];
  };
  readonly version: string;
  readonly limits: Limits;
  readonly onFault: (fault: unknown) => void;
}

/** What the gateway is measured by: it hands `totals` to the data plane as its watch. */
export interface Telemetry extends AsyncDisposable {
  readonly totals: GatewayTotals;
  /** Undefined where nothing is traced. */
  readonly spans: SpanQueue | undefined;
}

export function openTelemetry({ traces, version, limits, onFault }: TelemetryParts): Telemetry {
  const spans = traces && new SpanQueue({ ...traces, version, limits, onFault });
  const totals = new GatewayTotals(
    traces &&
      spans &&
      ((id, principal, target) =>
        traceSession(id, principal, target, { ratio: traces.ratio, add: (span) => spans.add(span) })),
  );
  return { totals, spans, [Symbol.asyncDispose]: async () => spans?.[Symbol.asyncDispose]() };
}
