import { isDeepStrictEqual } from 'node:util';
import { type SecretSource, sourceSchema } from '../declared/secret-source.ts';
import { LIMITS } from '../model/limits.ts';
import type { Target } from '../model/target.ts';
import type { CredentialDeclaration } from './credential.ts';
import { classesOfDocument } from './http-document.ts';
import { declareHttp } from './http-target.ts';
import { classesOfCluster, declareKubernetes } from './kubernetes-target.ts';
import { declareMcp, isStarted } from './mcp-target.ts';
import { declareSsh } from './ssh-target.ts';

/** A target as somebody would declare it: `loadTargets` makes the same of it. What is the default is left out. */
export function declareTarget(target: Target, credential: object): object {
  const {
    name,
    protocol,
    address,
    database,
    tls,
    labels,
    classified,
    recordMode,
    storedReplyBytes,
    http,
    mcp,
    kubernetes,
    ssh,
  } = target;
  const derived =
    kubernetes !== undefined ? classesOfCluster(kubernetes) : http === undefined ? [] : classesOfDocument(http);
  const said = classified.filter((one) => !derived.some((other) => isDeepStrictEqual(one, other)));
  const place = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  return {
    name,
    protocol,
    ...(http === undefined ? { address: place } : declareWeb(target)),
    ...(database === undefined ? {} : { database }),
    ...declareSsh(target),
    ...((mcp !== undefined && isStarted(mcp.transport)) || ssh !== undefined ? {} : { tls }),
    credential,
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(said.length > 0 ? { classified: said.map(columnOf) } : {}),
    ...(recordMode === 'strict' ? {} : { record: recordMode }),
    ...(storedReplyBytes === LIMITS.storedReplyBytes ? {} : { limits: { storedReplyBytes } }),
  };
}

function declareWeb(target: Target): object {
  if (target.kubernetes !== undefined) return declareKubernetes(target);
  return target.mcp === undefined ? declareHttp(target) : declareMcp(target);
}

function columnOf({ schema, table, column, class: of, mask, place }: Target['classified'][number]): object {
  const named = { class: of, ...(mask === undefined ? {} : { mask }) };
  if (place === undefined) return { column: `${schema}.${table}.${column}`, ...named };
  return { path: table, [place === 'body' ? 'field' : place]: column, ...named };
}

/** Stands where a secret was given: it is sealed, and shown to nobody. */
const SEALED = { sealed: true };

/** A credential without its secrets: where each comes from, or that it is sealed. */
export function shownCredential(credential: CredentialDeclaration): object {
  return shown(credential) as object;
}

/** Only what was given can be a secret: all else of a credential says where one is, or whose. */
function shown(value: unknown): unknown {
  const source = sourceSchema.safeParse(value);
  if (source.success) return shownSource(source.data);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shown(inner)]));
}

export function shownSource(source: SecretSource): object {
  return 'value' in source ? SEALED : source;
}

/** What a declared target says of its credential, with what is sealed put back from the one in force. */
export function withSealed(declared: unknown, current: CredentialDeclaration): unknown {
  if (declared === undefined || declared === null) return current;
  return putBack(declared, current);
}

/**
 * The part of an HTTP credential that keeps a secret and would send it elsewhere: another token URL, another header.
 * Undefined where there is none.
 */
export function divertedPart(declared: unknown, current: CredentialDeclaration): string | undefined {
  if (!isObject(declared) || 'user' in current) return undefined;
  const now: Readonly<Record<string, unknown>> = current;
  return Object.keys(declared).find((name) => {
    const [part, before] = [declared[name], now[name]];
    if (!isObject(part) || !holdsSealed(part)) return false;
    const known = isObject(before) ? before : {};
    return JSON.stringify(plainOf(part)) !== JSON.stringify(plainOf(known));
  });
}

function holdsSealed(part: Readonly<Record<string, unknown>>): boolean {
  return Object.values(part).some((value) => isSealed(value) || (isObject(value) && holdsSealed(value)));
}

/** What of a kind of credential is no secret, in the order of names. */
function plainOf(part: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  const isPlain = (value: unknown): boolean => !isSealed(value) && !sourceSchema.safeParse(value).success;
  return Object.entries(part)
    .filter(([, value]) => isPlain(value))
    .map(([name, value]) => [name, isObject(value) ? plainOf(value) : value] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/** True where a text leaves out a credential, or a secret of it, for the one in force to stay. */
export function leavesSealed(declared: unknown): boolean {
  if (declared === undefined || declared === null || isSealed(declared)) return true;
  return (
    typeof declared === 'object' && Object.values(declared).some((inner) => isObject(inner) && leavesSealed(inner))
  );
}

function putBack(declared: unknown, current: unknown): unknown {
  if (isSealed(declared)) return current;
  if (!isObject(declared)) return declared;
  const now: Readonly<Record<string, unknown>> = isObject(current) ? current : {};
  return Object.fromEntries(Object.entries(declared).map(([name, inner]) => [name, putBack(inner, now[name])]));
}

/** True of what stands in a text for a secret that is to stay. */
export function isSealed(value: unknown): boolean {
  return isObject(value) && value['sealed'] === true && Object.keys(value).length === 1;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
