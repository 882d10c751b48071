import { createHash } from 'node:crypto';

/** The id of a thing that a target tells of: the same for every gateway, and tells nothing of the name. */
export function definitionId(target: string, kind: string, name: string): string {
  const hash = createHash('sha256').update(JSON.stringify([target, kind, name]));
  return `def_${hash.digest('hex').slice(0, ID_DIGITS)}`;
}

/** The id of one of its forms. */
export function formId(definition: string, digest: string): string {
  return `${definition}_${digest}`;
}

/** Of 128 bits: nobody finds two names for one. */
const ID_DIGITS = 32;
