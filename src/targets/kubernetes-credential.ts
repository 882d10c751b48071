import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { sourceSchema } from '../declared/secret-source.ts';
import { Secret } from '../model/secret.ts';
import type { KubernetesCredential } from '../model/target.ts';
import { httpCredentialSchema } from './http-credential.ts';
import { variableNameSchema } from './mcp-target.ts';
import { resolveSecret, type SecretReader } from './secret-source.ts';

const pathSchema = z.string().max(4_096).refine(isAbsolute, 'the path must be absolute');
const textSchema = z
  .string()
  .max(32_768)
  .refine((text) => !text.includes('\0'), 'no text with a NUL is given to a program');

/** A program that gives tokens or certificates (`client.authentication.k8s.io/v1`), run by the gateway. */
const pluginSchema = z.strictObject({
  exec: z.strictObject({
    command: pathSchema,
    args: z.array(textSchema).max(200).optional(),
    env: z.record(variableNameSchema, sourceSchema).optional(),
  }),
});

/** The service account of the pod that the gateway runs in; its files are read anew. */
const serviceAccountSchema = z.strictObject({
  serviceAccount: z.strictObject({ directory: pathSchema.optional() }),
});

/** A token of EKS: a request to STS that the gateway signs, and the cluster sends. */
const eksSchema = z.strictObject({
  eks: z.strictObject({
    cluster: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, 'the name of a cluster'),
    region: z.string().regex(/^[a-z0-9-]{1,64}$/, 'a region, as eu-west-1'),
    accessKeyId: z.string().regex(/^\w{1,128}$/, 'the id of an access key'),
    secretAccessKey: sourceSchema,
    sessionToken: sourceSchema.optional(),
  }),
});

const ownSchema = z.union([pluginSchema, serviceAccountSchema, eksSchema]);

export type KubernetesCredentialDeclaration = z.infer<typeof ownSchema>;

/** What is particular to clusters, or what every HTTP target has: a token, a certificate, OAuth. */
export const kubernetesCredentialSchema = z.union([ownSchema, httpCredentialSchema]);

/** Undefined where the credential is none of clusters alone. */
export function ownCredential(value: unknown): KubernetesCredentialDeclaration | undefined {
  const kind = ['exec', 'serviceAccount', 'eks'].some(
    (name) => typeof value === 'object' && value !== null && name in value,
  );
  return kind ? ownSchema.parse(value) : undefined;
}

/** Fetches the secrets. Throws a `Fault` of code `config-invalid`. */
export async function resolveOwn(
  declared: KubernetesCredentialDeclaration,
  reader: SecretReader,
): Promise<KubernetesCredential> {
  if ('exec' in declared) {
    const { command, args = [], env = {} } = declared.exec;
    const environment: Record<string, Secret> = {};
    for (const [name, source] of Object.entries(env))
      environment[name] = new Secret(await resolveSecret(source, reader));
    return { kind: 'exec', command, args, environment };
  }
  if ('eks' in declared) {
    const { cluster, region, accessKeyId, secretAccessKey, sessionToken } = declared.eks;
    return {
      kind: 'eks',
      cluster,
      region,
      accessKeyId,
      secretAccessKey: new Secret(await resolveSecret(secretAccessKey, reader)),
      ...(sessionToken === undefined ? {} : { sessionToken: new Secret(await resolveSecret(sessionToken, reader)) }),
    };
  }
  return { kind: 'serviceAccount', directory: declared.serviceAccount.directory ?? SERVICE_ACCOUNT };
}

/** Where Kubernetes puts them ("Configure Service Accounts for Pods"). */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
