import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';

export const pageLimit = z.coerce.number().int().min(1).max(LIMITS.apiMaxPageItems).default(LIMITS.apiPageItems);

/** What lists of recordings can be narrowed by; all of them must hold. */
export const recordingFilter = z.object({
  who: z.string().max(500).optional().describe('Part of the principal, as people know it.'),
  run: z.string().max(100).optional(),
  repository: z.string().max(500).optional().describe('Part of the repository, or its id.'),
  target: z.string().max(200).optional(),
  since: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
  cursor: z.string().max(500).optional(),
  limit: pageLimit,
});
