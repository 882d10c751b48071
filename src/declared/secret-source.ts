import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { Fault } from '../model/fault.ts';
import { LIMITS } from '../model/limits.ts';
import { Secret } from '../model/secret.ts';

/** Where a secret comes from: given and sealed, or read by the gateway each time it is used. */
export type SecretSource = z.infer<typeof sourceSchema>;

export const sourceSchema = z.union(
  [
    z.strictObject({ value: z.string().min(1).max(LIMITS.maxCredentialBytes) }),
    z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not the name of an environment variable') }),
    z.strictObject({ file: z.string().refine(isAbsolute, 'the path of a file must be absolute') }),
  ],
  { error: 'one of `value`, `env` and `file` (an absolute path)' },
);

/** Secrets by what their owner calls them. Sealed in the store; never shown. */
export type SecretSources = Readonly<Record<string, SecretSource>>;

/**
 * Fetches the secret `name` out of what was sealed for `owner` (`the channel ops`). Throws where what was sealed is
 * something else, and a `Fault` of code `config-invalid` where there is none of this name or it is empty.
 */
export async function fetchSealed(
  sealed: string,
  name: string,
  owner: string,
  fetchSecret: (source: SecretSource) => Promise<string>,
): Promise<Secret> {
  const source = z.record(z.string(), sourceSchema).parse(JSON.parse(sealed))[name];
  if (source === undefined) throw new Fault('config-invalid', `${owner} has no ${name}`);
  const value = await fetchSecret(source);
  // With an empty key anybody could sign.
  if (value === '') throw new Fault('config-invalid', `the ${name} of ${owner} is empty`);
  return new Secret(value);
}
