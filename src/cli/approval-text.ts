import { factsLine } from '../audit/record/operation-facts.ts';
import { askedNoun } from '../model/asked-noun.ts';
import type { Approval, ApprovalSummary } from './approval-schemas.ts';
import { shortTime } from './listing.ts';
import type { Output } from './output.ts';
import { printable, printableLines } from './printable.ts';

type Paint = Output['paint'];
type Line = readonly [name: string, value: string];

/** How many requests of before are shown; the web page shows them all. */
const BEFORE = 5;

/**
 * All that somebody needs to decide. The statements stand whole, every line of theirs behind a bar of ours: what they
 * say cannot pass for what we say.
 */
export function approvalText(approval: Approval, nowMs: number, paint: Paint): string {
  const blocks = [
    `${headline(approval, nowMs, paint)}\n${lines(aboutRequest(approval), paint)}`,
    approval.statements.map((statement) => statementText(statement, paint)).join('\n'),
    lines([...operationLines(approval), ...estimateLines(approval), ...voteLines(approval)], paint),
    plans(approval, paint),
    before(approval, paint),
    lines(closing(approval), paint),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** `waits for dba (0 of 1) and security (1 of 1), 9 min left`. */
export function stateText(approval: ApprovalSummary, nowMs: number): string {
  switch (approval.state) {
    case 'pending': {
      const groups = approval.requirements.map(
        ({ group, quorum, approvals }) => `${group} (${approvals} of ${quorum})`,
      );
      return `waits for ${groups.join(' and ')}, ${timeLeft(approval.expiresAt, nowMs)}`;
    }
    case 'approved':
      if (approval.kind === 'access') return 'approved: the run may enter the target';
      return approval.usedAt === undefined ? 'approved, not used yet' : 'approved and used';
    case 'denied':
      return 'denied';
    case 'expired':
      return approval.requirements.every(({ quorum, approvals }) => approvals >= quorum)
        ? 'expired: approved, and not used in time'
        : 'expired: nobody answered in time';
    case 'cancelled':
      return 'withdrawn';
    default:
      return approval.state satisfies never;
  }
}

export function stateStyle({ state }: ApprovalSummary): 'yellow' | 'green' | 'red' | 'dim' {
  const styles = { pending: 'yellow', approved: 'green', denied: 'red', expired: 'dim', cancelled: 'dim' } as const;
  return styles[state];
}

export function timeLeft(expiresAt: string, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(expiresAt) - nowMs) / 1000));
  return seconds < 120 ? `${seconds} s left` : `${Math.floor(seconds / 60)} min left`;
}

function headline(approval: Approval, nowMs: number, paint: Paint): string {
  const reason = approval.reason === undefined ? '' : `: ${printable(approval.reason)}`;
  const said = printable(stateText(approval, nowMs));
  return `${paint('bold', printable(approval.id))} ${paint(stateStyle(approval), said)}${reason}`;
}

function aboutRequest(approval: Approval): Line[] {
  const { kind, run, target, protocol, session, held, rules, context, requestedAt, state, line, kinds, statements } =
    approval;
  const isAccess = kind === 'access';
  const waiting = isAccess
    ? '; it wants to enter the target'
    : held
      ? '; its client waits'
      : '; its client waits no longer, and may ask again';
  const actor = run.actor === undefined ? '' : `, set off by ${run.actor}`;
  const demo = run.demo ? ' (the demo vouches for nothing)' : '';
  return [
    ['who', `${run.display}${actor}${demo}`],
    ['run', [run.id, run.workflow, run.commit].filter((part) => part !== undefined).join(' · ')],
    ...(run.url === undefined ? [] : [['job', run.url] as const]),
    ...(run.agent === undefined ? [] : [['agent', `${run.agent} (it says so itself)`] as const]),
    ['target', `${target} (${protocol}), session ${session}`],
    ...(isAccess || line === undefined || line === statements[0]?.text
      ? []
      : [[askedNoun(protocol, kinds).split(' ', 1)[0] ?? '', line] as const]),
    ['asked', `${shortTime(requestedAt)} UTC${state === 'pending' ? waiting : ''}`],
    [isAccess ? 'trust' : 'rule', rules.join(', ')],
    ...(context.length === 0
      ? []
      : [['in', context.map(({ name, value }) => `${name} ${value === '' ? '""' : value}`).join(', ')] as const]),
  ];
}

function statementText({ text, parameters }: Approval['statements'][number], paint: Paint): string {
  const bar = paint('cyan', '│');
  const said = printableLines(text).split('\n');
  const values = parameters.map(
    (value, index) => `$${index + 1} = ${value === null ? 'NULL' : `'${printable(value)}'`}`,
  );
  return [...said.map((line) => `${bar} ${line}`), ...values.map((value) => `${bar} ${paint('dim', value)}`)].join(
    '\n',
  );
}

function operationLines({ kind: what, operations }: Approval): Line[] {
  if (what === 'access') return [];
  return operations.map(({ access, title, facts, tables, columns, functions, hasWhere, flags, reason, ...more }) => {
    const { filters, writes, copies, lock } = more;
    const parts = [
      `${title} (${access})`,
      ...facts.map(({ name, values }) => `${name.toLowerCase()} ${values.join(name === 'Words' ? ' ' : ', ')}`),
      tables.map(({ name, use }) => (use === 'write' ? `writes ${name}` : `reads ${name}`)).join(', '),
      factsLine({ reads: [], filters, writes, copies, unknown: false, ...(lock === undefined ? {} : { lock }) }),
      columns.length === 0 ? '' : `returns ${columns.join(', ')}`,
      functions.length === 0 ? '' : `calls ${functions.join(', ')}`,
      hasWhere ? '' : 'EVERY ROW: nothing restrains it',
      flags.join(', '),
      reason ?? '',
    ];
    return ['does', parts.filter((part) => part !== '').join('; ')] as const;
  });
}

function estimateLines({ kind, estimate }: Approval): Line[] {
  if (kind === 'access') return [['effect', 'the run may open sessions there; its rules decide what it may do']];
  if (estimate === undefined) return [['effect', 'not estimated']];
  if (estimate.kind === 'unavailable') return [['effect', `cannot be told: ${estimate.why ?? 'no reason given'}`]];
  const how = estimate.kind === 'measured' ? 'measured, and rolled back' : 'as the target plans it';
  return estimate.statements.map(({ rows, cost, why }) => {
    const figures = [
      rows === undefined ? '' : `${Math.round(rows).toLocaleString('en')} rows`,
      cost === undefined ? '' : `cost ${cost}`,
    ].filter((figure) => figure !== '');
    const known = figures.length === 0 ? [] : [`${figures.join(', ')} (${how})`];
    return ['effect', [...known, ...(why === undefined ? [] : [why])].join('; ') || 'no figure'] as const;
  });
}

function voteLines({ votes }: Approval): Line[] {
  return votes.map(({ login, answer, reason, channel, at }) => {
    const said = answer === 'approve' ? 'approved' : 'denied';
    return ['answer', `${login} ${said} at ${shortTime(at)} UTC (${channel})${reason ? `: ${reason}` : ''}`] as const;
  });
}

function plans({ estimate }: Approval, paint: Paint): string {
  const shown = (estimate?.statements ?? []).flatMap(({ plan }) => (plan === undefined ? [] : [plan]));
  return shown
    .flatMap((plan) => printableLines(plan).split('\n'))
    .map((line) => `${paint('dim', '│')} ${paint('dim', line)}`)
    .join('\n');
}

function before({ before: statements }: Approval, paint: Paint): string {
  if (statements.length === 0) return '';
  const shown = statements.slice(0, BEFORE).toReversed();
  const more = statements.length > BEFORE ? `, the last ${BEFORE} of ${statements.length}` : '';
  const rows = shown.map(({ at, decision, kinds, tables, text, line, rows: count }) => {
    const what = text === '' ? `${kinds.join(', ')} ${tables.join(', ')}` : (line ?? text).slice(0, 100);
    const end = decision === 'deny' ? 'denied' : count === undefined ? '' : `${count} rows`;
    return `${paint('dim', '│')} ${shortTime(at)} ${printable(what)} ${paint('dim', end)}`.trimEnd();
  });
  return [paint('dim', `Before it in this target${more}:`), ...rows].join('\n');
}

function closing({ digest, policy, state, mine, notMine }: Approval): Line[] {
  const answer: readonly Line[] =
    state !== 'pending'
      ? []
      : [['you', mine ? 'can answer this' : `cannot answer this: ${notMine ?? 'it is for others'}`]];
  return [['digest', digest], ['policy', policy], ...answer];
}

function lines(all: readonly Line[], paint: Paint): string {
  return all.map(([name, value]) => `${paint('dim', name.padEnd(8))}${printable(value)}`).join('\n');
}
