import { createHash, randomBytes } from 'node:crypto';
import { type Fields, SPDY } from '../message.ts';

/** RFC 6455, 4.2.2: what a server answers to a client's key, which shows that it was this client's it answers. */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

export function newKey(): string {
  return randomBytes(16).toString('base64');
}

/** RFC 6455, 4.1: sixteen bytes in base64. */
export function isKey(key: string | undefined): key is string {
  return key !== undefined && /^[A-Za-z0-9+/]{22}==$/.test(key);
}

/**
 * What upgrades a connection of HTTP/1.1 is its wire's own: RFC 8441 has no key and no answer to it. Left out, beside what
 * it was.
 */
export function withoutField(
  fields: Fields,
  name: string,
): { readonly rest: Fields; readonly values: readonly string[] } {
  const values = fields.filter((field) => field[0] === name).map(([, value]) => value);
  return { rest: values.length === 0 ? fields : fields.filter((field) => field[0] !== name), values };
}

/** An upgrade as it is written: clients compare the names of some by the letter. */
export function namedAs(upgrade: string): string {
  return upgrade === SPDY ? 'SPDY/3.1' : upgrade;
}
