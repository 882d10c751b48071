import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { Fault } from '../model/fault.ts';
import { LIMITS } from '../model/limits.ts';

/** Where a secret comes from: given and sealed, or read by the gateway each time it connects. */
export const sourceSchema = z.union(
  [
    z.strictObject({ value: z.string().min(1).max(LIMITS.maxCredentialBytes) }),
    z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not the name of an environment variable') }),
    z.strictObject({ file: z.string().refine(isAbsolute, 'the path of a file must be absolute') }),
  ],
  { error: 'one of `value`, `env` and `file` (an absolute path)' },
);

export type SecretSource = z.infer<typeof sourceSchema>;

export const clientCertificateSchema = z.strictObject({ certificate: sourceSchema, key: sourceSchema });

/** What the gateway reads secrets from. Each rejects where there is none. */
export interface SecretReader {
  env(name: string): string | undefined;
  /** At most `maxCredentialBytes`. */
  file(path: string): Promise<string>;
}

/** Fetches one secret. Throws a `Fault` of code `config-invalid` that names the source. */
export async function resolveSecret(source: SecretSource, reader: SecretReader): Promise<string> {
  if ('value' in source) return source.value;
  if ('env' in source) {
    const value = reader.env(source.env);
    if (value === undefined || value === '') {
      throw new Fault('config-invalid', `the environment variable ${source.env} of the gateway is not set`);
    }
    return value;
  }
  try {
    // Editors and `echo` end a file with a line break, and no secret ends with one.
    return (await reader.file(source.file)).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new Fault('config-invalid', `the file ${source.file} cannot be read by the gateway`, { cause });
  }
}
