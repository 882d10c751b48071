import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';

export const pageLimit = z.coerce.number().int().min(1).max(LIMITS.apiMaxPageItems).default(LIMITS.apiPageItems);

/** A flag in a query: `true` or `false`, and the other words for them that zod knows. */
export const queryFlag = z.stringbool().meta({ type: 'boolean' });

/** A list in an answer. */
export const listOf = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();

/** One page of a list; `next` is absent on the last one. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: listOf(item), next: z.string().optional().describe('Hand it back as `cursor`.') });

/** What `next` of the page before said, an id and where in it; absent for the first page. */
export const pageCursor = z
  .string()
  .max(100)
  .regex(/^[a-z]{1,5}_\w{1,80}(?:\.\d{1,10})?$/, 'is no cursor of this list')
  .optional()
  .describe('`next` of the page before.');

/** What lists of recordings can be narrowed by; all of them must hold. */
export const recordingFilter = z.object({
  who: z.string().max(500).optional().describe('Part of the principal, as people know it.'),
  run: z.string().max(100).optional(),
  repository: z.string().max(500).optional().describe('Part of the repository, or its id.'),
  target: z.string().max(200).optional(),
  since: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
  cursor: pageCursor,
  limit: pageLimit,
});
