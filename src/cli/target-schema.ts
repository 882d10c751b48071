import { z } from 'zod';

/** A target as the API tells of it. */
export const targetSchema = z.object({
  name: z.string(),
  protocol: z.string(),
  address: z.string(),
  database: z.string().optional(),
  tls: z.string(),
  labels: z.record(z.string(), z.string()),
  classified: z.array(z.object({ column: z.string(), class: z.string() })),
  inherited: z
    .array(
      z.object({
        id: z.string(),
        column: z.string(),
        class: z.string(),
        from: z.array(z.string()),
        run: z.string(),
        session: z.string(),
        exchange: z.int(),
        at: z.string(),
      }),
    )
    .default([]),
  recordMode: z.string(),
});

export type TargetItem = z.infer<typeof targetSchema>;
