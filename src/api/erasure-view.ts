import { z } from 'zod';
import { ERASURE_REASONS } from '../model/erasure.ts';
import type { Erasure } from '../retention/erasures.ts';
import type { Hold } from '../retention/hold.ts';
import { listOf } from './paging.ts';

/** Somebody, by their id and as people know them. */
const who = z.object({ id: z.string(), name: z.string().optional() });

export const erasureSchema = z.object({
  id: z.string(),
  run: z.string(),
  state: z
    .enum(['pending', 'ordered', 'done'])
    .describe('`pending` while a hold is in the way; `done` once every gateway that served the run has done it.'),
  reason: z.enum(ERASURE_REASONS),
  note: z.string().optional(),
  by: who,
  rule: z.string().optional().describe('The retention rule that asked.'),
  hold: z.string().optional().describe('The hold that is in the way.'),
  askedAt: z.string(),
  doneAt: z.string().optional(),
  gateways: listOf(
    z.object({
      gateway: z.string(),
      state: z.enum(['waiting', 'erasing', 'done', 'absent']).describe('`absent`: it had no key of the run.'),
      at: z.string().optional(),
    }),
  ),
});
export type ErasureView = z.infer<typeof erasureSchema>;

export const holdSchema = z.object({
  id: z.string(),
  run: z.string().optional(),
  repository: z.string().optional(),
  target: z.string().optional(),
  since: z.string().optional(),
  until: z.string().optional(),
  reason: z.string(),
  placedBy: who,
  placedAt: z.string(),
  lifted: z.object({ by: who, at: z.string(), because: z.string() }).optional(),
});
export type HoldView = z.infer<typeof holdSchema>;

/** Names of people and tokens, by id. */
export type Names = ReadonlyMap<string, string>;

export function erasureView(erasure: Erasure, names: Names): ErasureView {
  return { ...erasure, by: whoIs(erasure.by, names), gateways: [...erasure.gateways] };
}

export function holdView(hold: Hold, names: Names): HoldView {
  const { placedBy, lifted, ...rest } = hold;
  return {
    ...rest,
    placedBy: whoIs(placedBy, names),
    ...(lifted === undefined ? {} : { lifted: { ...lifted, by: whoIs(lifted.by, names) } }),
  };
}

/** What stands in the place of a body that was erased: when, by whom and why, for people. */
export function erasedWords({ doneAt, askedAt, by, reason, rule }: ErasureView): string {
  const on = (doneAt ?? askedAt).slice(0, 10);
  const because = rule === undefined ? reason : `the retention rule ${rule}`;
  return `erased on ${on} by ${by.name ?? by.id} because of ${because}`;
}

function whoIs(id: string, names: Names): { readonly id: string; readonly name?: string } {
  const name = names.get(id);
  return name === undefined ? { id } : { id, name };
}
