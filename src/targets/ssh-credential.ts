import { z } from 'zod';
import { sourceSchema } from '../declared/secret-source.ts';
import { Secret } from '../model/secret.ts';
import type { Credential } from '../model/target.ts';
import { resolveSecret, type SecretReader } from './secret-source.ts';

const userSchema = z.string().regex(/^[^\s+:@/\0]{1,128}$/, 'the login at the host');
const certificateSchema = z
  .string()
  .max(16_384)
  .regex(/^\S+-cert-v01@openssh\.com [A-Za-z0-9+/=]+/, 'a certificate is written as in id_ed25519-cert.pub');

const keySchema = z.strictObject({
  user: userSchema,
  key: sourceSchema,
  passphrase: sourceSchema.optional(),
  certificate: certificateSchema.optional(),
});

const MOST_SECONDS = 24 * 60 * 60;
const USUAL_SECONDS = 5 * 60;

/** The gateway signs a certificate for each connection; the host trusts the key (`TrustedUserCAKeys`). */
const authoritySchema = z.strictObject({
  user: userSchema,
  authority: z.strictObject({
    key: sourceSchema,
    principals: z.array(userSchema).min(1).max(50).optional(),
    validForSeconds: z.int().min(30).max(MOST_SECONDS).optional(),
  }),
});

const passwordSchema = z.strictObject({ user: userSchema, password: sourceSchema });

/** How the gateway proves itself to an SSH host. */
export const sshCredentialSchema = z.union([keySchema, authoritySchema, passwordSchema], {
  error: 'a `user` with a `key`, an `authority` or a `password`',
});

export type SshCredentialDeclaration = z.infer<typeof keySchema> | z.infer<typeof authoritySchema>;

/** Undefined where the credential is none of SSH hosts alone. */
export function sshCredential(value: unknown): SshCredentialDeclaration | undefined {
  if (typeof value !== 'object' || value === null || !('user' in value)) return undefined;
  if ('key' in value) return keySchema.parse(value);
  return 'authority' in value ? authoritySchema.parse(value) : undefined;
}

/** Fetches the secrets. Throws a `Fault` of code `config-invalid`. */
export async function resolveSsh(declared: SshCredentialDeclaration, reader: SecretReader): Promise<Credential> {
  const { user } = declared;
  if ('authority' in declared) {
    const { key, principals = [user], validForSeconds = USUAL_SECONDS } = declared.authority;
    const secret = new Secret(await resolveSecret(key, reader));
    return { user, ssh: { kind: 'authority', key: secret, principals, validForMs: validForSeconds * 1000 } };
  }
  const { key, passphrase, certificate } = declared;
  return {
    user,
    ssh: {
      kind: 'key',
      key: new Secret(await resolveSecret(key, reader)),
      ...(passphrase === undefined ? {} : { passphrase: new Secret(await resolveSecret(passphrase, reader)) }),
      ...(certificate === undefined ? {} : { certificate }),
    },
  };
}
