import { z } from 'zod';
import type { Declared, Loaded, Problem } from '../model/declaration.ts';

/** Reads each declared item by the schema; what does not fit becomes problems at their lines. */
export function readDeclared<Item>(
  declared: readonly Declared[],
  schema: z.ZodType<Item>,
  reference: string,
): Loaded<{ readonly item: Item; readonly source: Declared }> {
  const items: { item: Item; source: Declared }[] = [];
  const problems: Problem[] = [];
  for (const source of declared) {
    const result = schema.safeParse(source.value);
    if (result.success) items.push({ item: result.data, source });
    else problems.push(...result.error.issues.map((issue) => problemOf(issue, source, reference)));
  }
  return { items, problems };
}

/** A problem at a path within a declared item. */
export function problemAt(
  source: Declared,
  path: readonly (string | number)[],
  message: string,
  advice: string,
): Problem {
  return { file: source.file, line: source.line(path), message, advice };
}

/** Names are shown in logs, URLs and PostgreSQL's own messages: lower case, digits, dots and dashes. */
export const nameSchema = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/,
    'a name is 1 to 63 of a-z, 0-9, `.`, `_`, `-`, and begins and ends with a letter or a digit',
  );

/** Problems of items that share a name. */
export function duplicateNames(
  named: readonly { readonly item: { readonly name: string }; readonly source: Declared }[],
  what: string,
): readonly Problem[] {
  const seen = new Set<string>();
  return named.flatMap(({ item, source }) => {
    if (!seen.has(item.name)) {
      seen.add(item.name);
      return [];
    }
    return [
      problemAt(source, ['name'], `the ${what} ${item.name} is declared twice`, 'Give one of them another name.'),
    ];
  });
}

function problemOf(issue: z.core.$ZodIssue, source: Declared, reference: string): Problem {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const where = path.length === 0 ? '' : `${path.join('.')}: `;
  return problemAt(source, path, `${where}${issue.message}`, `See ${reference}.`);
}
