import { z } from 'zod';
import { type SecretSource, sourceSchema } from '../declared/secret-source.ts';
import { Fault } from '../model/fault.ts';
import { Secret } from '../model/secret.ts';
import type { Credential, Target } from '../model/target.ts';

export const credentialSchema = z.strictObject({
  user: z.string().min(1).max(128),
  password: sourceSchema.optional(),
  clientCertificate: z.strictObject({ certificate: sourceSchema, key: sourceSchema }).optional(),
});

/** A credential as it is declared; this is what is sealed. It may hold secrets: never shown, never logged. */
export type CredentialDeclaration = z.infer<typeof credentialSchema>;

/** What the gateway reads secrets from. Each rejects where there is none. */
export interface SecretReader {
  env(name: string): string | undefined;
  /** At most `maxCredentialBytes`. */
  file(path: string): Promise<string>;
}

/** Parses what was sealed. */
export function parseCredential(text: string): CredentialDeclaration {
  return credentialSchema.parse(JSON.parse(text));
}

/** Fetches the secrets. Throws a `Fault` of code `config-invalid` that names the source and shows nothing of the value. */
export async function resolveCredential(declared: CredentialDeclaration, reader: SecretReader): Promise<Credential> {
  const { user, password, clientCertificate } = declared;
  return {
    user,
    ...(password && { password: new Secret(await resolveSecret(password, reader)) }),
    ...(clientCertificate && {
      clientCertificate: {
        certificate: await resolveSecret(clientCertificate.certificate, reader),
        key: new Secret(await resolveSecret(clientCertificate.key, reader)),
      },
    }),
  };
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

/** What a sealed credential may be sent to; part of its seal, so that changing one in the store does not divert it. */
export function credentialBinding({ name, protocol, address, tls }: Target): string {
  const { mode, ca, serverName } = tls;
  return JSON.stringify([name, protocol, address.host, address.port, mode, ca ?? null, serverName ?? null]);
}
