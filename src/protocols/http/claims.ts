import { hash } from 'node:crypto';
import { Secret } from '../../model/secret.ts';
import type { Claim } from '../protocol.ts';
import type { Fields } from './message.ts';

/** What a request shows to be let in, unchecked. */
export interface Proof {
  readonly claim: Claim;
  /** SHA-256 of it and of where it was shown: two requests that show the same have the same, and nothing else tells them from one another. */
  readonly digest: string;
}

/**
 * The grant and its secret that a request shows: `Chaperone-Grant`, or else the field that `way` names, as Bearer
 * (`GRANT.SECRET`, RFC 6750) or Basic (RFC 7617). Undefined where there is none, or more than one. `resource` is the place
 * that it is shown at, where grants may be bound to that.
 */
export function proofOf(
  fields: Fields,
  way: 'authorization' | 'proxy-authorization',
  resource?: string,
): Proof | undefined {
  const own = only(fields, 'chaperone-grant');
  if (own !== undefined) return bearer(own, resource);
  const [, scheme = '', shown = ''] = /^(bearer|basic)[ ]+(\S+)$/i.exec(only(fields, way) ?? '') ?? [];
  return scheme.toLowerCase() === 'basic' ? basic(shown, resource) : bearer(shown, resource);
}

function only(fields: Fields, wanted: string): string | undefined {
  let found: string | undefined;
  for (const [name, value] of fields) {
    if (name !== wanted) continue;
    if (found !== undefined) return undefined;
    found = value;
  }
  return found;
}

function bearer(shown: string, resource: string | undefined): Proof | undefined {
  const dot = shown.indexOf('.');
  return dot < 0 ? undefined : proof(shown.slice(0, dot), shown.slice(dot + 1), resource);
}

function basic(shown: string, resource: string | undefined): Proof | undefined {
  const text = Buffer.from(shown, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : proof(text.slice(0, colon), text.slice(colon + 1), resource);
}

function proof(user: string, password: string, resource = ''): Proof | undefined {
  if (user === '' || password === '') return undefined;
  const at = resource === '' ? {} : { resource };
  const claim = { kind: 'password', user, password: new Secret(password), ...at } as const;
  return { claim, digest: hash('sha256', `${user}\0${password}\0${resource}`, 'base64') };
}
