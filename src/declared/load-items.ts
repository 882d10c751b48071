import type { z } from 'zod';
import type { Declared, Loaded, Problem } from '../model/declaration.ts';

/** Notes what is wrong at a path within the item; the advice is the reference where none is given. */
export type At = (path: readonly (string | number)[], message: string, advice?: string) => void;

export interface ListWords {
  /** What one of the list is called. */
  readonly what: string;
  /** `See docs/….md.` */
  readonly reference: string;
}

/**
 * Reads the items of one list of the configuration: each by the schema, no name twice, the rest by `make`, which may give
 * nothing once it noted why. While there is a problem there are no items.
 */
export function loadItems<Read extends { readonly name: string }, Item>(
  declared: readonly Declared[],
  schema: z.ZodType<Read>,
  { what, reference }: ListWords,
  make: (read: Read, at: At) => Item | undefined,
): Loaded<Item> {
  const problems: Problem[] = [];
  const items: Item[] = [];
  const seen = new Set<string>();
  for (const source of declared) {
    const at: At = (path, message, advice = reference) =>
      void problems.push({ file: source.file, line: source.line(path), message, advice });
    const read = schema.safeParse(source.value);
    if (!read.success) {
      for (const { path, message } of read.error.issues) {
        const steps = path.map((step) => (typeof step === 'number' ? step : String(step)));
        at(steps, `${steps.length === 0 ? what : steps.join('.')}: ${message}`);
      }
      continue;
    }
    const { name } = read.data;
    if (seen.has(name)) at(['name'], `the ${what} ${name} is declared twice`, 'Give one of them another name.');
    seen.add(name);
    const item = make(read.data, at);
    if (item !== undefined) items.push(item);
  }
  return { items: problems.length > 0 ? [] : items, problems };
}
