import type { Operation } from '../../model/request.ts';
import { packHttp } from './recorded-operations.ts';

const MOST_KEPT = 500;
const MOST_CHARACTERS = 2_000;

/**
 * What lines say of requests of HTTP, kept by what they are made of: addresses and bodies are not part of it, so that
 * requests by the thousand say one of a few things.
 */
export class HttpOperations {
  readonly #kept = new Map<string, Uint8Array>();

  /** What `write` makes of the operations, or made of others that it would make the same of. */
  text(operations: readonly Operation[], write: (operations: readonly Operation[]) => Uint8Array): Uint8Array {
    const [only] = operations;
    const key = only !== undefined && operations.length === 1 ? keyOf(only) : undefined;
    if (key === undefined || key.length > MOST_CHARACTERS) return write(operations);
    let text = this.#kept.get(key);
    if (text === undefined) {
      text = write(operations);
      if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
      this.#kept.set(key, text);
    }
    return text;
  }
}

/** The same for operations whose lines are the same; undefined where a member of it is no plain word. */
function keyOf(operation: Operation): string | undefined {
  const packed = operation.http === undefined ? undefined : plainMembers(packHttp(operation.http));
  const own = packed === undefined ? undefined : plainMembers(operation, 'http');
  return own === undefined ? undefined : `${own} http ${packed}`;
}

/** Every member by its name, words with their length, so that none can be taken for two. */
function plainMembers(members: object, but?: string): string | undefined {
  let key = '';
  for (const name in members) {
    const value = (members as Readonly<Record<string, unknown>>)[name];
    if (value === undefined || name === but) continue;
    if (typeof value === 'string') key += `${name} ${value.length} ${value};`;
    else if (typeof value === 'boolean') key += `${name} ${value};`;
    else if (Array.isArray(value) && value.length === 0) key += `${name} none;`;
    else return undefined;
  }
  return key;
}
