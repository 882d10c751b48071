import { z } from 'zod';
import { listOf } from './paging.ts';

export const evidenceStateSchema = z.object({
  run: z.string(),
  state: z
    .enum(['open', 'making', 'made'])
    .describe('`open`: the run goes on. `making`: it closed a moment ago. `made`: its evidence stands, and stays.'),
  complete: z.boolean(),
  why: z.array(z.string()).describe('Why it is not complete, a sentence each.'),
  digest: z.string().optional().describe('SHA-256 of the manifest, hex.'),
  index: z.number().int().optional().describe("Of the manifest's entry in the log."),
  witnessed: z.boolean(),
  timestamps: z.array(z.object({ authority: z.string(), at: z.string().optional() })),
  bodies: z.enum(['kept', 'erased']),
  sessions: z.number().int(),
});

export const evidenceKeysSchema = z.object({
  logKey: z.string().describe('The C2SP verifier key of this gateway’s log.'),
  statementKey: z.string().describe('PEM of the ECDSA P-256 key that signs statements.'),
  statementKeyId: z.string().describe('SHA-256 of that key (SubjectPublicKeyInfo), hex: the hint in a bundle.'),
  statementSigning: z
    .object({ place: z.string(), fault: z.string().optional() })
    .describe('Where that key is, and why it does not sign, where it does not: statements are made once it does.'),
  oldStatementKeys: listOf(
    z.object({
      publicKey: z.string().describe('PEM.'),
      keyId: z.string(),
      next: z.string().describe('The id of the key that took its place.'),
      at: z.string().describe('When it was replaced.'),
    }),
  ).describe('Those that signed before, the oldest first: what was made then verifies with them.'),
  timestampAuthorities: z.string().describe('PEM of the certificates of the timestamp authorities; empty without one.'),
  auditors: z.array(z.string()).describe('age recipients to whom CI tokens are sealed.'),
});
