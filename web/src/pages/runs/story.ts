import type { ApprovalSummary, Run, SessionView, StatementView } from '../../api/types.ts';
import type { Moment } from '../sessions/density.ts';
import { MARKS } from '../sessions/recording.ts';
import { isRefused } from '../sessions/statement-words.ts';

/** One row of a run's story. */
export type StoryRow =
  | { readonly kind: 'session'; readonly ms: number; readonly session: SessionView }
  | { readonly kind: 'end'; readonly ms: number; readonly session: SessionView }
  | {
      readonly kind: 'statement';
      readonly ms: number;
      readonly statement: StatementView;
      readonly approval: ApprovalSummary | undefined;
      readonly marks: number;
    }
  /** One that is asked for, and whose request is not on record as answered yet. */
  | { readonly kind: 'approval'; readonly ms: number; readonly approval: ApprovalSummary };

/** All sessions of a run on one time line, in milliseconds since the run opened. */
export interface Story {
  readonly rows: readonly StoryRow[];
  readonly lanes: readonly StoryLane[];
  readonly fromMs: number;
  readonly toMs: number;
}

export interface StoryLane {
  readonly session: SessionView;
  readonly moments: readonly Moment[];
}

export function storyOf(run: Run, statements: readonly StatementView[], nowMs: number): Story {
  const openedMs = Date.parse(run.openedAt);
  const since = (at: string) => Date.parse(at) - openedMs;
  const approvals = new Map(run.approvalList.map((approval) => [approval.id, approval]));
  const told = new Set(statements.flatMap(({ approval }) => approval ?? []));
  const rows: StoryRow[] = [
    ...statements.map((statement) => statementRow(statement, since(statement.at), approvals)),
    ...run.sessionList.map((session) => ({ kind: 'session', ms: since(session.openedAt), session }) as const),
    ...run.sessionList.flatMap((session) =>
      session.closedAt === undefined ? [] : [{ kind: 'end', ms: since(session.closedAt), session } as const],
    ),
    ...run.approvalList
      .filter(({ id }) => !told.has(id))
      .map((approval) => ({ kind: 'approval', ms: since(approval.requestedAt), approval }) as const),
  ];
  rows.sort((one, other) => one.ms - other.ms || ORDER[one.kind] - ORDER[other.kind]);
  const lanes = run.sessionList
    .toSorted((one, other) => one.openedAt.localeCompare(other.openedAt))
    .map((session) => ({ session, moments: rows.flatMap((row) => momentOf(row, session.id)) }));
  const last = rows.at(-1)?.ms ?? 0;
  const end = run.closedAt === undefined ? nowMs - openedMs : since(run.closedAt);
  return {
    rows,
    lanes,
    fromMs: Math.min(0, rows[0]?.ms ?? 0),
    toMs: Math.max(last, end, 1),
  };
}

const ORDER: Readonly<Record<StoryRow['kind'], number>> = { session: 0, statement: 1, approval: 2, end: 3 };

/** The rows of a span of time, of one session or of all. */
export function storyWithin(
  story: Story,
  fromMs: number,
  toMs: number,
  session: string | undefined,
): readonly StoryRow[] {
  return story.rows.filter(
    (row) => row.ms >= fromMs && row.ms <= toMs && (session === undefined || sessionOf(row) === session),
  );
}

/** The same rows session by session, in the order in which those were opened. */
export function bySession(rows: readonly StoryRow[], lanes: readonly StoryLane[]): readonly StoryRow[] {
  const place = new Map(lanes.map(({ session }, index) => [session.id, index]));
  return rows.toSorted((one, other) => (place.get(sessionOf(one)) ?? 0) - (place.get(sessionOf(other)) ?? 0));
}

export function sessionOf(row: StoryRow): string {
  switch (row.kind) {
    case 'session':
    case 'end':
      return row.session.id;
    case 'statement':
      return row.statement.session;
    case 'approval':
      return row.approval.session;
    default:
      return row satisfies never;
  }
}

function statementRow(statement: StatementView, ms: number, approvals: ReadonlyMap<string, ApprovalSummary>): StoryRow {
  const approval = statement.approval === undefined ? undefined : approvals.get(statement.approval);
  return { kind: 'statement', ms, statement, approval, marks: marksOf(statement) };
}

const READS = new Set(['select', 'values', 'show', 'explain', 'table', 'fetch', 'copy-out']);
/** Of transactions, settings and statements that run others: what those do stands in rows of their own, or is not known. */
const NEITHER = new Set(
  'begin commit rollback savepoint release set reset discard do call prepare execute deallocate declare close listen unlisten lock unknown'.split(
    ' ',
  ),
);

/** What it stands out by. A statement says its verbs, not what access each is: what is no known reader writes. */
function marksOf({ decision, status, masked = 0, approval, kinds }: StatementView): number {
  let marks = 0;
  if (isRefused({ decision, ...(status !== undefined && { status }) })) marks |= MARKS.refusal;
  if (status === 'error' || status === 'unknown' || status === 'gap') marks |= MARKS.error;
  if (approval !== undefined) marks |= MARKS.approval;
  if (masked > 0) marks |= MARKS.mask;
  if (kinds.some((kind) => !READS.has(kind) && !NEITHER.has(kind))) marks |= MARKS.write;
  return marks;
}

function momentOf(row: StoryRow, session: string): Moment | [] {
  if (sessionOf(row) !== session) return [];
  if (row.kind === 'statement') return { ms: row.ms, marks: row.marks };
  return row.kind === 'approval' ? { ms: row.ms, marks: MARKS.approval } : [];
}
