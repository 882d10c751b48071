import { classifiedName } from '../../model/classified-name.ts';
import { compilePath } from '../../model/http-path.ts';
import type { Operation } from '../../model/request.ts';
import type { ClassifiedColumn } from '../../model/target.ts';
import { STRICTNESS } from '../column-match.ts';
import { type FieldRule, FieldTree } from './field-tree.ts';

/** What has a class in the reply to one request. */
export interface MessageFields {
  /** Undefined where nothing of a body has. */
  readonly body: FieldTree | undefined;
  readonly headers: ReadonlyMap<string, FieldRule>;
  readonly cookies: ReadonlyMap<string, FieldRule>;
  readonly values: ReadonlyMap<string, FieldRule>;
}

/** Paths of one target are few; what a client asks for is not. */
const MOST_KEPT = 1_000;

/** What has no path may be in any reply. */
const ANYWHERE = (): boolean => true;

/** Which fields of an HTTP target a policy's classes mask. Its answers are kept by the fields that a path has. */
export class FieldRules {
  readonly #classified: readonly ClassifiedColumn[];
  readonly #matches: readonly ((method: string, path: string) => boolean)[];
  readonly #known = new Map<string, MessageFields>();

  constructor(classified: readonly ClassifiedColumn[], classes: ReadonlySet<string>) {
    this.#classified = classified.filter((one) => one.place !== undefined && classes.has(one.class));
    this.#matches = this.#classified.map(({ table }) => (table === '' ? ANYWHERE : compilePath(table)));
  }

  get size(): number {
    return this.#classified.length;
  }

  /** Undefined where nothing in the reply has a class. */
  of(operations: readonly Operation[]): MessageFields | undefined {
    if (this.size === 0) return undefined;
    const found = this.#classified.flatMap((_, index) =>
      operations.some(({ http }) => http !== undefined && this.#matches[index]?.(http.method, http.path) === true)
        ? [index]
        : [],
    );
    if (found.length === 0) return undefined;
    const id = found.join();
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST_KEPT) this.#known.clear();
    const fields = fieldsOf(found.flatMap((index) => this.#classified[index] ?? []));
    this.#known.set(id, fields);
    return fields;
  }

  /**
   * Why the names in a reply may be others than those that were classified; undefined where they are the target's own.
   */
  renamed(operations: readonly Operation[]): string | undefined {
    const isRenamed = operations.some(({ access, http }) => http?.graphql?.renames === true || access === 'unknown');
    if (!isRenamed || this.of(operations)?.body === undefined) return undefined;
    return operations.some(({ access }) => access === 'unknown') ? 'what nobody can read in it' : 'an alias in it';
  }
}

function fieldsOf(classified: readonly ClassifiedColumn[]): MessageFields {
  const body = classified.filter(({ place }) => place === 'body').map(ruleOf);
  return {
    body: body.length === 0 ? undefined : new FieldTree(body),
    headers: named(classified, 'header'),
    cookies: named(classified, 'cookie'),
    values: named(classified, 'value'),
  };
}

function named(
  classified: readonly ClassifiedColumn[],
  place: 'header' | 'cookie' | 'value',
): ReadonlyMap<string, FieldRule> {
  const rules = new Map<string, FieldRule>();
  for (const one of classified) {
    if (one.place !== place) continue;
    // Names of fields have no case (RFC 9110, 5.1); those of cookies do, and services mind it or not.
    const name = one.column.toLowerCase();
    const before = rules.get(name);
    const rule = ruleOf(one);
    if (before === undefined || STRICTNESS[rule.kind] > STRICTNESS[before.kind]) rules.set(name, rule);
  }
  return rules;
}

function ruleOf(classified: ClassifiedColumn): FieldRule {
  const { column, class: of, mask } = classified;
  return { field: column, kind: mask ?? 'redact', class: of, name: classifiedName(classified) };
}
