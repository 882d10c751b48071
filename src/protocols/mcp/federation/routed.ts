import type { Target } from '../../../model/target.ts';
import { type FederatedSession, keyOfId } from './federated-session.ts';
import { parameterFields } from './header-values.ts';
import { type Json, type JsonObject, objectOf, textOf } from './lossless-json.ts';
import { LISTS, mergedList } from './merged-list.ts';
import { nameWithin, targetOfTask, targetOfUri } from './names.ts';
import { resultWithin } from './rewrite.ts';
import { failed, type Outcome, RPC } from './rpc.ts';
import { type Calling, NotReached, type TargetClient } from './target-client.ts';

export interface RoutedParts {
  readonly session: FederatedSession;
  readonly targets: readonly Target[];
  readonly calling: Calling;
  /** The client's own id of the request. */
  readonly id: Json;
}

interface Place {
  readonly client: TargetClient;
  readonly params: JsonObject;
}

/** Asks the one server that a request is about. Never rejects: what breaks is told as an error. */
export async function routed(method: string, params: JsonObject, parts: RoutedParts): Promise<Outcome> {
  const place = await placeOf(method, params, parts);
  if ('kind' in place) return place;
  const { session, calling, id } = parts;
  const { client } = place;
  const key = keyOfId(id);
  const left = new AbortController();
  const cancel = (): void => left.abort(new NotReached({ code: RPC.internal, message: 'the request was cancelled' }));
  const onSent = (sent: string): void => void session.underWay.set(key, { client, id: sent, cancel });
  const signal = AbortSignal.any([calling.signal, left.signal]);
  const fields = [...(calling.fields ?? []), ...toolFields(method, place, parts)];
  try {
    const outcome = await client.request(method, place.params, { ...calling, signal, fields, onSent });
    if (outcome.kind === 'error') return outcome;
    return { kind: 'result', result: resultWithin(client.target, method, outcome.result) };
  } catch (cause) {
    if (cause instanceof NotReached) return { kind: 'error', error: cause.error };
    if (calling.signal.aborted) throw cause;
    return failed(RPC.internal, `the connection to ${client.target} was lost`);
  } finally {
    session.underWay.delete(key);
  }
}

/** Whether a request is about one thing of one server. */
export function isRouted(method: string): boolean {
  return ROUTED.has(method);
}

async function placeOf(
  method: string,
  params: JsonObject,
  parts: RoutedParts,
): Promise<Place | (Outcome & { readonly kind: 'error' })> {
  if (BY_URI.has(method)) return byUri(params, parts);
  if (method.startsWith('tasks/')) return byTask(params, parts);
  if (method !== 'completion/complete') return byName(method === 'tools/call' ? 'tools' : 'prompts', params, parts);
  const ref = objectOf(params['ref']) ?? {};
  const place = await (ref['type'] === 'ref/resource' ? byUri(ref, parts) : byName('prompts', ref, parts));
  return 'kind' in place ? place : { client: place.client, params: { ...params, ref: place.params } };
}

async function byName(list: 'tools' | 'prompts', params: JsonObject, parts: RoutedParts) {
  const { session, targets } = parts;
  const name = textOf(params['name']) ?? '';
  const unknown = failed(RPC.invalidParams, `there is no ${list.slice(0, -1)} of this name`);
  const found = nameWithin(name, targets);
  if (found === undefined) return unknown;
  const client = session.client(found.target.name);
  if ('name' in found) return { client, params: { ...params, name: found.name } };
  const own = textOf((await listedAs(list, found.shortened, client, parts))?.['name']);
  return own === undefined ? unknown : { client, params: { ...params, name: own } };
}

function byUri(params: JsonObject, { session, targets }: RoutedParts) {
  const found = targetOfUri(textOf(params['uri']) ?? '', targets);
  if (found === undefined) return failed(RPC.noResource, 'there is no resource of this URI');
  return { client: session.client(found.target.name), params: { ...params, uri: found.uri } };
}

function byTask(params: JsonObject, { session, targets }: RoutedParts) {
  const found = targetOfTask(textOf(params['taskId']) ?? '', targets);
  if (found === undefined) return failed(RPC.invalidParams, 'there is no task of this id');
  return { client: session.client(found.target.name), params: { ...params, taskId: found.task } };
}

/** What a server says of something that the endpoint calls so; its list is asked for where it was not seen yet. */
async function listedAs(
  list: 'tools' | 'prompts',
  name: string,
  client: TargetClient,
  { session, calling }: RoutedParts,
): Promise<JsonObject | undefined> {
  const known = session.listed(list, name);
  if (known !== undefined) return known.own;
  const { items } = await mergedList(`${list}/list`, [client], quietly(calling));
  session.remember(list, items);
  return session.listed(list, name)?.own;
}

/** A server of 2026-07-28 may want arguments in headers, which a client that speaks as before does not send. */
function toolFields(method: string, { client, params }: Place, { session, calling }: RoutedParts) {
  const isSent = (calling.fields ?? []).some(([name]) => name.startsWith('mcp-param-'));
  if (method !== 'tools/call' || isSent) return [];
  const tool = session.toolOf(client.target, textOf(params['name']) ?? '');
  return parameterFields(tool, objectOf(params['arguments']));
}

/** What is asked on the way says nothing to the client. */
function quietly({ ask, signal }: Calling): Calling {
  return { ask, signal };
}

const BY_URI: ReadonlySet<string> = new Set(['resources/read', 'resources/subscribe', 'resources/unsubscribe']);
const ROUTED: ReadonlySet<string> = new Set([
  ...BY_URI,
  'tools/call',
  'prompts/get',
  'completion/complete',
  'tasks/get',
  'tasks/update',
  'tasks/result',
  'tasks/cancel',
]);

export function isList(method: string): boolean {
  return LISTS[method] !== undefined;
}
