/** One place in which two forms of a definition differ. What stood there is canonical JSON, not fit to be shown as it is. */
export interface Difference {
  /** A JSON pointer (RFC 6901). */
  readonly where: string;
  /** Absent where it was not there before. */
  readonly before?: string;
  /** Absent where it is not there any more. */
  readonly after?: string;
}

/** Where two JSON texts differ, in their order, as deep as both have the same shape; at most 500 places. */
export function differencesOf(before: string, after: string): readonly Difference[] {
  const found: Difference[] = [];
  const stack: Pair[] = [{ where: '', before: JSON.parse(before), after: JSON.parse(after) }];
  for (let pair = stack.pop(); pair !== undefined && found.length < MOST_PLACES; pair = stack.pop()) {
    const inner = innerPairs(pair);
    if (inner !== undefined) stack.push(...inner.toReversed());
    else if (!isSame(pair)) found.push(told(pair));
  }
  return found;
}

const MOST_PLACES = 500;

interface Pair {
  readonly where: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** The members of two that can be compared one by one; undefined where they are told as a whole. */
function innerPairs({ where, before, after }: Pair): readonly Pair[] | undefined {
  if (!isContainer(before) || !isContainer(after) || Array.isArray(before) !== Array.isArray(after)) return undefined;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].map((name) => ({
    where: `${where}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    ...(Object.hasOwn(before, name) && { before: before[name] }),
    ...(Object.hasOwn(after, name) && { after: after[name] }),
  }));
}

function isSame({ before, after }: Pair): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}

function told({ where, before, after }: Pair): Difference {
  return {
    where,
    ...(before !== undefined && { before: JSON.stringify(before) }),
    ...(after !== undefined && { after: JSON.stringify(after) }),
  };
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
