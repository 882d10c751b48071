import { analyseOnce } from '../analyser.ts';
import {
  buildCatalogue,
  type Catalogue,
  type CatalogueColumn,
  type CatalogueRelation,
  type RelationKind,
} from '../catalogue.ts';
import { type Body, tagOf } from '../nodes.ts';
import { parseStatements } from '../parser.ts';
import type { CatalogueFunction, CatalogueReference, CatalogueRule, CatalogueTrigger } from '../programs.ts';
import { STATEMENTS } from './schema-statements.ts';
import { systemRelations } from './system-relations.ts';

/** What of a schema's text is not in the catalogue that it makes. */
export interface SchemaProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/**
 * A database as the text of its definitions describes it: CREATE, ALTER and DROP statements in order, as `pg_dump
 * --schema-only` writes them, make the catalogue that a server would have. What they cannot tell is a problem.
 */
export class SchemaText {
  readonly problems: SchemaProblem[] = [];
  readonly relations = new Map<string, CatalogueRelation>();
  readonly functions: CatalogueFunction[] = [];
  readonly triggers: CatalogueTrigger[] = [];
  readonly rules: CatalogueRule[] = [];
  readonly references: CatalogueReference[] = [];
  readonly #initialPath: readonly string[];
  #path: readonly string[];
  #oid = 16_384;
  #version = 0;
  #made: Catalogue | undefined;

  /** `searchPath` is that of a new session. */
  constructor(searchPath: readonly string[] = ['public']) {
    this.#initialPath = searchPath;
    this.#path = searchPath;
  }

  /** Another one with the same definitions, to which more may be added. */
  copy(): SchemaText {
    const made = new SchemaText(this.#initialPath);
    made.problems.push(...this.problems);
    for (const [key, relation] of this.relations) made.relations.set(key, relation);
    made.functions.push(...this.functions);
    made.triggers.push(...this.triggers);
    made.rules.push(...this.rules);
    made.references.push(...this.references);
    made.#oid = this.#oid;
    made.#version = this.#version;
    return made;
  }

  /** Reads definitions after those that were read before; `set search_path` holds to the end of this text alone. */
  add(text: string): void {
    const parsed = parseStatements(withoutMetaCommands(text));
    if (!parsed.ok) {
      this.problems.push({ line: 1, message: parsed.problem });
      return;
    }
    let at = 0;
    for (const statement of parsed.statements) {
      const own = statement.text();
      const start = text.indexOf(own, at);
      at = start < 0 ? at : start + own.length;
      this.#statement(own, start < 0 ? 1 : lineOf(text, start + own.length - own.trimStart().length));
    }
    this.#path = this.#initialPath;
    this.#made = undefined;
  }

  /** The catalogue of all that was read; the same object until more is. */
  get catalogue(): Catalogue {
    this.#made ??= this.#build(this.#initialPath);
    return this.#made;
  }

  /** As a statement of the schema's text sees it, while it is read. */
  get here(): Catalogue {
    return this.#build(this.#path);
  }

  set searchPath(path: readonly string[]) {
    this.#path = path;
  }

  /** Where a name without a schema is made. */
  get firstSchema(): string {
    return this.#path[0] ?? 'public';
  }

  find(schema: string, name: string): CatalogueRelation | undefined {
    const schemas = schema === '' ? this.#path : [schema];
    for (const one of schemas) {
      const found = this.relations.get(keyOf(one, name));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Makes a relation, in place of one of its name. A temporary one is in no catalogue that sessions share. */
  put(
    relation: Omit<CatalogueRelation, 'oid' | 'columns'> & { readonly columns: readonly NewColumn[] },
  ): CatalogueRelation | undefined {
    if (relation.schema === 'pg_temp') return undefined;
    const columns = relation.columns.map((column, index): CatalogueColumn => ({ ...column, attnum: index + 1 }));
    const oid = this.relations.get(keyOf(relation.schema, relation.name))?.oid ?? this.#oid++;
    const made = { ...relation, oid, columns };
    this.relations.set(keyOf(relation.schema, relation.name), made);
    return made;
  }

  addFunction(made: Omit<CatalogueFunction, 'oid'>): void {
    this.functions.push({ ...made, oid: this.#oid++ });
  }

  drop({ schema, name }: CatalogueRelation): void {
    this.relations.delete(keyOf(schema, name));
  }

  /** The names of a query's result columns; undefined where they cannot be told. */
  columnsOf(query: string): readonly string[] | undefined {
    const { statements } = analyseOnce(query, { catalogue: this.here, prepared: nothing, cursor: nothing });
    return statements[0]?.outputs?.map(({ name }) => name);
  }

  #statement(text: string, line: number): void {
    // Parsed alone, so that places within it count from its own beginning.
    const parsed = parseStatements(text);
    const node = parsed.ok ? parsed.statements[0]?.node : undefined;
    const tag = tagOf(node);
    const read = tag === undefined ? undefined : STATEMENTS[tag];
    const problem = node === undefined || tag === undefined ? undefined : read?.(this, node[tag] as Body, text);
    if (problem !== undefined) this.problems.push({ line, message: problem });
  }

  #build(searchPath: readonly string[]): Catalogue {
    const relations = [...systemRelations(), ...this.relations.values()];
    const { functions, triggers, rules, references } = this;
    const version = ++this.#version;
    return buildCatalogue({ version, searchPath, relations, functions, triggers, rules, references });
  }
}

export type NewColumn = Omit<CatalogueColumn, 'attnum'>;
export type { RelationKind };

function keyOf(schema: string, name: string): string {
  return `${schema}\0${name}`;
}

/** pg_dump writes lines for psql (`\restrict`) and, for COPY, rows; a schema alone has no rows. Lines stay in place. */
function withoutMetaCommands(text: string): string {
  return text.replaceAll(/^\\.*$/gm, '');
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

const nothing = (): undefined => undefined;
