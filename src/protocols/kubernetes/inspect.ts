import { hash } from 'node:crypto';
import type { JsonValue } from '../../model/http.ts';
import type { KubernetesFacts } from '../../model/kubernetes.ts';
import { type RequestInfo, requestInfoOf } from '../../model/kubernetes-request.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { Operation } from '../../model/request.ts';
import type { AskedHead, Inspected, Inspector, ReadBody } from '../http/inspector.ts';
import { narrowed } from './accept.ts';
import { accessOf } from './access.ts';
import { at, isObject, listAt, textAt } from './json-object.ts';
import { contentOf, scaleContentOf } from './object-content.ts';
import type { ProtobufObject } from './protobuf/protobuf-object.ts';
import { readObject } from './read-body.ts';
import { secretMistake } from './secret-writes.ts';
import { streamOperations } from './streams/stream-operations.ts';

/** What the inspector read of one request. */
export interface Asked {
  readonly info: RequestInfo;
  /** In place of the status that the refusal's code has. */
  readonly status?: number;
  /** Of an object that is no text: what stands in it, for people. */
  readonly shown?: string;
}

const ASKED = new WeakMap<readonly Operation[], Asked>();

/** What the inspector read of the request that has these operations. */
export function askedOf(operations: readonly Operation[]): Asked | undefined {
  return ASKED.get(operations);
}

/** Reads each request as the API server does; an object as one operation, and a list of them as one each. */
export const KUBERNETES_INSPECTOR: Inspector = {
  mostBytes: LIMITS.maxKubernetesObjectBytes,
  wants: (head) => (carriesObject(head) ? LIMITS.maxKubernetesObjectBytes : 0),
  inspect,
};

function inspect(head: AskedHead, body: ReadBody | undefined): Inspected {
  const { facts } = head;
  const info = requestInfoOf(facts.method, facts.path, facts.query);
  if ('ambiguous' in info) return refused(head, NOWHERE, malformed(info.ambiguous));
  // Some servers take a semicolon for an ampersand, and others leave out what has one.
  if (head.query?.includes(';')) return refused(head, info, malformed('its query has a semicolon'));
  const forged = Object.keys(facts.headers).find((name) => FORGED.test(name));
  if (forged !== undefined) return refused(head, info, impersonating(forged), 403);
  const said: Said | Unread = body === undefined || !carriesObject(head) ? {} : readSaid(head, info, body);
  if ('refusal' in said) return refused(head, info, said.refusal, said.status);
  const mistake = secretMistake(info, said, head.target);
  if (mistake !== undefined) return refused(head, info, mistake, 403);
  const operations = itemsOf(said).flatMap((object) => streamOperations(operationOf(head, info, { ...said, object })));
  const { protobuf } = said;
  ASKED.set(operations, { info, ...(protobuf === undefined ? {} : { shown: shownOf(protobuf) }) });
  const forwarded = narrowed(info);
  return { operations, ...(forwarded === undefined ? {} : { forwarded }), same: sameOf(head, body) };
}

/** What a body says; nothing where there is none. */
export interface Said {
  readonly object?: JsonValue | undefined;
  readonly patch?: KubernetesFacts['patch'];
  readonly protobuf?: ProtobufObject;
}

function shownOf({ apiVersion, kind, json, shown }: ProtobufObject): string {
  return json === undefined ? `${apiVersion} ${kind} ${shown}` : JSON.stringify(json, undefined, 2);
}

interface Unread {
  readonly refusal: Refusal;
  readonly status: number;
}

function readSaid(head: AskedHead, info: RequestInfo, { bytes, complete }: ReadBody): Said | Unread {
  if (!complete) return { refusal: TOO_LONG, status: 413 };
  if (bytes.length === 0) return {};
  if (head.codings.some((coding) => coding !== 'identity')) return { refusal: COMPRESSED, status: 415 };
  return readObject(head.facts.mediaType, info.verb, bytes);
}

/** True where the body is an object of the server's, and not what somebody tells an application behind it. */
function carriesObject({ facts, upgrade }: AskedHead): boolean {
  if (facts.body.kind === 'none' || upgrade !== undefined) return false;
  const info = requestInfoOf(facts.method, facts.path, {});
  if (!('verb' in info) || info.resource === undefined) return false;
  const { subresource = '' } = info.resource;
  return info.verb !== 'proxy' && !STREAMED.has(subresource) && facts.method !== 'GET' && facts.method !== 'HEAD';
}

const STREAMED: ReadonlySet<string> = new Set(['proxy', 'exec', 'attach', 'portforward']);

/** A request as rules see it. */
function operationOf(head: AskedHead, info: RequestInfo, said: Said): Operation {
  const { facts } = head;
  const { verb } = info;
  const access = accessOf(info);
  const isCollection = verb === 'deletecollection';
  const selects = [facts.query['labelSelector'], facts.query['fieldSelector']].some((one) => one?.[0]);
  const known = {
    kind: verb,
    access,
    tables: [],
    functions: [],
    hasWhere: !isCollection || selects,
    flags: [],
    http: facts,
    kubernetes: factsOf(head, info, said),
  };
  return access === 'unknown' ? { ...known, kind: 'unknown', reason: 'no API server has its method' } : known;
}

function factsOf({ facts }: AskedHead, { verb, resource, path }: RequestInfo, said: Said): KubernetesFacts {
  if (resource === undefined) return { verb, path };
  const { query } = facts;
  const { rest: _rest, ...where } = resource;
  const { object, patch, protobuf } = said;
  const ownName =
    protobuf === undefined ? (object === 'unknown' ? undefined : textAt(object, 'metadata', 'name')) : protobuf.name;
  const name = where.name ?? (verb === 'create' ? ownName : undefined);
  const read = where.subresource === 'scale' ? scaleContentOf : contentOf;
  const content = object === undefined || object === 'unknown' ? undefined : read(object, patch);
  const [labelSelector] = query['labelSelector'] ?? [];
  const [fieldSelector] = query['fieldSelector'] ?? [];
  const [container] = query['container'] ?? [];
  const { command } = query;
  return {
    verb,
    ...where,
    ...(name === undefined ? {} : { name }),
    ...(mindsDryRun(verb, where.subresource) && isDryRun(verb, query['dryRun'], object) ? { dryRun: true } : {}),
    ...(patch === undefined ? {} : { patch }),
    ...(labelSelector ? { labelSelector } : {}),
    ...(fieldSelector ? { fieldSelector } : {}),
    // What copies values about is read by nobody.
    ...(object === undefined ? {} : { object: content === undefined ? 'unknown' : object }),
    ...(content === undefined ? {} : { content }),
    ...(where.subresource === 'exec' && command !== undefined ? { command } : {}),
    ...(container ? { container } : {}),
  };
}

/** Streams, proxies and tokens are given out all the same (k8s.io/kubernetes, registry/core/serviceaccount/storage). */
function mindsDryRun(verb: string, subresource = ''): boolean {
  return verb !== 'proxy' && subresource !== 'token' && !STREAMED.has(subresource);
}

/** Options in a body count alone, where there is one (`DeleteOptions`); and all that is said must say the same. */
function isDryRun(verb: string, asked: readonly string[] = [], object: JsonValue | undefined): boolean {
  const isDelete = verb === 'delete' || verb === 'deletecollection';
  if (isDelete && object === 'unknown') return false;
  const said = isDelete && object !== undefined ? listAt(object, 'dryRun') : asked;
  return said.length > 0 && said.every((one) => one === 'All');
}

/** The objects of a list; what is none is one by itself, and so is nothing. What a patch calls itself makes it no list. */
function itemsOf({ object, patch }: Said): readonly (JsonValue | undefined)[] {
  if (patch !== undefined || object === 'unknown' || !isObject(object)) return [object];
  if (textAt(object, 'kind')?.endsWith('List') !== true) return [object];
  const items = listAt(object, 'items');
  const isPlain =
    Object.keys(object).every((name) => OF_LISTS.has(name)) && at(object, 'metadata', 'name') === undefined;
  // A kind of somebody's own may be called so, and be more than its items.
  return isPlain && items.length > 0 ? items : [object, ...items];
}

const OF_LISTS: ReadonlySet<string> = new Set(['kind', 'apiVersion', 'metadata', 'items']);

/** What makes a request the same when it is sent again, beside its method and address. */
function sameOf({ facts, contentType }: AskedHead, body: ReadBody | undefined): string {
  return JSON.stringify([facts.method, contentType, body === undefined ? '' : hash('sha256', body.bytes, 'hex')]);
}

/** Only what stands before an API server may say who asks. */
const FORGED = /^(?:impersonate-|x-remote-|kube-|x-forwarded-client-cert$)/;

function impersonating(name: string): Refusal {
  return {
    code: 'claim-invalid',
    message: `the header ${name} says who asks, which the gateway does`,
    hint: 'Leave out `--as` and `--as-group`: the cluster is told of the run already, where its target says so.',
  };
}

const NOWHERE: RequestInfo = { verb: '', path: '/' };

const TOO_LONG: Refusal = { code: 'too-large', message: 'the object is longer than any that a cluster takes' };
const COMPRESSED: Refusal = { code: 'protocol-unsupported', message: 'objects are not compressed on their way here' };

function malformed(why: string): Refusal {
  return { code: 'protocol-malformed', message: `servers could read the request in two ways: ${why}` };
}

function refused(head: AskedHead, info: RequestInfo, refusal: Refusal, status?: number): Inspected {
  const kubernetes: KubernetesFacts = factsOf(head, info, {});
  const operations: readonly Operation[] = [
    {
      kind: 'unknown',
      access: 'unknown',
      tables: [],
      functions: [],
      hasWhere: true,
      flags: ['unparsable'],
      reason: refusal.message,
      http: head.facts,
      kubernetes,
    },
  ];
  ASKED.set(operations, { info, ...(status === undefined ? {} : { status }) });
  return { operations, unsupported: refusal };
}
