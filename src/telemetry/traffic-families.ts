/** What is counted of requests and sessions, by target. */
import { byKey, type Family, family } from './family.ts';
import type { GatewayTotals } from './gateway-totals.ts';
import type { Sample } from './hot-histogram.ts';
import { OUTCOMES, type TargetTotals } from './target-totals.ts';

export function trafficFamilies(totals: GatewayTotals): readonly Family[] {
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
      'Bytes of replies, as the client sees them.',
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
