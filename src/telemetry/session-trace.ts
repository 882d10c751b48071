import type { SessionOutcome } from '../audit/recorder.ts';
import type { SessionId } from '../model/ids.ts';
import type { Principal } from '../model/principal.ts';
import type { Operation } from '../model/request.ts';
import type { Target } from '../model/target.ts';
import { exchangeSpanId, parseTraceParent, runTraceId, sessionSpanId } from '../model/trace-ids.ts';
import type { Span } from './otlp.ts';
import type { ClockedExchange, TraceOutlet } from './session-clock.ts';

export interface TraceOptions {
  /** Share of the runs that are traced, 0 to 1, where the run's own trace does not say. */
  readonly ratio: number;
  readonly add: (span: Span) => void;
}

/**
 * Spans of one session: one for itself and one for each exchange below it, in the trace that the run brought or in one of
 * the run's own. They carry no statement. Undefined where the trace is not sampled.
 */
export function traceSession(
  id: SessionId,
  principal: Principal,
  target: Target,
  { ratio, add }: TraceOptions,
): TraceOutlet | undefined {
  const brought = parseTraceParent(principal.run.asserted['traceparent']);
  const traceId = brought?.traceId ?? runTraceId(principal.run.id);
  if (!(brought?.sampled ?? isSampled(traceId, ratio))) return undefined;
  const spanId = sessionSpanId(id);
  const common = commonAttributes(id, principal, target);
  const beganNs = epochNs(performance.now());
  return {
    exchange: (exchange) => add(exchangeSpan(exchange, { traceId, parentSpanId: spanId, id, target, common })),
    closed: (outcome: SessionOutcome) =>
      add({
        traceId,
        spanId,
        ...(brought && { parentSpanId: brought.spanId }),
        name: `session ${target.name}`,
        kind: 'server',
        startNs: beganNs,
        endNs: epochNs(performance.now()),
        attributes: { ...common, 'chaperone.session.outcome': outcome },
        events: [],
        isError: outcome === 'faulted' || outcome === 'upstreamLost' || outcome === 'gatewayFailed',
      }),
  };
}

/** As TraceIdRatioBased has it: the same answer for one trace wherever it is asked. */
function isSampled(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(-13), 16) / 16 ** 13 < ratio;
}

/** Semantic conventions for databases (stable) and for CI and version control (release candidate). */
function commonAttributes(id: SessionId, principal: Principal, target: Target): Span['attributes'] {
  const { run } = principal;
  const { workload } = run;
  return {
    'db.system.name': SYSTEMS[target.protocol] ?? target.protocol,
    'db.namespace': target.database,
    'chaperone.target': target.name,
    'chaperone.session.id': id,
    'chaperone.run.id': run.id,
    'chaperone.principal.id': principal.id,
    'cicd.pipeline.run.id': workload.runId,
    'cicd.pipeline.run.url.full': workload.runInvocationUri,
    'cicd.pipeline.name': workload.buildConfigUri,
    'vcs.repository.url.full': workload.sourceRepositoryUri,
    'vcs.ref.head.name': workload.sourceRef,
    'vcs.ref.head.revision': workload.sourceDigest,
  };
}

const SYSTEMS: Readonly<Record<string, string>> = { postgres: 'postgresql' };

interface Above {
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly id: SessionId;
  readonly target: Target;
  readonly common: Span['attributes'];
}

function exchangeSpan(exchange: ClockedExchange, { traceId, parentSpanId, id, target, common }: Above): Span {
  const { request, decision, outcome, code, rows, bytes, beganMs, overMs, stages, number } = exchange;
  const { operations } = request;
  const isError = outcome !== 'ok' && outcome !== 'cancelled';
  return {
    traceId,
    spanId: exchangeSpanId(id, number),
    parentSpanId,
    name: summaryOf(operations, target),
    kind: 'client',
    startNs: epochNs(beganMs),
    endNs: epochNs(overMs),
    attributes: {
      ...common,
      'db.operation.name': operations.length === 1 ? operations[0]?.kind : undefined,
      'db.operation.batch.size': operations.length > 1 ? operations.length : undefined,
      'db.collection.name': oneTable(operations),
      'db.query.summary': summaryOf(operations, target),
      'db.response.status_code': outcome === 'error' ? code : undefined,
      'db.response.returned_rows': rows,
      'error.type': isError ? (code ?? outcome) : undefined,
      'chaperone.exchange': number,
      'chaperone.outcome': outcome,
      'chaperone.reply.bytes': bytes,
      'chaperone.decision': decision?.effect,
      'chaperone.rules': decision?.rules.slice(0, MAX_RULES),
      'chaperone.policy': decision?.policy,
    },
    events: stages.map(([name, atMs]) => ({ name, atNs: epochNs(atMs) })),
    isError,
  };
}

const MAX_RULES = 20;
/** As the conventions bound a summary. */
const MAX_SUMMARY_CHARACTERS = 255;

/** `select public.orders; insert public.notes`: of low cardinality, and no word of the client's own but names. */
function summaryOf(operations: readonly Operation[], target: Target): string {
  const parts = operations.map(({ kind, tables }) => [kind, ...tables.map(tableName)].join(' '));
  const summary = [...new Set(parts)].join('; ').slice(0, MAX_SUMMARY_CHARACTERS);
  return summary === '' ? target.name : summary;
}

function oneTable(operations: readonly Operation[]): string | undefined {
  const names = new Set(operations.flatMap(({ tables }) => tables.map(tableName)));
  return names.size === 1 ? [...names][0] : undefined;
}

function tableName({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return schema === '' ? name : `${schema}.${name}`;
}

/** Of a time of the monotonic clock, milliseconds. */
function epochNs(ms: number): bigint {
  return BigInt(Math.round((performance.timeOrigin + ms) * 1_000)) * 1_000n;
}
