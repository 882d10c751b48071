import { z } from 'zod';

/** What the supervisor inside is to do: a file of the run's own folder, since arguments are for everybody to read. */
export const isolationPlanSchema = z.object({
  bridge: z.string(),
  /** Each listened on at 127.0.0.1, and carried to the same address outside. */
  ports: z.array(z.number().int().min(1).max(65_535)),
  /** `name:port` of what the proxy inside lets through. */
  hosts: z.array(z.string()),
  /** Where that proxy listens; there is none without hosts. */
  proxyPort: z.number().int().min(1).max(65_535),
  /** Of 127.0.0.1, and among `ports`: where that proxy sends what it does not let through itself. */
  forward: z.number().int().min(1).max(65_535).optional(),
  /** Files and sockets that must not be there for the command. */
  covered: z.array(z.string()),
  /** Folders that must be empty for it. */
  emptied: z.array(z.string()),
  /** As whom it runs: the wrapper's own ids, in a user namespace below the supervisor's. */
  uid: z.number().int(),
  gid: z.number().int(),
  command: z.string(),
  args: z.array(z.string()),
});

export type IsolationPlan = z.infer<typeof isolationPlanSchema>;
