/** Each metric: its name, what it says, and where it is read. docs/reference/metrics.md has the same list. */
import type { GatewayTotals } from './gateway-totals.ts';
import type { Sample } from './hot-histogram.ts';
import type { Family } from './metrics.ts';
import { OUTCOMES, type TargetTotals } from './target-totals.ts';

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
    /** Entries that a quorum of witnesses cosigned, where there are witnesses; alarms that nobody has looked into. */
    published(): { readonly witnessed: number | undefined; readonly openAlarms: number };
  };
  /** Each export, as far as it has come. */
  exports(): Promise<readonly ExportState[]>;
  /** Asks the store the least there is to ask; rejects where it does not answer. */
  probeStore(): Promise<void>;
  pendingApprovals(): Promise<number>;
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

export async function familiesOf(state: GatewayState): Promise<readonly Family[]> {
  const faults = { count: 0 };
  const tried = async <Value>(read: () => Promise<Value>, otherwise: Value): Promise<Value> =>
    read().catch(() => {
      faults.count++;
      return otherwise;
    });
  const [head, exports, store, approvals] = await Promise.all([
    tried(() => state.log.head(), undefined),
    tried(() => state.exports(), []),
    tried(() => timed(() => state.probeStore()), undefined),
    tried(() => state.pendingApprovals(), undefined),
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

function publishedFamilies({ witnessed, openAlarms }: ReturnType<GatewayState['log']['published']>): readonly Family[] {
  const alarms = one('chaperone_log_alarms', 'gauge', 'Alarms of witnesses that nobody has looked into.', openAlarms);
  if (witnessed === undefined) return [alarms];
  const help = 'Entries of the log that a quorum of witnesses cosigned.';
  return [one('chaperone_log_witnessed_entries', 'gauge', help, witnessed), alarms];
}

function trafficFamilies(totals: GatewayTotals): readonly Family[] {
  return [...requestFamilies(totals), ...timeFamilies(totals), ...replyFamilies(totals), ...sessionFamilies(totals)];
}

/** One sample a target or more. */
function eachTarget(
  { targets }: GatewayTotals,
  read: (totals: TargetTotals, target: string) => readonly Sample[],
): readonly Sample[] {
  return [...targets].flatMap(([target, totals]) => read(totals, target));
}

function requestFamilies(all: GatewayTotals): readonly Family[] {
  return [
    family(
      'chaperone_exchanges_total',
      'counter',
      'Requests, by how each ended.',
      eachTarget(all, ({ outcomes }, target) =>
        OUTCOMES.map((outcome) => ({ labels: { target, outcome }, value: outcomes[outcome] })),
      ),
    ),
    family(
      'chaperone_decisions_total',
      'counter',
      'Requests, by what policy said at first.',
      eachTarget(all, ({ permitted, denied }, target) => [
        { labels: { target, effect: 'permit' }, value: permitted },
        { labels: { target, effect: 'deny' }, value: denied },
      ]),
    ),
    family(
      'chaperone_refusals_total',
      'counter',
      'Requests that were refused, by the code of the refusal.',
      eachTarget(all, ({ refusals }, target) => byKey(refusals, 'code', { target })),
    ),
    family(
      'chaperone_admissions_refused_total',
      'counter',
      'Connections that were not let in, by the code of the refusal.',
      byKey(all.turnedAwayBy, 'code', {}),
    ),
  ];
}

function timeFamilies(all: GatewayTotals): readonly Family[] {
  const histogram = (name: string, help: string, of: 'overhead' | 'upstream' | 'holds') =>
    family(
      name,
      'histogram',
      help,
      eachTarget(all, (totals, target) => totals[of].samples(name, { target })),
    );
  return [
    perTarget(all, 'chaperone_holding', 'gauge', 'Requests that wait for people here.', ({ holding }) => holding),
    histogram('chaperone_hold_seconds', 'How long requests waited for people.', 'holds'),
    histogram(
      'chaperone_exchange_overhead_seconds',
      'What the gateway itself took for a request: without upstream, people and client.',
      'overhead',
    ),
    histogram('chaperone_upstream_seconds', 'How long the target was waited for.', 'upstream'),
  ];
}

function replyFamilies(all: GatewayTotals): readonly Family[] {
  return [
    perTarget(
      all,
      'chaperone_reply_bytes_total',
      'counter',
      'Bytes of replies, as they came from the target.',
      ({ replyBytes }) => replyBytes,
    ),
    perTarget(all, 'chaperone_rows_total', 'counter', 'Rows of replies, as the target told them.', ({ rows }) => rows),
    family(
      'chaperone_masked_values_total',
      'counter',
      'Values that were masked.',
      eachTarget(all, ({ maskedByColumn, maskedByDetector }, target) => [
        { labels: { target, by: 'column' }, value: maskedByColumn },
        { labels: { target, by: 'detector' }, value: maskedByDetector },
      ]),
    ),
  ];
}

function sessionFamilies(all: GatewayTotals): readonly Family[] {
  return [
    perTarget(
      all,
      'chaperone_sessions',
      'gauge',
      'Sessions that are being served.',
      ({ sessionsLive }) => sessionsLive,
    ),
    perTarget(
      all,
      'chaperone_sessions_opened_total',
      'counter',
      'Sessions that were opened.',
      ({ sessionsOpened }) => sessionsOpened,
    ),
    family(
      'chaperone_sessions_closed_total',
      'counter',
      'Sessions that ended, by why.',
      eachTarget(all, ({ sessionEnds }, target) => byKey(sessionEnds, 'outcome', { target })),
    ),
  ];
}

function perTarget(
  all: GatewayTotals,
  name: string,
  type: Family['type'],
  help: string,
  read: (totals: TargetTotals) => number,
): Family {
  return family(
    name,
    type,
    help,
    eachTarget(all, (totals, target) => [{ labels: { target }, value: read(totals) }]),
  );
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

function one(name: string, type: Family['type'], help: string, value: number, labels: Sample['labels'] = {}): Family {
  return family(name, type, help, [{ labels, value }]);
}

function family(name: string, type: Family['type'], help: string, values: readonly Sample[]): Family {
  return { name, type, help, values };
}

function byKey(counts: ReadonlyMap<string, number>, label: string, labels: Sample['labels']): readonly Sample[] {
  return [...counts].map(([key, value]) => ({ labels: { ...labels, [label]: key }, value }));
}

async function timed(work: () => Promise<void>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return (performance.now() - beganMs) / 1000;
}
