import { LIMITS } from '../../model/limits.ts';
import type { ApprovalsTable } from '../../store/approval-tables.ts';
import { closeDeliveries, FIRST_STEP, insertDelivery } from '../../store/delivery-rows.ts';
import type { Db } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import type { ChannelEvent } from './channel.ts';
import type { DirectoryChannel } from './channel-directory.ts';

export interface FilingParts {
  readonly store: Store;
  readonly channels: readonly DirectoryChannel[];
  readonly mint: () => string;
  readonly nowMs: () => number;
}

type Looked = Pick<ApprovalsTable, 'id' | 'state' | 'requested_at' | 'changed_at'>;

/** Which approvals to look at: what changed since a time (RFC 3339), and whatever waits or was not told to its end. */
export interface Look {
  readonly changedSince: string;
  readonly andUntold: boolean;
}

/**
 * Files what must be told of approvals: their request, each vote where a channel shows those, and their end. Whatever
 * is filed already, by this gateway or another, is filed once. Resolves with the newest change that it saw.
 */
export async function fileDeliveries(parts: FilingParts, look: Look): Promise<string | undefined> {
  const channels = parts.channels.filter(({ channel }) => channel.declaration.enabled);
  if (channels.length === 0) return undefined;
  let newest: string | undefined;
  const looked = await findApprovals(parts.store, look);
  for (let start = 0; start < looked.length; start += LIMITS.deliveriesFiledAtOnce) {
    await fileSome({ ...parts, channels }, looked.slice(start, start + LIMITS.deliveriesFiledAtOnce));
  }
  for (const { changed_at } of looked) if (newest === undefined || changed_at > newest) newest = changed_at;
  return newest;
}

function findApprovals(store: Store, look: Look): Promise<readonly Looked[]> {
  return store.read((db) => {
    const query = db.selectFrom('approvals').select(['id', 'state', 'requested_at', 'changed_at']).orderBy('id');
    if (!look.andUntold) return query.where('changed_at', '>=', look.changedSince).execute();
    const open = db.selectFrom('deliveries').select('approval').where('is_open', '=', 1);
    return query
      .where((where) =>
        where.or([
          where('changed_at', '>=', look.changedSince),
          where('state', '=', 'pending'),
          where('id', 'in', open),
        ]),
      )
      .execute();
  });
}

async function fileSome(parts: FilingParts, approvals: readonly Looked[]): Promise<void> {
  const ids = approvals.map(({ id }) => id);
  if (ids.length === 0) return;
  const known = await parts.store.read(async (db) => ({
    groups: await db.selectFrom('approval_groups').selectAll().where('approval', 'in', ids).execute(),
    votes: await db.selectFrom('approval_votes').select('approval').where('approval', 'in', ids).execute(),
    filed: await db
      .selectFrom('deliveries')
      .select(['approval', 'channel', 'step'])
      .where('approval', 'in', ids)
      .execute(),
  }));
  const groups = Map.groupBy(known.groups, ({ approval }) => approval);
  const votes = Map.groupBy(known.votes, ({ approval }) => approval);
  const filed = new Set(known.filed.map(({ approval, channel, step }) => `${approval}/${channel}/${step}`));
  const steps = approvals.flatMap((approval) => {
    const asked = (groups.get(approval.id) ?? []).map(({ name }) => name);
    const answers = votes.get(approval.id)?.length ?? 0;
    return parts.channels
      .filter(({ channel }) => serves(channel.declaration.groups, asked))
      .flatMap((channel) => stepsOf(approval, answers, { channel, filed, nowMs: parts.nowMs() }));
  });
  if (steps.length === 0) return;
  const now = new Date(parts.nowMs()).toISOString();
  await parts.store.write((trx) => writeSteps(trx, steps, parts.mint, now), ['deliveries']);
}

interface Step {
  readonly approval: string;
  readonly channel: string;
  readonly step: string;
  readonly event: ChannelEvent;
}

/** A channel that names no group serves all. */
export function serves(groups: readonly string[], asked: readonly string[]): boolean {
  return groups.length === 0 || groups.some((group) => asked.includes(group));
}

function stepsOf(
  { id: approval, state, requested_at }: Looked,
  answers: number,
  of: { readonly channel: DirectoryChannel; readonly filed: ReadonlySet<string>; readonly nowMs: number },
): readonly Step[] {
  const { declaration, events } = of.channel.channel;
  const channel = declaration.name;
  const isFiled = (step: string) => of.filed.has(`${approval}/${channel}/${step}`);
  const isRecent = requested_at >= of.channel.since && Date.parse(requested_at) > of.nowMs - LIMITS.deliveryLookBackMs;
  const isTold = isFiled(FIRST_STEP);
  // A channel that is new tells of what waits, and not of what others have answered long ago.
  if (!isTold && state !== 'pending' && !isRecent) return [];
  const steps: Step[] = [];
  const file = (step: string, event: ChannelEvent) => {
    if (!isFiled(step) && events.includes(event)) steps.push({ approval, channel, step, event });
  };
  file(FIRST_STEP, 'approval.requested');
  if (state === 'pending') {
    if (answers > 0) file(`votes-${answers}`, 'approval.progress');
  } else {
    file(CLOSING_STEP, CLOSING_EVENTS[state]);
  }
  return steps;
}

const CLOSING_STEP = 'closed';
const CLOSING_EVENTS: Readonly<Record<Exclude<ApprovalsTable['state'], 'pending'>, ChannelEvent>> = {
  approved: 'approval.decided',
  denied: 'approval.decided',
  expired: 'approval.expired',
  cancelled: 'approval.cancelled',
};

async function writeSteps(trx: Db, steps: readonly Step[], mint: () => string, now: string): Promise<void> {
  for (const step of steps) {
    await insertDelivery(trx, { id: mint(), ...step }, now);
    if (step.step === CLOSING_STEP) await closeDeliveries(trx, step.approval, step.channel);
  }
}
