import type { Catalogue } from './catalogue.ts';
import { lineageOf, type StatementLineage } from './lineage/statement.ts';
import { type Body, bodyOf, isBody, listOf, tagOf } from './nodes.ts';
import { intoOf, storedQuery } from './operation-parts.ts';
import type { SessionNames } from './session-names.ts';

/** What the statements of one text do with columns, each read once with the statement that it stands in. */
export class StatementLineages {
  /** A number in the text names a column, so that what was said holds for that number alone. */
  positional = false;
  readonly #names: SessionNames;
  /** Of the data-modifying statements in WITH clauses: what they see, only the statement around them tells. */
  readonly #inner = new Map<Body, StatementLineage>();

  readonly #within: 'body' | undefined;

  /** `within` a function's body, what is no column is a parameter or a variable. */
  constructor(names: SessionNames, within?: 'body') {
    this.#names = names;
    this.#within = within;
  }

  /** `named`: the query that an EXECUTE or FETCH names. `stale`: names may mean something else than the catalogue says. */
  of(
    tag: string,
    body: Body,
    named: readonly Body[],
    catalogue: Catalogue | undefined,
    stale: boolean,
  ): StatementLineage {
    const known = this.#inner.get(body);
    if (known !== undefined) return known;
    const isInto = tag === 'SelectStmt' && intoOf(body) !== undefined;
    const node = isInto ? storedQuery(body) : (named[0] ?? { [tag]: body });
    const stored = tag === 'CreateTableAsStmt' ? this.#namedBy(body['query']) : undefined;
    const options = { named: stored, within: this.#within, parameters: parametersOf(tag, body) };
    const { inner, positional, ...lineage } = lineageOf(node, catalogue, options);
    this.positional ||= positional;
    for (const [one, read] of inner) this.#inner.set(one, stale ? withoutNames(read) : read);
    return stale ? withoutNames(lineage) : lineage;
  }

  /** The query that an EXECUTE inside another statement names. */
  #namedBy(statement: unknown): Body | undefined {
    if (!isBody(statement) || tagOf(statement) !== 'ExecuteStmt') return undefined;
    const named = this.#names.queryOf('ExecuteStmt', bodyOf(statement, 'ExecuteStmt'));
    return named && 'query' in named ? named.query : undefined;
  }
}

/** What EXECUTE hands in, also where it stands in CREATE TABLE AS. */
function parametersOf(tag: string, body: Body): readonly unknown[] {
  if (tag === 'ExecuteStmt') return listOf(body['params']);
  const query = tag === 'CreateTableAsStmt' && isBody(body['query']) ? body['query'] : {};
  return listOf(bodyOf(query, 'ExecuteStmt')['params']);
}

/** What is left once an earlier statement of the text may have changed what the names mean. */
function withoutNames({ outputs, copies }: StatementLineage): StatementLineage {
  return {
    outputs: outputs?.map(({ name }) => ({ name, sources: 'unknown', plain: false })),
    columns: 'unknown',
    copies: copies.map((copy) => ({ ...copy, from: 'unknown' })),
  };
}
