import { createHash } from 'node:crypto';
import { LIMITS } from '../../model/limits.ts';
import { listNewDefinitions, newestListings } from '../../store/definition-rows.ts';
import { insertDelivery, type NewDelivery } from '../../store/delivery-rows.ts';
import type { StoreTransaction } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import type { DirectoryChannel } from './channel-directory.ts';

/** What an MCP target says of itself and nobody decided on, as channels tell of it. Names are the server's. */
export interface DefinitionNotice {
  readonly target: string;
  /** Where people read it and decide. */
  readonly url: string;
  /** How many wait; the first of them are named. */
  readonly count: number;
  readonly definitions: readonly NamedDefinition[];
}

export interface NamedDefinition {
  readonly kind: string;
  readonly name: string;
  /** `changed` where another form of it was accepted. */
  readonly standing: 'new' | 'changed';
  /** Codes of what in it looks like a trap. */
  readonly findings: readonly string[];
}

/** The event of such a delivery; it is of a target and of no approval. */
export const DEFINITION_EVENT = 'definitions.waiting';
const MOST_NAMED = 20;

export interface FilingDefinitions {
  readonly store: Store;
  readonly channels: readonly DirectoryChannel[];
  readonly mint: () => string;
  readonly nowMs: () => number;
}

/**
 * Files what must be told of definitions that were met lately: to each channel that serves all groups, for nothing says
 * whose a target is; of one target once in ten minutes at most, with all that waits then.
 */
export async function fileDefinitionNotices({ store, channels, mint, nowMs }: FilingDefinitions): Promise<void> {
  const serving = channels.filter(
    ({ channel: { declaration } }) => declaration.enabled && declaration.groups.length === 0,
  );
  if (serving.length === 0) return;
  const since = new Date(nowMs() - LIMITS.deliveryLookBackMs).toISOString();
  const now = new Date(nowMs()).toISOString();
  for (const { target, at } of await newestListings(store, since)) {
    for (const { channel, since: inForce } of serving) {
      if (at < inForce) continue;
      const fresh = { channel: channel.declaration.name, event: DEFINITION_EVENT, approval: noticeId(target) };
      await store.write((trx) => fileOnce(trx, { id: mint(), ...fresh }, at, now), ['deliveries']);
    }
  }
}

/** Unless what was met at that time was told already, or will be with what is filed. */
async function fileOnce(
  trx: StoreTransaction,
  fresh: Omit<NewDelivery, 'step' | 'dueAt'>,
  at: string,
  now: string,
): Promise<void> {
  const filed = await trx
    .selectFrom('deliveries')
    .select(['state', 'next_at', 'delivered_at'])
    .where('approval', '=', fresh.approval)
    .where('channel', '=', fresh.channel)
    .where('state', '<>', 'dead')
    .execute();
  const last = filed
    .map(({ state, next_at, delivered_at }) => (state === 'waiting' ? next_at : (delivered_at ?? next_at)))
    .toSorted()
    .at(-1);
  if (last !== undefined && last >= at) return;
  const dueMs = last === undefined ? 0 : Date.parse(last) + PAUSE_MS;
  const dueAt = dueMs > Date.parse(now) ? new Date(dueMs).toISOString() : now;
  await insertDelivery(trx, { ...fresh, step: at, dueAt }, now);
}

const PAUSE_MS = 10 * 60_000;

/** What stands in the place of an approval's id. */
function noticeId(target: string): string {
  return `definitions/${createHash('sha256').update(target).digest('hex')}/${target}`;
}

/** The target that a delivery is of. */
export function targetOfNotice(id: string): string {
  return id.split('/').slice(2).join('/');
}

/** What waits of a target now; undefined where nothing does any more. */
export async function definitionNotice(
  store: Store,
  target: string,
  url: string,
): Promise<DefinitionNotice | undefined> {
  const waiting = await listNewDefinitions(store, target);
  if (waiting.length === 0) return undefined;
  const definitions = waiting.slice(0, MOST_NAMED).map(({ kind, name, findings, hasAccepted }) => ({
    kind,
    name: JSON.parse(name) as string,
    standing: hasAccepted ? ('changed' as const) : ('new' as const),
    findings: [...new Set((JSON.parse(findings) as readonly { readonly code: string }[]).map(({ code }) => code))],
  }));
  return { target, url, count: waiting.length, definitions };
}

/** `3 definitions of tracker wait for a decision`: in one sentence without a full stop. */
export function noticeTitle({ count, target }: DefinitionNotice): string {
  return `${count === 1 ? 'One definition' : `${count} definitions`} of ${target} ${count === 1 ? 'waits' : 'wait'} for a decision`;
}

/** `tool create_issue, changed: hidden-text, instruction`. */
export function definitionLine({ kind, name, standing, findings }: NamedDefinition): string {
  return `${kind} ${name}, ${standing}${findings.length === 0 ? '' : `: ${findings.join(', ')}`}`;
}
