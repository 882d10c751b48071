import { z } from 'zod';
import { type SecretSource, sourceSchema } from '../declared/secret-source.ts';
import { Fault } from '../model/fault.ts';

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
