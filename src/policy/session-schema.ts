import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { duration } from './approve-schema.ts';

const flag = z.boolean('Write true or false.').optional();
const time = duration
  .refine((ms) => ms <= LIMITS.maxSessionTimeoutMs, 'Write at most 24 days; PostgreSQL takes no more.')
  .optional();

/** What the target's session is told before a request is forwarded: `session` of a rule. */
export const session = z
  .strictObject({
    statementTimeout: time,
    lockTimeout: time,
    idleInTransactionTimeout: time,
    readOnly: flag,
    rows: z.int('Write how many rows a read may return.').min(1).max(LIMITS.maxRowLimit).optional(),
    name: z.literal(true, { error: 'Write true, or leave the line out.' }).optional(),
  })
  .refine((value) => Object.keys(value).length > 0, 'Say at least one, or leave `session` out.')
  .transform(({ statementTimeout, lockTimeout, idleInTransactionTimeout, ...others }) => ({
    ...(statementTimeout === undefined ? {} : { statementTimeoutMs: statementTimeout }),
    ...(lockTimeout === undefined ? {} : { lockTimeoutMs: lockTimeout }),
    ...(idleInTransactionTimeout === undefined ? {} : { idleInTransactionTimeoutMs: idleInTransactionTimeout }),
    ...others,
  }));
