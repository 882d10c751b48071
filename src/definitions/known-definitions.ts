import type { Standing } from '../model/mcp.ts';
import type { KnownDefinitionRow, KnownDefinitions } from '../store/definition-rows.ts';

/** What is known of one target's definitions, without their texts. */
export class KnownTarget {
  /** The kinds that it was ever asked for. */
  readonly kinds: ReadonlySet<string>;
  readonly #rows = new Map<string, KnownDefinitionRow>();
  /** Of each definition that has one: the form that was accepted last. */
  readonly #accepted = new Map<string, KnownDefinitionRow>();

  constructor({ rows, kinds }: KnownDefinitions) {
    this.kinds = kinds;
    for (const row of rows) {
      this.#rows.set(keyOf(row.kind, row.name, row.digest), row);
      const before = this.#accepted.get(row.definition);
      if (isAccepted(row) && (before?.decided_at ?? '') <= (row.decided_at ?? '')) {
        this.#accepted.set(row.definition, row);
      }
    }
  }

  /** By the name as JSON. */
  form(kind: string, name: string, digest: string): KnownDefinitionRow | undefined {
    return this.#rows.get(keyOf(kind, name, digest));
  }

  forms(): Iterable<KnownDefinitionRow> {
    return this.#rows.values();
  }

  accepted(definition: string): KnownDefinitionRow | undefined {
    return this.#accepted.get(definition);
  }

  standing(form: KnownDefinitionRow): Standing {
    if (isAccepted(form)) return 'accepted';
    if (form.standing === 'rejected') return 'rejected';
    return this.#accepted.has(form.definition) ? 'changed' : 'new';
  }
}

/** What the log does not say yet counts as if nobody had said it. */
function isAccepted({ standing, logged }: KnownDefinitionRow): boolean {
  return standing === 'accepted' && logged === 1;
}

function keyOf(kind: string, name: string, digest: string): string {
  return `${kind} ${digest} ${name}`;
}
