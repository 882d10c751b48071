import type { Node } from 'libpg-query';

/** The body of a parse tree node of any tag, as the walkers see it. */
export type Body = Readonly<Record<string, unknown>>;

type Intersect<Union> = (Union extends unknown ? (part: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;
type NodeMap = Intersect<Node>;
export type Tag = keyof NodeMap;

export function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The tag of a `{Tag: body}` node; undefined for a list, a scalar, or a body that stands without its tag. */
export function tagOf(value: unknown): string | undefined {
  if (!isBody(value)) return undefined;
  let only: string | undefined;
  for (const key in value) {
    if (only !== undefined) return undefined;
    only = key;
  }
  const first = only?.charCodeAt(0) ?? 0;
  return first >= 65 && first <= 90 ? only : undefined;
}

export function bodyOf(node: Body, tag: string): Body {
  const body = node[tag];
  return isBody(body) ? body : {};
}

/** The body of a node if it has this tag. */
export function as<T extends Tag>(node: unknown, tag: T): NodeMap[T] | undefined {
  return tagOf(node) === tag ? ((node as NodeMap)[tag] ?? undefined) : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The texts of a list of String nodes; anything else in it is left out. */
export function namesOf(value: unknown): string[] {
  const names: string[] = [];
  for (const item of listOf(value)) {
    const text = as(item, 'String');
    if (text !== undefined) names.push(text.sval ?? '');
  }
  return names;
}

/** The value of a constant, through casts: a string, a number as written, a boolean; undefined for anything else. */
export function constantOf(node: unknown): string | undefined {
  const cast = as(node, 'TypeCast');
  if (cast !== undefined) return constantOf(cast.arg);
  const constant = as(node, 'A_Const');
  if (constant !== undefined) {
    if (constant.sval !== undefined) return constant.sval.sval ?? '';
    if (constant.ival !== undefined) return String(constant.ival.ival ?? 0);
    if (constant.fval !== undefined) return constant.fval.fval ?? '';
    if (constant.boolval !== undefined) return String(constant.boolval.boolval ?? false);
    return undefined;
  }
  const text = as(node, 'String');
  if (text !== undefined) return text.sval ?? '';
  const integer = as(node, 'Integer');
  if (integer !== undefined) return String(integer.ival ?? 0);
  const boolean = as(node, 'Boolean');
  if (boolean !== undefined) return String(boolean.boolval ?? false);
  return as(node, 'Float')?.fval;
}

/** A member that should be a string; empty where it is absent, as the parser leaves out empty strings. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
