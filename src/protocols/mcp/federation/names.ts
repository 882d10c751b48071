import { hash } from 'node:crypto';

/**
 * The longest name of a tool or prompt that every client takes: the specification has 128, the interfaces of models 64.
 */
export const MOST_NAME = 64;
const MOST_LABEL = 24;
const BETWEEN = '__';
const PLAIN_LABEL = /^(?!t_[0-9a-f]{16}$)(?!.*__)[a-z0-9_-]+$/;
const PLAIN_NAME = /^(?!.*__h_[0-9a-f]{24}$)[A-Za-z0-9_-]+$/;
const SHORTENED = /__h_[0-9a-f]{24}$/;
const SCHEME = /^mcp\+([a-z0-9.-]+)\+(.*)$/is;

/**
 * What a target is called in front of a name: its own name, or `t_` with a part of its digest where that has what names of
 * tools may not have. Never has `__` and never ends with `_`, so the first `__` of a name ends the label.
 */
export function labelOf(target: string): string {
  return target.length <= MOST_LABEL && PLAIN_LABEL.test(target) ? target : `t_${digest(target, 16)}`;
}

/**
 * A tool or prompt of a target as the endpoint calls it: `LABEL__NAME`. A name that is too long, has characters that not
 * every client takes, or looks like one that was shortened, is cut and ends with a part of its digest: so no two names of a
 * target are one here, but by a collision of SHA-256, which a list looks for (merged-list.ts).
 */
export function namedWithin(target: string, name: string): string {
  const label = labelOf(target);
  const most = MOST_NAME - label.length - BETWEEN.length;
  if (name.length <= most && PLAIN_NAME.test(name)) return `${label}${BETWEEN}${name}`;
  const end = `__h_${digest(name, 24)}`;
  const begin = name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, Math.max(0, most - end.length));
  return `${label}${BETWEEN}${begin}${end}`;
}

export type Named<T> =
  | { readonly target: T; readonly name: string }
  /** Only the target's own list says what it is called there. */
  | { readonly target: T; readonly shortened: string };

/** Whose it is and what it is called there; undefined where no target has such names. */
export function nameWithin<T extends { readonly name: string }>(
  name: string,
  targets: readonly T[],
): Named<T> | undefined {
  const end = name.indexOf(BETWEEN);
  const label = name.slice(0, end);
  const target = end > 0 ? targets.find((one) => labelOf(one.name) === label) : undefined;
  if (target === undefined) return undefined;
  return SHORTENED.test(name) ? { target, shortened: name } : { target, name: name.slice(end + BETWEEN.length) };
}

/**
 * A URI of a target, or a template of URIs, as the endpoint says it: `mcp+TARGET+` before it, which leaves it a URI (RFC
 * 3986, 3.1), and a template (RFC 6570) what it is.
 */
export function uriWithin(target: string, uri: string): string {
  return `mcp+${schemeOf(target)}+${uri}`;
}

/** Whose URI it is and what it is there; undefined where no target has such. */
export function targetOfUri<T extends { readonly name: string }>(
  uri: string,
  targets: readonly T[],
): { readonly target: T; readonly uri: string } | undefined {
  const [, label = '', rest = ''] = SCHEME.exec(uri) ?? [];
  const target = targets.find(({ name }) => schemeOf(name) === label.toLowerCase());
  return target === undefined ? undefined : { target, uri: rest };
}

/** A task of a target: ids are the server's own, so they are only ever read back whole. */
export function taskWithin(target: string, task: string): string {
  return `${labelOf(target)}${BETWEEN}${task}`;
}

export function targetOfTask<T extends { readonly name: string }>(
  task: string,
  targets: readonly T[],
): { readonly target: T; readonly task: string } | undefined {
  const end = task.indexOf(BETWEEN);
  const target = end > 0 ? targets.find(({ name }) => labelOf(name) === task.slice(0, end)) : undefined;
  return target === undefined ? undefined : { target, task: task.slice(end + BETWEEN.length) };
}

/** A scheme has no `_`. */
function schemeOf(target: string): string {
  return /^(?!t\.[0-9a-f]{16}$)[a-z0-9.-]+$/.test(target) ? target : `t.${digest(target, 16)}`;
}

function digest(text: string, characters: number): string {
  return hash('sha256', text, 'hex').slice(0, characters);
}
