import { z } from 'zod';
import { sourceSchema } from '../declared/secret-source.ts';
import { Secret } from '../model/secret.ts';
import type { Credential, Target } from '../model/target.ts';
import { type HttpCredentialDeclaration, httpCredentialSchema, resolveHttpCredential } from './http-credential.ts';
import { clientCertificateSchema, resolveSecret, type SecretReader } from './secret-source.ts';

/** How the gateway logs in where there are users. */
export const credentialSchema = z.strictObject({
  user: z.string().min(1).max(128),
  password: sourceSchema.optional(),
  clientCertificate: clientCertificateSchema.optional(),
});

/** A credential as it is declared; this is what is sealed. It may hold secrets: never shown, never logged. */
export type CredentialDeclaration = z.infer<typeof credentialSchema> | HttpCredentialDeclaration;

/** Parses what was sealed. */
export function parseCredential(text: string): CredentialDeclaration {
  const value: unknown = JSON.parse(text);
  const hasUser = typeof value === 'object' && value !== null && 'user' in value;
  return hasUser ? credentialSchema.parse(value) : httpCredentialSchema.parse(value);
}

/** Fetches the secrets. Throws a `Fault` of code `config-invalid` that names the source and shows nothing of the value. */
export async function resolveCredential(declared: CredentialDeclaration, reader: SecretReader): Promise<Credential> {
  const { clientCertificate } = declared;
  const certificate = clientCertificate && {
    clientCertificate: {
      certificate: await resolveSecret(clientCertificate.certificate, reader),
      key: new Secret(await resolveSecret(clientCertificate.key, reader)),
    },
  };
  if (!('user' in declared)) return { user: '', ...certificate, http: await resolveHttpCredential(declared, reader) };
  const { user, password } = declared;
  return {
    user,
    ...(password && { password: new Secret(await resolveSecret(password, reader)) }),
    ...certificate,
  };
}

/** What a sealed credential may be sent to; part of its seal, so that changing one in the store does not divert it. */
export function credentialBinding({ name, protocol, address, tls, http }: Target): string {
  const { mode, ca, serverName } = tls;
  const place = [name, protocol, address.host, address.port, mode, ca ?? null, serverName ?? null];
  return JSON.stringify(http === undefined ? place : [...place, http.basePath, http.hosts]);
}

/** Stands for a credential where only the target itself is read. */
export function placeholderCredential(protocol: unknown): CredentialDeclaration {
  return protocol === 'http' ? { none: true } : { user: 'unchanged' };
}
