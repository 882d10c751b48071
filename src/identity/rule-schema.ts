import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { approve, duration } from '../policy/approve-schema.ts';
import { nameSchema } from './declared-schema.ts';

const scalar = z.union([z.string(), z.int()]).transform(String);
/** One value or a list of them, as a list of texts. */
export const values = z.union([scalar.transform((value) => [value]), z.array(scalar).min(1).max(100)]);

/** Targets that a run may ask people for, while it goes on. */
const requestableSchema = z.strictObject({
  targets: z.array(nameSchema).min(1).max(100),
  approve,
  for: duration.optional(),
});

/** What every rule gives. */
export const givenSchema = z.strictObject({
  name: nameSchema,
  targets: z.array(nameSchema).min(1).max(100),
  requestable: z.array(requestableSchema).min(1).max(20).optional(),
  grant: z
    .strictObject({
      seconds: z.int().min(LIMITS.grantMinSeconds).max(LIMITS.grantMaxSeconds).optional(),
      renewableSeconds: z.int().min(0).max(86_400).optional(),
    })
    .optional(),
});

/** One entry under `trust:` for CI jobs, in the long form. */
export const ruleSchema = givenSchema.extend({
  issuer: z.string(),
  about: z.string().min(1).max(200).optional(),
  claims: z.record(z.string(), values),
  allow: z.array(z.string()).max(20).optional(),
});

/** One entry under `trust:` for people. */
export const peopleSchema = givenSchema.extend({
  people: z.strictObject({ groups: z.array(z.string().min(1).max(200)).min(1).max(100) }),
});

export type RuleDeclaration = z.infer<typeof ruleSchema>;
