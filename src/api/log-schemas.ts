import { z } from 'zod';
import { listOf } from './paging.ts';

const verdict = z.enum(['PASS', 'FAIL', 'INCOMPLETE']);

export const logHealthSchema = z.object({
  origin: z.string(),
  size: z.number().int(),
  checkpointAt: z.string().optional().describe('Of the last signed checkpoint.'),
  ok: z.boolean(),
  fault: z.string().optional(),
  signing: z
    .object({
      place: z.string().describe('Where the key is.'),
      durable: z.number().int(),
      signed: z.number().int(),
      fault: z.string().optional(),
    })
    .describe('Entries that are durable, and those under a signed checkpoint; with why, where the key does not sign.'),
  witnessed: z
    .object({ size: z.number().int(), at: z.string().optional() })
    .optional()
    .describe('Entries that a quorum of witnesses cosigned. Absent where none are configured.'),
  openAlarms: z.number().int().describe('Alarms of witnesses that nobody has looked into.'),
  stopped: z.boolean().describe('True while a proven alarm keeps new runs and sessions out.'),
  verified: z
    .object({ at: z.string(), verdict, by: z.string() })
    .optional()
    .describe('The last verification that somebody ran on this gateway since it started.'),
});

const alarmSchema = z.object({
  id: z.string(),
  kind: z.enum(['rollback', 'split-view']),
  proven: z
    .boolean()
    .describe("True where it holds a checkpoint that this log's own key signed and the log does not continue."),
  witness: z.string(),
  at: z.string(),
  ours: z.string(),
  theirs: z.string().optional(),
  theirSize: z.number().int().optional(),
  acknowledged: z.object({ at: z.string(), by: z.string() }).optional(),
});

export const logKeySchema = z.object({
  vkey: z.string(),
  state: z.enum(['signs', 'next', 'signs-beside', 'retired']),
  until: z.string().optional().describe('Of one that signs beside its successor.'),
});

export const newKeySchema = z.object({
  vkey: z.string().optional().describe('Of `log`: its verifier key.'),
  keyId: z.string().optional().describe('Of `statement`: SHA-256 of the key (SubjectPublicKeyInfo), hex.'),
  publicKey: z.string().optional().describe('Of `statement`: PEM.'),
});

export const logStatusSchema = logHealthSchema.extend({
  keys: listOf(logKeySchema),
  witnesses: listOf(
    z.object({
      name: z.string(),
      key: z.string(),
      url: z.string(),
      size: z
        .number()
        .int()
        .optional()
        .describe('Entries of the newest checkpoint that it cosigned, since this start.'),
      at: z.string().optional(),
      fault: z.string().optional(),
    }),
  ),
  alarms: listOf(alarmSchema),
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
