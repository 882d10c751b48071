import { listApprovals } from '../store/approval-lists.ts';
import { type ApprovalRow, votesOf } from '../store/approval-rows.ts';
import type { Store } from '../store/store.ts';
import { type FiledApproval, filedApproval, standingOf } from './filed-approval.ts';
import type { Viewer } from './vocabulary.ts';

export interface ApprovalQuery {
  readonly state?: ApprovalRow['state'] | undefined;
  /** Only what the viewer can answer now. */
  readonly mine?: boolean | undefined;
  readonly run?: string | undefined;
  readonly session?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface ApprovalPage {
  readonly items: readonly FiledApproval[];
  /** Hand it back as `cursor`; absent at the end. */
  readonly next?: string;
}

export interface ListingParts {
  readonly store: Store;
  readonly open: (sealed: string, boundTo: string) => string;
  /** RFC 3339. */
  readonly now: string;
}

/** What the viewer may see, newest first. */
export async function listFor(viewer: Viewer, query: ApprovalQuery, parts: ListingParts): Promise<ApprovalPage> {
  const { person } = viewer;
  const mine = query.mine === true;
  if (person === undefined && (mine || !viewer.all)) return { items: [] };
  if (mine && query.state !== undefined && query.state !== 'pending') return { items: [] };
  const filter = { ...filterOf(query, viewer), now: parts.now, limit: query.limit + 1 };
  const seen: FiledApproval[] = [];
  let before = query.cursor;
  for (;;) {
    const rows = await listApprovals(parts.store, { ...filter, ...(before === undefined ? {} : { before }) });
    const approvals = await opened(rows, parts);
    // What only code can tell (the run's own actor) is left out here, so a page may take more than one query.
    seen.push(...(mine ? approvals.filter((approval) => standingOf(approval, person).mine) : approvals));
    before = rows.at(-1)?.id;
    if (rows.length <= query.limit || seen.length > query.limit) break;
  }
  const items = seen.slice(0, query.limit);
  const last = items.at(-1);
  return seen.length > query.limit && last !== undefined ? { items, next: last.id } : { items };
}

function filterOf({ state, mine, run, session }: ApprovalQuery, { person, all }: Viewer) {
  const wanted = mine ? 'pending' : state;
  return {
    ...(wanted === undefined ? {} : { state: wanted }),
    ...(run === undefined ? {} : { run }),
    ...(session === undefined ? {} : { session }),
    ...(mine && person ? { groups: person.groups, unansweredBy: person.id } : {}),
    ...(!mine && !all && person ? { groups: person.groups, answeredBy: person.id } : {}),
  };
}

async function opened(rows: readonly ApprovalRow[], parts: ListingParts): Promise<readonly FiledApproval[]> {
  const ids = rows.map(({ id }) => id);
  const votes = Map.groupBy(await parts.store.read((db) => votesOf(db, ids)), ({ approval }) => approval);
  return rows.map((row) => filedApproval(row, votes.get(row.id) ?? [], parts));
}
