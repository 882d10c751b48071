import { z } from 'zod';
import { FINDING_CODES } from '../definitions/scan/finding.ts';
import { listOf } from './paging.ts';

export const findingSchema = z.object({
  code: z.enum(FINDING_CODES),
  where: z.string().describe('A JSON pointer; `#` behind it where the name of the member is meant.'),
  snippet: z.string().describe('In characters that show.'),
});

export const formSchema = z.object({
  digest: z.string().describe('SHA-256 of the canonical JSON, hex.'),
  answer: z.enum(['accepted', 'rejected']).optional(),
  findings: listOf(findingSchema),
  listed: z.boolean(),
  firstMetAt: z.string(),
  firstRun: z.string(),
  firstSession: z.string(),
  metAt: z.string().describe('At most an hour old.'),
  metRun: z.string(),
  decided: z
    .object({ at: z.string(), by: z.string(), name: z.string().optional(), reason: z.string().optional() })
    .optional(),
});

export const definitionSummarySchema = z.object({
  id: z.string(),
  target: z.string(),
  kind: z.enum(['tool', 'prompt', 'resource', 'template', 'server']),
  name: z.string().describe('As the server says it, in characters that show.'),
  standing: z.enum(['accepted', 'new', 'changed', 'rejected']),
  listed: z.boolean().describe('False where the target tells of it no more.'),
  waits: z.boolean().describe('True where the target tells of it and nobody decided.'),
  current: formSchema,
  accepted: formSchema.optional().describe('The form that was accepted last, where it is another one.'),
});

export const definitionSchema = definitionSummarySchema.extend({
  forms: listOf(
    formSchema.extend({
      text: z
        .string()
        .describe('Canonical JSON (RFC 8785), as the digest is made of it. Hostile: not to be shown as it is.'),
      shown: z.string().describe('The same on lines of its own, in characters that show.'),
    }),
  ),
  differences: listOf(
    z.object({ where: z.string(), before: z.string().optional(), after: z.string().optional() }),
  ).describe('Between the accepted form and the current one.'),
});

export const differenceSchema = z.object({
  id: z.string(),
  from: z.string(),
  to: z.string(),
  differences: definitionSchema.shape.differences,
});
