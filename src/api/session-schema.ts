import { z } from 'zod';

export const sessionSchema = z.object({
  id: z.string(),
  run: z.string(),
  principal: z.string(),
  repository: z.string().optional(),
  target: z.string(),
  gateway: z.string().optional().describe('The gateway that serves and records it, by the name of its log.'),
  openedAt: z.string(),
  closedAt: z.string().optional(),
  outcome: z.string().optional(),
  permitted: z.number().int(),
  denied: z.number().int(),
  masked: z.number().int(),
  live: z.boolean().describe('True while it is being served.'),
  here: z.boolean().describe('True where its recording is on this gateway.'),
});
