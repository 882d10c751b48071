import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from '../../../model/fault.ts';
import type { TargetName } from '../../../model/ids.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { isObject, type Json, type JsonObject, listIn, textOf } from './lossless-json.ts';
import { type ListName, listedWithin } from './rewrite.ts';
import { type Calling, NotReached, type TargetClient } from './target-client.ts';

/** Pages of one server's list that are asked for, at most. */
const MOST_PAGES = 50;
/** How long a server may take for its list before the others are shown without it, in milliseconds. */
const LIST_MS = 30_000;
/** Items of a page of the merged list. */
const PAGE = 500;

export interface Listed {
  readonly target: TargetName;
  /** As the server says it. */
  readonly own: JsonObject;
  /** As the endpoint says it. */
  readonly told: JsonObject;
}

export interface LeftOut {
  readonly target: TargetName;
  readonly why: string;
}

export interface Merged {
  readonly items: readonly Listed[];
  /** The servers whose items are not among them. */
  readonly leftOut: readonly LeftOut[];
}

export const LISTS: Readonly<Record<string, { readonly list: ListName; readonly capability: string }>> = {
  'tools/list': { list: 'tools', capability: 'tools' },
  'prompts/list': { list: 'prompts', capability: 'prompts' },
  'resources/list': { list: 'resources', capability: 'resources' },
  'resources/templates/list': { list: 'resourceTemplates', capability: 'resources' },
};

/** The lists of all servers as one, by target and then as each server orders its own. A server that is down is left out. */
export async function mergedList(method: string, clients: readonly TargetClient[], calling: Calling): Promise<Merged> {
  const asked = clients.map((client) =>
    inTime(calling, (inner) => allOf(method, client, inner)).then(
      (items) => ({ client, items, why: undefined }),
      (fault: unknown) => ({ client, items: [], why: whyOf(fault) }),
    ),
  );
  const found = await Promise.all(asked);
  calling.signal.throwIfAborted();
  return {
    items: distinct(found.flatMap(({ items }) => items)),
    leftOut: found.flatMap(({ client, why }) => (why === undefined ? [] : [{ target: client.target, why }])),
  };
}

/** One page of what was merged, from behind a cursor on; `nextCursor` where there is more. */
export function pageOf(items: readonly Listed[], list: ListName, cursor: string | undefined): JsonObject {
  const after = cursor === undefined ? -1 : items.findIndex(({ told }) => keyOf(told) === readCursor(cursor));
  const page = items.slice(after + 1, after + 1 + PAGE);
  const last = page.at(-1);
  const isLast = last === undefined || after + 1 + PAGE >= items.length;
  return { [list]: page.map(({ told }) => told), ...(isLast ? {} : { nextCursor: writeCursor(keyOf(last.told)) }) };
}

/** Whether a cursor is one of ours that still leads somewhere. */
export function leadsOn(items: readonly Listed[], cursor: string | undefined): boolean {
  return cursor === undefined || items.some(({ told }) => keyOf(told) === readCursor(cursor));
}

async function allOf(method: string, client: TargetClient, calling: Calling): Promise<readonly Listed[]> {
  const { list, capability } = LISTS[method] ?? { list: 'tools' as const, capability: 'tools' };
  const { capabilities } = await client.era(calling);
  if (capabilities[capability] === undefined) return [];
  const items: Listed[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const outcome = await client.request(method, cursor === undefined ? {} : { cursor }, calling);
    if (outcome.kind === 'error') throw new NotReached(outcome.error);
    for (const own of listIn(outcome.result, list)) {
      if (isObject(own)) items.push({ target: client.target, own, told: listedWithin(client.target, list, own) });
    }
    cursor = textOf(outcome.result['nextCursor']);
    if (cursor === undefined) return items;
  }
  throw new Fault('upstream-protocol', `its list has more than ${MOST_PAGES} pages`);
}

/** Of two of one server that would be called the same neither is shown: which of them a call meant could not be told. */
function distinct(items: readonly Listed[]): readonly Listed[] {
  const times = new Map<string, number>();
  for (const { told } of items) times.set(keyOf(told), (times.get(keyOf(told)) ?? 0) + 1);
  return items.filter(({ told }) => times.get(keyOf(told)) === 1);
}

function keyOf(told: JsonObject): string {
  return (
    textOf(
      told['name'] !== undefined && told['uri'] === undefined && told['uriTemplate'] === undefined
        ? told['name']
        : (told['uri'] ?? told['uriTemplate']),
    ) ?? ''
  );
}

async function inTime<T>(calling: Calling, work: (calling: Calling) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const signal = AbortSignal.any([calling.signal, over.signal]);
  const late = delay(LIST_MS, undefined, { signal: over.signal, ref: false }).then(() => {
    throw new Fault('deadline', 'it did not answer in time');
  });
  try {
    return await Promise.race([work({ ...calling, signal }), late]);
  } finally {
    // The delay ends with it as well.
    late.catch(() => undefined);
    over.abort(new PeerLeft('the list is made'));
  }
}

function whyOf(fault: unknown): string {
  if (fault instanceof NotReached) return textOf(fault.error['message']) ?? 'it refused';
  return fault instanceof Fault ? fault.message : 'the connection to it was lost';
}

function writeCursor(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url');
}

function readCursor(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString('utf8');
}

/** What a result says beside its items of the servers that are not among them. */
export function noticeOf(leftOut: readonly LeftOut[]): JsonObject {
  if (leftOut.length === 0) return {};
  const told: readonly Json[] = leftOut.map(({ target, why }) => ({ target, why }));
  return { _meta: { 'chaperone/leftOut': told } };
}
