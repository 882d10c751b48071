import { CliError, EXIT } from '../cli-error.ts';
import { printable } from '../printable.ts';

/** Fields of the principal, as `--as` gives them. */
export function fieldsOf(as: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(as.map((field) => pair(field, '--as')));
}

/** `NAME=VALUE` of an option. */
export function pair(text: string, option: string): readonly [name: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new CliError(EXIT.usage, `${option} ${printable(text)} is not NAME=VALUE`);
}
