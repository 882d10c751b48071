/** Each metric: its name, what it says, and where it is read. docs/reference/metrics.md has the same list. */
import { type Family, family, one } from './family.ts';
import type { GatewayTotals } from './gateway-totals.ts';
import type { Sample } from './hot-histogram.ts';
import { trafficFamilies } from './traffic-families.ts';

export interface GatewayState {
  readonly totals: GatewayTotals;
  readonly version: string;
  readonly nowMs: () => number;
  connections(): number;
  openRuns(): number;
  readonly log: {
    /** Entries, and when the newest checkpoint was signed; undefined where there is none. */
    head(): Promise<{ readonly size: number; readonly signedAtMs: number } | undefined>;
    isFaulty(): boolean;
    /** What is recorded and not yet sealed. */
    backlog(): { readonly waitingMs: number; readonly bytes: number };
    /** Entries that a quorum of witnesses cosigned, where there are witnesses; alarms that nobody has looked into; whether it is signed. */
    published(): { readonly witnessed: number | undefined; readonly openAlarms: number; readonly isSigned: boolean };
  };
  /** Each export, as far as it has come. */
  exports(): Promise<readonly ExportState[]>;
  /** Asks the store the least there is to ask; rejects where it does not answer. */
  probeStore(): Promise<void>;
  pendingApprovals(): Promise<number>;
  /** Counters of budgets, those used last first. */
  budgets(): Promise<readonly BudgetState[]>;
  /** Spans that were sent and dropped, where there are traces. */
  traces(): { readonly sent: number; readonly dropped: number; readonly queued: number } | undefined;
}

export interface ExportState {
  readonly name: string;
  readonly kind: string;
  readonly state: 'ok' | 'failing' | 'off';
  readonly behind: number;
  readonly behindMs: number;
  readonly delivered: number;
  readonly aside: number;
}

export interface BudgetState {
  readonly rule: string;
  readonly measure: string;
  readonly per: string;
  readonly spent: number;
  /** All that may be spent. */
  readonly most: number;
}

export async function familiesOf(state: GatewayState): Promise<readonly Family[]> {
  const faults = { count: 0 };
  const tried = async <Value>(read: () => Promise<Value>, otherwise: Value): Promise<Value> =>
    read().catch(() => {
      faults.count++;
      return otherwise;
    });
  const [head, exports, store, approvals, budgets] = await Promise.all([
    tried(() => state.log.head(), undefined),
    tried(() => state.exports(), []),
    tried(() => timed(() => state.probeStore()), undefined),
    tried(() => state.pendingApprovals(), undefined),
    tried(() => state.budgets(), []),
  ]);
  return [
    one('chaperone_info', 'gauge', 'Which gateway this is; always 1.', 1, { version: state.version }),
    ...trafficFamilies(state.totals),
    one('chaperone_connections', 'gauge', 'Client connections that are open.', state.connections()),
    one('chaperone_runs_open', 'gauge', 'Runs that this gateway’s log has open.', state.openRuns()),
    one(
      'chaperone_log_up',
      'gauge',
      '1 while everything can be recorded; 0: requests are refused.',
      state.log.isFaulty() ? 0 : 1,
    ),
    ...(head === undefined ? [] : logFamilies(head, state.nowMs())),
    ...backlogFamilies(state.log.backlog()),
    ...publishedFamilies(state.log.published()),
    one('chaperone_store_up', 'gauge', '1 where the store answered this scrape.', store === undefined ? 0 : 1),
    ...(store === undefined
      ? []
      : [
          one(
            'chaperone_store_probe_seconds',
            'gauge',
            'How long the store took for the least there is to ask.',
            store,
          ),
        ]),
    ...(approvals === undefined
      ? []
      : [
          one(
            'chaperone_approvals_pending',
            'gauge',
            'Requests that wait for people, of all gateways of the store.',
            approvals,
          ),
        ]),
    ...budgetFamilies(budgets),
    ...exportFamilies(exports.filter((one) => one.state !== 'off')),
    ...traceFamilies(state.traces()),
    one(
      'chaperone_scrape_faults',
      'gauge',
      'Parts of this answer that could not be learned and are left out.',
      faults.count,
    ),
  ];
}

function logFamilies(
  { size, signedAtMs }: { readonly size: number; readonly signedAtMs: number },
  nowMs: number,
): readonly Family[] {
  const age = Math.max(0, nowMs - signedAtMs) / 1000;
  return [
    one('chaperone_log_entries', 'gauge', 'Entries of the log under its newest checkpoint.', size),
    one('chaperone_log_checkpoint_age_seconds', 'gauge', 'Age of the newest checkpoint.', age),
  ];
}

function backlogFamilies({ waitingMs, bytes }: ReturnType<GatewayState['log']['backlog']>): readonly Family[] {
  const waiting = 'How long what is recorded waits to be sealed; 0 where nothing does.';
  return [
    one('chaperone_log_journal_lag_seconds', 'gauge', waiting, waitingMs / 1000),
    one('chaperone_log_sealer_backlog_bytes', 'gauge', 'What was handed to the sealer and waits for it.', bytes),
  ];
}

/** The fullest counter of each: there may be one for every run. */
function budgetFamilies(budgets: readonly BudgetState[]): readonly Family[] {
  if (budgets.length === 0) return [];
  const fullest = new Map<string, Sample>();
  for (const { rule, measure, per, spent, most } of budgets) {
    const key = JSON.stringify([rule, measure, per]);
    const value = Math.max(most === 0 ? 1 : spent / most, fullest.get(key)?.value ?? 0);
    fullest.set(key, { labels: { rule, measure, per }, value });
  }
  const help = 'How much of a rule’s budget is spent, where it is most; 1 is all of it.';
  return [family('chaperone_budget_used_ratio', 'gauge', help, [...fullest.values()])];
}

function publishedFamilies({
  witnessed,
  openAlarms,
  isSigned,
}: ReturnType<GatewayState['log']['published']>): readonly Family[] {
  const signing = one(
    'chaperone_log_signing',
    'gauge',
    '1 while checkpoints are signed; 0 while they fail.',
    isSigned ? 1 : 0,
  );
  const alarms = one('chaperone_log_alarms', 'gauge', 'Alarms of witnesses that nobody has looked into.', openAlarms);
  if (witnessed === undefined) return [signing, alarms];
  const help = 'Entries of the log that a quorum of witnesses cosigned.';
  return [one('chaperone_log_witnessed_entries', 'gauge', help, witnessed), signing, alarms];
}

function exportFamilies(exports: readonly ExportState[]): readonly Family[] {
  if (exports.length === 0) return [];
  const of = (name: string, type: Family['type'], help: string, read: (state: ExportState) => number) =>
    family(
      name,
      type,
      help,
      exports.map((state) => ({ labels: { export: state.name, kind: state.kind }, value: read(state) })),
    );
  return [
    of('chaperone_export_up', 'gauge', '1 while an export goes on; 0 while it is failing.', ({ state }) =>
      state === 'ok' ? 1 : 0,
    ),
    of(
      'chaperone_export_behind_entries',
      'gauge',
      'Entries of the log that an export has still to read.',
      ({ behind }) => behind,
    ),
    of('chaperone_export_behind_seconds', 'gauge', 'Age of the oldest of them.', ({ behindMs }) => behindMs / 1000),
    of(
      'chaperone_export_delivered_total',
      'counter',
      'Events that an export delivered since it was declared.',
      ({ delivered }) => delivered,
    ),
    of('chaperone_export_aside_total', 'counter', 'Events that an export put aside.', ({ aside }) => aside),
  ];
}

function traceFamilies(traces: ReturnType<GatewayState['traces']>): readonly Family[] {
  if (traces === undefined) return [];
  return [
    one('chaperone_trace_spans_sent_total', 'counter', 'Spans that the collector took.', traces.sent),
    one(
      'chaperone_trace_spans_dropped_total',
      'counter',
      'Spans that were dropped: the queue was full, or the collector away.',
      traces.dropped,
    ),
    one('chaperone_trace_spans_queued', 'gauge', 'Spans that wait.', traces.queued),
  ];
}

async function timed(work: () => Promise<void>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return (performance.now() - beganMs) / 1000;
}
