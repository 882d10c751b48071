import { z } from 'zod';
import { type SecretSources, sourceSchema } from '../declared/secret-source.ts';
import { Secret } from '../model/secret.ts';
import type { Credential, Target } from '../model/target.ts';
import { type HttpCredentialDeclaration, httpCredentialSchema, resolveHttpCredential } from './http-credential.ts';
import { type KubernetesCredentialDeclaration, ownCredential, resolveOwn } from './kubernetes-credential.ts';
import { variableNameSchema } from './mcp-target.ts';
import { clientCertificateSchema, resolveSecret, type SecretReader } from './secret-source.ts';
import { resolveSsh, type SshCredentialDeclaration, sshCredential } from './ssh-credential.ts';

/** How the gateway logs in where there are users. */
export const credentialSchema = z.strictObject({
  user: z.string().min(1).max(128),
  password: sourceSchema.optional(),
  clientCertificate: clientCertificateSchema.optional(),
});

/** What a program that the gateway starts is given: variables of its environment. */
const programCredentialSchema = z.strictObject({
  env: z
    .record(variableNameSchema, sourceSchema)
    .refine((env) => Object.keys(env).length > 0, 'at least one variable, or `none: true` in place of `env`'),
});

export const mcpCredentialSchema = z.union([programCredentialSchema, httpCredentialSchema]);

/** A credential as it is declared; this is what is sealed. It may hold secrets: never shown, never logged. */
export type CredentialDeclaration =
  | z.infer<typeof credentialSchema>
  | z.infer<typeof programCredentialSchema>
  | KubernetesCredentialDeclaration
  | SshCredentialDeclaration
  | HttpCredentialDeclaration;

/** Parses what was sealed. */
export function parseCredential(text: string): CredentialDeclaration {
  const value: unknown = JSON.parse(text);
  const own = ownCredential(value);
  if (own !== undefined) return own;
  if (typeof value === 'object' && value !== null && 'env' in value) return programCredentialSchema.parse(value);
  const ssh = sshCredential(value);
  if (ssh !== undefined) return ssh;
  const hasUser = typeof value === 'object' && value !== null && 'user' in value;
  return hasUser ? credentialSchema.parse(value) : httpCredentialSchema.parse(value);
}

/** Fetches the secrets. Throws a `Fault` of code `config-invalid` that names the source and shows nothing of the value. */
export async function resolveCredential(declared: CredentialDeclaration, reader: SecretReader): Promise<Credential> {
  if ('env' in declared) return { user: '', environment: await resolveAll(declared.env, reader) };
  if (isOfClusters(declared)) return { user: '', kubernetes: await resolveOwn(declared, reader) };
  if ('key' in declared || 'authority' in declared) return resolveSsh(declared, reader);
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

function isOfClusters(declared: CredentialDeclaration): declared is KubernetesCredentialDeclaration {
  return 'exec' in declared || 'serviceAccount' in declared || 'eks' in declared;
}

async function resolveAll(sources: SecretSources, reader: SecretReader): Promise<Readonly<Record<string, Secret>>> {
  const secrets: Record<string, Secret> = {};
  for (const [name, source] of Object.entries(sources)) secrets[name] = new Secret(await resolveSecret(source, reader));
  return secrets;
}

/** What a sealed credential may be sent to; part of its seal, so that changing one in the store does not divert it. */
export function credentialBinding({ name, protocol, address, tls, http, mcp, ssh }: Target): string {
  const { mode, ca, serverName } = tls;
  const place = [name, protocol, address.host, address.port, mode, ca ?? null, serverName ?? null];
  if (ssh !== undefined) return JSON.stringify([...place, ssh.hostKeys]);
  if (http === undefined) return JSON.stringify(place);
  const way = [...place, http.basePath, http.hosts];
  return JSON.stringify(mcp === undefined ? way : [...way, mcp.transport]);
}

/** Stands for a credential where only the target itself is read. */
export function placeholderCredential(protocol: unknown): CredentialDeclaration {
  if (protocol === 'ssh') return { user: 'unchanged', password: { env: 'UNCHANGED' } };
  return protocol === 'http' || protocol === 'mcp' || protocol === 'kubernetes'
    ? { none: true }
    : { user: 'unchanged' };
}
