import { hostname } from 'node:os';
import { post } from '../../approvals/channels/outgoing.ts';
import type { OpenAuditLog } from '../../audit/open-audit-log.ts';
import { readLogHead } from '../../audit/read/read-log.ts';
import type { BudgetService } from '../../budgets/budget-service.ts';
import type { ExportService } from '../../export/export-service.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Store } from '../../store/store.ts';
import { type Metrics, openMetrics } from '../../telemetry/metrics.ts';
import { openTelemetry, type Telemetry } from '../../telemetry/telemetry.ts';
import { headersOf, type TraceConfig } from './trace-config.ts';

export interface MeasureParts {
  readonly version: string;
  readonly onFault: (fault: unknown) => void;
}

/** Counts, clocks and spans of the data plane, which has it as its watch. */
export function openGatewayTelemetry(traces: TraceConfig | undefined, { version, onFault }: MeasureParts): Telemetry {
  return openTelemetry({ ...(traces && { traces: spansTo(traces, version) }), version, limits: LIMITS, onFault });
}

function spansTo({ endpoint, ratio, serviceName, headers, ca }: TraceConfig, version: string) {
  return {
    ratio,
    resource: { 'service.name': serviceName, 'service.version': version, 'host.name': hostname() },
    send: async (body: string, signal: AbortSignal) => {
      const answer = await post(
        {
          url: endpoint,
          headers: { ...headersOf(headers.reveal()), 'content-type': 'application/json' },
          body,
          // A collector is part of the deployment, and as a rule in its private network.
          allowPrivate: true,
          insecureLoopback: true,
          ca,
          sendMs: LIMITS.traceSendMs,
        },
        signal,
      );
      if (answer.status >= 200 && answer.status < 300) return;
      throw new Error(`the collector of traces answered ${answer.status}`);
    },
  };
}

export interface MetricParts extends MeasureParts {
  readonly store: Store;
  readonly log: Pick<OpenAuditLog, 'directory' | 'fault' | 'published' | 'backlog'>;
  readonly audit: { openRuns(): readonly unknown[] };
  readonly telemetry: Telemetry;
  readonly exports: ExportService;
  readonly budgets: Pick<BudgetService, 'list'>;
  readonly connections: { readonly size: number };
  readonly nowMs: () => number;
}

/** What is read when somebody scrapes. */
export function openGatewayMetrics(parts: MetricParts): Metrics & Disposable {
  const { store, log, audit, telemetry, exports, budgets, connections, version, nowMs } = parts;
  return openMetrics({
    totals: telemetry.totals,
    version,
    nowMs,
    connections: () => connections.size,
    openRuns: () => audit.openRuns().length,
    log: {
      head: () => readLogHead(log.directory),
      isFaulty: () => log.fault !== undefined,
      backlog: () => log.backlog,
      published: () => {
        const { witnessing, alarms, signing } = log.published.status;
        const openAlarms = alarms.filter(({ acknowledged }) => acknowledged === undefined).length;
        return { witnessed: witnessing?.size, openAlarms, isSigned: signing.fault === undefined };
      },
    },
    exports: () => exports.list(),
    probeStore: async () => {
      await store.read((db) => db.selectFrom('deployment').select('id').execute());
    },
    pendingApprovals: async () => {
      const count = await store.read((db) =>
        db
          .selectFrom('approvals')
          .select((query) => query.fn.countAll<string | number>().as('pending'))
          .where('state', '=', 'pending')
          .executeTakeFirstOrThrow(),
      );
      return Number(count.pending);
    },
    budgets: async () => {
      const counters = await budgets.list({ limit: LIMITS.scrapedBudgets });
      return counters.map(({ most, granted, ...counter }) => ({ ...counter, most: most + granted }));
    },
    traces: () => telemetry.spans,
  });
}
