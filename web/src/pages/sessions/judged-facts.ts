export interface JudgedFacts {
  readonly kind: string;
  /** What it does, and with which columns, by name. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** What recorded operations do with columns; those of which nothing is told are left out. A recording may hold anything. */
export function judgedFacts(operations: readonly unknown[]): readonly JudgedFacts[] {
  return operations.flatMap((operation) => {
    if (!isObject(operation)) return [];
    const { kind, columns, copies, lock } = operation;
    const facts = [...columnFacts(columns), ...copyFacts(copies), ...lockFacts(lock)];
    return facts.length === 0 ? [] : [{ kind: typeof kind === 'string' ? kind : 'unknown', facts }];
  });
}

const USES = [
  ['output', 'Reads'],
  ['filter', 'Filters by'],
  ['write', 'Assigns'],
] as const;

function columnFacts(columns: unknown): JudgedFacts['facts'] {
  if (columns === 'unknown') return [['Touches', 'any column of its tables']];
  const all = objectsIn(columns);
  return USES.flatMap(([use, name]) => {
    const names = [...new Set(all.filter((column) => column['use'] === use).map(nameOf))];
    return names.length === 0 ? [] : [[name, names.join(', ')] as const];
  });
}

function copyFacts(copies: unknown): JudgedFacts['facts'] {
  return objectsIn(copies).map(({ into, from, temporary }) => {
    const names = from === 'unknown' ? ['?'] : objectsIn(from).map(nameOf);
    const where = `${isObject(into) ? nameOf(into) : '?'}${temporary === true ? ' (for the session)' : ''}`;
    return ['Copies', `${names.join(', ') || 'nothing of a table'} into ${where}`];
  });
}

function lockFacts(lock: unknown): JudgedFacts['facts'] {
  return typeof lock === 'string' ? [['Locks', lock]] : [];
}

function nameOf({ schema, table, column }: Readonly<Record<string, unknown>>): string {
  return [schema, table, column].filter((part) => typeof part === 'string' && part !== '').join('.');
}

function objectsIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
