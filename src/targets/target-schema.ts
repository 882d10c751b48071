import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { credentialSchema, mcpCredentialSchema } from './credential.ts';
import { httpCredentialSchema } from './http-credential.ts';
import { httpSettingsSchema } from './http-target.ts';
import { kubernetesCredentialSchema } from './kubernetes-credential.ts';
import { kubernetesSettingsSchema } from './kubernetes-target.ts';
import { mcpSettingsSchema } from './mcp-target.ts';
import { sshCredentialSchema } from './ssh-credential.ts';
import { sshSettingsSchema } from './ssh-target.ts';

const nameSchema = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/,
    '1 to 63 of a-z, 0-9, `.`, `_`, `-`, a letter or digit at both ends',
  );

const classSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'a class is lower case letters, digits, `_` and `-`');
const maskSchema = z.enum(['redact', 'partial', 'hash', 'null']);

const columnSchema = z.strictObject({
  column: z.string().regex(/^[^.]+\.[^.]+\.[^.]+$/, 'a column is written schema.table.column'),
  class: classSchema,
  mask: maskSchema.optional(),
});

const FIELD_NAME = /^[^.\s[\]]+(?:\[\])*$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Something in what an HTTP target answers under a path. */
const fieldSchema = z
  .strictObject({
    path: z
      .string()
      .max(500)
      .regex(/^(?:[A-Z]+ )?\/[^\s?#]*$/, 'a path is written `GET /customers/{id}`, `/customers/*` or `/**`'),
    field: z
      .string()
      .max(500)
      .refine(isField, { error: 'a field is written customers[].email; `*` is any name, `**` any number of them' })
      .optional(),
    header: z.string().max(100).regex(TOKEN, 'the name of a header').optional(),
    cookie: z.string().max(100).regex(TOKEN, 'the name of a cookie').optional(),
    class: classSchema,
    mask: maskSchema.optional(),
  })
  .refine(({ field, header, cookie }) => [field, header, cookie].filter((one) => one !== undefined).length === 1, {
    error: 'say one of `field`, `header` and `cookie`',
  });

/** Names of members with what there is a list of; the whole body may be one. */
function isField(text: string): boolean {
  if (text === '') return false;
  return text
    .replace(/^(?:\[\])+\.?/, '')
    .split('.')
    .every((name, at, all) => FIELD_NAME.test(name) || (name === '' && all.length === 1));
}

const common = {
  name: nameSchema,
  tls: z
    .strictObject({
      mode: z.enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full']).optional(),
      ca: z.string().refine(isCertificates, 'not certificates in PEM').optional(),
      serverName: z.string().min(1).max(253).optional(),
    })
    .optional(),
  labels: z.record(z.string().min(1).max(63), z.string().max(255)).optional(),
  record: z.enum(['strict', 'batched']).optional(),
  limits: z
    .strictObject({ storedReplyBytes: z.int().min(0).max(LIMITS.maxUpstreamMessageBytes).optional() })
    .optional(),
};
const addressSchema = z.string().min(1).max(300);

export const databaseTargetSchema = z.strictObject({
  ...common,
  protocol: z.string(),
  address: addressSchema,
  database: z.string().min(1).max(128).optional(),
  credential: credentialSchema,
  classified: z.array(columnSchema).max(10_000).optional(),
});

export const httpTargetSchema = z.strictObject({
  ...common,
  protocol: z.literal('http'),
  url: z.string().min(1).max(2_000).optional(),
  address: addressSchema.optional(),
  http: httpSettingsSchema.optional(),
  credential: httpCredentialSchema,
  classified: z.array(fieldSchema).max(10_000).optional(),
});

export const mcpTargetSchema = z.strictObject({
  ...common,
  protocol: z.literal('mcp'),
  url: z.string().min(1).max(2_000).optional(),
  http: httpSettingsSchema.omit({ dialect: true }).optional(),
  mcp: mcpSettingsSchema.optional(),
  credential: mcpCredentialSchema,
});

export const kubernetesTargetSchema = z.strictObject({
  ...common,
  protocol: z.literal('kubernetes'),
  url: z.string().min(1).max(2_000).optional(),
  address: addressSchema.optional(),
  http: httpSettingsSchema.pick({ hosts: true, version: true }).optional(),
  kubernetes: kubernetesSettingsSchema.optional(),
  credential: kubernetesCredentialSchema,
  classified: z.array(fieldSchema).max(10_000).optional(),
});

export const sshTargetSchema = z.strictObject({
  name: common.name,
  labels: common.labels,
  record: common.record,
  limits: common.limits,
  protocol: z.literal('ssh'),
  address: addressSchema,
  ssh: sshSettingsSchema,
  credential: sshCredentialSchema,
});

/** One entry under `targets:`. */
export const targetSchema = z.union([
  databaseTargetSchema,
  httpTargetSchema,
  mcpTargetSchema,
  kubernetesTargetSchema,
  sshTargetSchema,
]);

export type SshTargetDeclaration = z.infer<typeof sshTargetSchema>;
export type DatabaseTarget = z.infer<typeof databaseTargetSchema>;
export type KubernetesTargetDeclaration = z.infer<typeof kubernetesTargetSchema>;
export type McpTargetDeclaration = z.infer<typeof mcpTargetSchema>;
export type HttpTargetDeclaration = z.infer<typeof httpTargetSchema>;

function isCertificates(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.length > 0 && blocks.every(isCertificate);
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).fingerprint256 !== '';
  } catch {
    // Not a certificate is the answer here, not a failure.
    return false;
  }
}
