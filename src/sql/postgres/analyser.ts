import { LIMITS } from '../../model/limits.ts';
import type { Operation } from '../../model/request.ts';
import type { Analysis, AnalysisContext } from './analysis.ts';
import { OperationBuilder } from './operations.ts';
import { parseStatements } from './parser.ts';
import { templateOf } from './template.ts';

type CacheLimits = { readonly maxAnalysisCacheEntries: number; readonly maxAnalysisCacheBytes: number };

/**
 * Says what texts mean, and remembers it: the same text under the same catalogue object gives the same Analysis.
 * One for the process; `loadPostgresParser` must have resolved. Never throws: what is not understood is `unknown`.
 */
export class Analyser {
  readonly #limits: CacheLimits;
  readonly #scopes = new WeakMap<object, Generations>();
  /** The scopes that hold something. */
  readonly #live = new Set<Generations>();
  #entries = 0;
  #bytes = 0;

  constructor(limits: CacheLimits = LIMITS) {
    this.#limits = limits;
  }

  analyse(text: string, context: AnalysisContext): Analysis {
    const scope = this.#scopes.get(context.catalogue ?? NO_CATALOGUE) ?? this.#newScope(context);
    const entry = this.#find(scope, text);
    if (entry === undefined || entry.internal === true) return this.#unseen(text, context, scope);
    if (entry.asks === undefined) return entry.analysis;
    return this.#find(scope, keyOf(text, entry.asks, context))?.analysis ?? this.#miss(text, context, scope);
  }

  /** A text not seen before may differ in its values alone from one that was, and then means the same. */
  #unseen(text: string, context: AnalysisContext, scope: Generations): Analysis {
    // a key of ours holds a NUL; a text that does is refused, and must neither be taken for a key nor replace one
    if (text.includes('\0')) return analyseOnce(text, context);
    const template = templateOf(text);
    const known = template === undefined ? undefined : this.#find(scope, template);
    if (known !== undefined) return known.analysis;
    const analysis = this.#miss(text, context, scope);
    if (template !== undefined && isFreeOfLiterals(analysis)) {
      this.#keep(scope, template, { analysis, bytes: sizeOf(template, analysis), internal: true });
    }
    return analysis;
  }

  #find(scope: Generations, key: string): Entry | undefined {
    const young = scope.young.get(key);
    if (young !== undefined) return young;
    const old = scope.old.get(key);
    if (old !== undefined) this.#keep(scope, key, old);
    return old;
  }

  #miss(text: string, context: AnalysisContext, scope: Generations): Analysis {
    const asks: Ask[] = [];
    const analysis = analyseOnce(text, asking(context, asks));
    const bytes = sizeOf(text, analysis);
    if (bytes > this.#limits.maxAnalysisCacheBytes / 16) return analysis;
    if (asks.length === 0) {
      this.#keep(scope, text, { analysis, bytes });
    } else {
      this.#keep(scope, text, { analysis, bytes: text.length * 2, asks });
      const key = keyOf(text, asks, context);
      this.#keep(scope, key, { analysis, bytes: bytes + key.length * 2, internal: true });
    }
    return analysis;
  }

  /** Two generations: what is asked for again moves to the young one; when that is half of all, the old one goes. */
  #keep(scope: Generations, key: string, entry: Entry): void {
    const { maxAnalysisCacheEntries, maxAnalysisCacheBytes } = this.#limits;
    this.#entries++;
    this.#bytes += entry.bytes;
    if (this.#entries > maxAnalysisCacheEntries / 2 || this.#bytes > maxAnalysisCacheBytes / 2) {
      this.#entries = 1;
      this.#bytes = entry.bytes;
      for (const one of this.#live) {
        one.old = one.young;
        one.young = new Map();
        if (one.old.size === 0) this.#live.delete(one);
      }
    }
    scope.young.set(key, entry);
    this.#live.add(scope);
  }

  #newScope(context: AnalysisContext): Generations {
    const scope: Generations = { young: new Map(), old: new Map() };
    this.#scopes.set(context.catalogue ?? NO_CATALOGUE, scope);
    return scope;
  }
}

/** Analyses a text without remembering. */
export function analyseOnce(text: string, context: AnalysisContext): Analysis {
  const parsed = parseStatements(text);
  if (!parsed.ok) return notUnderstood(parsed.problem);
  if (parsed.statements.length === 0) return { operations: [EMPTY], statements: [] };
  if (parsed.statements.length > LIMITS.maxStatementsPerText) {
    return notUnderstood(`the text has more than ${LIMITS.maxStatementsPerText} statements`);
  }
  const builder = new OperationBuilder(context);
  try {
    const statements = parsed.statements.map((statement) => builder.add(statement));
    return { operations: builder.operations, statements, ...(builder.positional ? { positional: true } : {}) };
  } catch (error) {
    // whatever breaks while a tree is read, the text is one that was not understood, and that is denied
    return notUnderstood(`the text cannot be analysed: ${error instanceof Error ? error.message : 'unknown'}`);
  }
}

interface Generations {
  young: Map<string, Entry>;
  old: Map<string, Entry>;
}

interface Entry {
  readonly analysis: Analysis;
  readonly bytes: number;
  /** The names whose meaning the analysis depends on; then `analysis` holds for a key that includes what they meant. */
  readonly asks?: readonly Ask[];
  /** Kept under a key that is no text: a template, or a text with the meaning of its names. */
  readonly internal?: true;
}

interface Ask {
  readonly of: 'prepared' | 'cursor';
  readonly name: string;
}

const NO_CATALOGUE = {};

const EMPTY: Operation = {
  kind: 'empty',
  access: 'session',
  tables: [],
  functions: [],
  hasWhere: true,
  flags: [],
  columns: [],
};

function notUnderstood(problem: string): Analysis {
  const unknown = { ...EMPTY, kind: 'unknown', access: 'unknown', flags: ['unparsable'], reason: problem } as const;
  return { operations: [{ ...unknown, columns: 'unknown' }], statements: [], problem };
}

/** The context, writing down which names are asked for. Which they are depends on the text alone. */
function asking(context: AnalysisContext, asks: Ask[]): AnalysisContext {
  const ask = (of: Ask['of'], name: string): string | undefined => {
    asks.push({ of, name });
    return context[of](name);
  };
  return {
    catalogue: context.catalogue,
    prepared: (name) => ask('prepared', name),
    cursor: (name) => ask('cursor', name),
  };
}

const PLAIN_KINDS: ReadonlySet<string> = new Set(['select', 'insert', 'update', 'delete', 'merge', 'function']);
/** Flags that come of names and clauses, never of a value. */
const PLAIN_FLAGS: ReadonlySet<string> = new Set([
  'opaque-source',
  'for-update',
  'sensitive-catalog',
  'volatile-function',
  'security-definer',
  'in-function',
  'in-trigger',
  'fires-trigger',
  'through-view',
  'cascades',
  'unknown-relation',
  'foreign-access',
  'returning',
]);

/** True where no literal of the text can have had a part in what the analysis says. */
function isFreeOfLiterals({ operations, statements, problem, positional }: Analysis): boolean {
  return (
    problem === undefined &&
    positional === undefined &&
    statements.every(({ effects }) => Object.keys(effects).length === 1 && !effects.ddl) &&
    operations.every(
      ({ kind, access, flags }) =>
        PLAIN_KINDS.has(kind) &&
        (access === 'read' || access === 'write') &&
        flags.every((flag) => PLAIN_FLAGS.has(flag)),
    )
  );
}

/** A key with a NUL in it, which no text that is analysed has. */
function keyOf(text: string, asks: readonly Ask[], context: AnalysisContext): string {
  const meanings = asks.map(({ of, name }) => context[of](name) ?? null);
  return `\0${JSON.stringify(meanings)}\0${text}`;
}

/** Bytes that an entry takes, roughly. */
function sizeOf(text: string, analysis: Analysis): number {
  let bytes = 500 + text.length * 2;
  for (const { tables, functions, flags, outputs, columns = [], copies = [] } of analysis.operations) {
    bytes += 300 + 100 * (tables.length + functions.length + flags.length + columns.length + copies.length);
    for (const output of outputs ?? []) {
      for (const { sources } of [output, ...(output.json?.leaves ?? [])]) {
        bytes += 100 + (sources === 'unknown' ? 0 : 100 * sources.length);
      }
    }
  }
  return bytes + 100 * analysis.statements.length;
}
