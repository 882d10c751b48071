import { z } from 'zod';
import { CONFIDENCES } from '../masking/classify/proposal.ts';
import { listOf } from './paging.ts';

export const proposalSchema = z.object({
  schema: z.string(),
  table: z.string(),
  column: z.string(),
  type: z.string().describe('The type, and the domain where it has one.'),
  class: z.string(),
  confidence: z.enum(CONFIDENCES),
  why: listOf(z.string()),
  values: z.number().int().describe('Sampled values that were neither null nor empty.'),
  hits: listOf(z.object({ detector: z.string(), whole: z.number().int(), any: z.number().int() })),
  shape: z.string().optional().describe('What its values look like, with no letter or digit of them: `a***@***.com`.'),
  classified: z.string().optional().describe('The class that the target gives the column already.'),
});

export const classificationSchema = z.object({
  target: z.string(),
  session: z.string().describe('Where it stands in the record what was read.'),
  run: z.string(),
  sampled: listOf(z.object({ table: z.string(), rows: z.number().int() })),
  notSampled: listOf(z.object({ table: z.string(), code: z.string(), why: z.string() })),
  complete: z.boolean().describe('False where the target has more columns than are looked at.'),
  proposals: listOf(proposalSchema),
});

export type ClassificationView = z.infer<typeof classificationSchema>;
