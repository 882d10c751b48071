import { z } from 'zod';
import { listOf } from './paging.ts';

const verdict = z.enum(['PASS', 'FAIL', 'INCOMPLETE']);

export const logHealthSchema = z.object({
  origin: z.string(),
  size: z.number().int(),
  checkpointAt: z.string().optional().describe('Of the last signed checkpoint.'),
  ok: z.boolean(),
  fault: z.string().optional(),
  verified: z
    .object({ at: z.string(), verdict, by: z.string() })
    .optional()
    .describe('The last verification that somebody ran on this gateway since it started.'),
});

export const logStatusSchema = logHealthSchema.extend({
  checkpoint: z.string(),
  verifierKey: z.string(),
  root: z.string().describe('Hex.'),
});

export const logEntrySchema = z.object({
  index: z.number().int(),
  kind: z.string(),
  at: z.string(),
  text: z.string().describe('The leaf as it stands in the log: canonical JSON.'),
  names: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      'Logins and names of the people and tokens in it, by id, as the gateway knows them now. No part of the log.',
    ),
});

export const logVerificationSchema = z.object({
  verdict,
  at: z.string(),
  findings: listOf(z.string()),
  sessions: z.number().int(),
  entries: z.number().int(),
});
