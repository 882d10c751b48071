import { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import { approve, identifier } from './approve-schema.ts';
import { limit } from './budget-schema.ts';
import { LOCK_MODES } from './column-facts.ts';
import { compileCondition } from './condition.ts';
import { MAX_STARS, starsOf } from './glob.ts';
import { http } from './http-schema.ts';
import { kubernetes } from './kubernetes-schema.ts';
import { isTimeZone } from './local-time.ts';
import { mcp } from './mcp-schema.ts';
import { isOperationName } from './operation-names.ts';
import { isPrincipalField, PATTERN_FIELDS, PRINCIPAL_FIELDS } from './principal-fields.ts';
import { session } from './session-schema.ts';
import { ssh } from './ssh-schema.ts';

const text = z.string().min(1, 'Write something here, or leave the line out.').max(LIMITS.maxPolicyTextBytes);
const word = z
  .string({ error: 'Put a word here; a number or a date needs quotes.' })
  .min(1, 'Write something here, or leave the line out.')
  .max(500);
const listOf = <Item extends z.ZodType>(item: Item) =>
  z.array(item).min(1, 'Name at least one, or leave the line out.');
const oneOrMore = <Item extends z.ZodType>(item: Item) =>
  z.union([item.transform((one) => [one]), listOf(item)], {
    error: 'Put one word or a list of words here; a number or a date needs quotes.',
  });

const pattern = word.refine((value) => starsOf(value) <= MAX_STARS, `Use at most ${MAX_STARS} stars.`);
const name = word.regex(/^[^\p{Cc}]+$/u, 'A name has no line breaks or control characters.').max(200);

const principalPattern = z.record(z.string(), oneOrMore(word)).superRefine((fields, context) => {
  if (Object.keys(fields).length === 0) {
    context.addIssue({ code: 'custom', message: 'Name a field, or say `principals: any`.' });
  }
  for (const [path, values] of Object.entries(fields)) {
    if (!isPrincipalField(path)) {
      const message = `There is no field ${path}; the fields are ${PRINCIPAL_FIELDS.join(', ')} and run.extra.<name>.`;
      context.addIssue({ code: 'custom', path: [path], message });
    } else if (!PATTERN_FIELDS.has(path) && values.some((value) => value.includes('*'))) {
      const message = `${path} must be given exactly; patterns are for ${[...PATTERN_FIELDS].join(' and ')} only.`;
      context.addIssue({ code: 'custom', path: [path], message });
    } else if (values.some((value) => starsOf(value) > MAX_STARS)) {
      context.addIssue({ code: 'custom', path: [path], message: `Use at most ${MAX_STARS} stars.` });
    }
  }
});

const principals = z.preprocess(
  (value) => (value !== 'any' && value !== undefined && !Array.isArray(value) ? [value] : value),
  z.union([z.literal('any'), listOf(principalPattern)], {
    error: 'Say who: fields of the principal and their values, or `principals: any` for everybody.',
  }),
);

const labels = z.record(z.string(), oneOrMore(word));
const targets = z.preprocess(
  (value) => (Array.isArray(value) ? { names: value } : value),
  z.union(
    [
      z.literal('any'),
      z
        .strictObject({ names: listOf(pattern).optional(), labels: labels.optional() })
        .refine(
          (value) => value.names !== undefined || Object.keys(value.labels ?? {}).length > 0,
          'Name targets, or labels that they bear, or say `targets: any`.',
        ),
    ],
    { error: 'Say where: a list of target names, `{ names: […], labels: {…} }`, or `targets: any` for all of them.' },
  ),
);

const tableName = pattern.regex(/^[^.]+\.[^.]+$/, 'Write schema.table; either may be a pattern such as `*`.');
const table = z.union(
  [
    tableName.transform((value) => ({ table: value })),
    z.strictObject({ table: tableName, use: z.enum(['read', 'write']).optional() }),
  ],
  { error: 'Write schema.table, or `{ table: schema.table, use: read|write }`.' },
);

const operation = word.refine(isOperationName, {
  error: (issue) => `There is no operation ${String(issue.input)}; see docs/reference/policy.md for kinds and groups.`,
});

const condition = text.superRefine((value, context) => {
  const compiled = compileCondition(value);
  if ('problem' in compiled) context.addIssue({ code: 'custom', message: `${compiled.problem}.` });
});

const className = word.regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'Write a class as the target has it, or `any`.');
const timezone = word.refine(isTimeZone, 'Write a zone of the IANA database, such as Europe/Berlin, or UTC.');

/** One entry under `policies:`. Unknown keys are problems: an obligation that nobody knows must not be dropped. */
export const policySchema = z
  .strictObject({
    name,
    principals,
    targets,
    operations: oneOrMore(operation).optional(),
    tables: listOf(table).optional(),
    functions: listOf(pattern).optional(),
    flags: oneOrMore(identifier).optional(),
    reads: oneOrMore(className).optional(),
    filters: oneOrMore(className).optional(),
    writes: oneOrMore(className).optional(),
    copies: oneOrMore(className).optional(),
    lock: z.enum(LOCK_MODES, { error: `Write one of ${LOCK_MODES.join(', ')}.` }).optional(),
    http: http.optional(),
    mcp: mcp.optional(),
    ssh: ssh.optional(),
    kubernetes: kubernetes.optional(),
    when: condition.optional(),
    timezone: timezone.optional(),
    effect: z.enum(['permit', 'deny'], { error: 'Say `effect: permit` or `effect: deny`.' }),
    mask: oneOrMore(identifier).optional(),
    approve: approve.optional(),
    limit: limit.optional(),
    session: session.optional(),
    reason: text.optional(),
    hint: text.optional(),
  })
  .superRefine((policy, context) => {
    if (policy.effect === 'permit' && policy.operations === undefined) {
      const message = 'A rule that permits says which `operations`: kinds, groups, or `any`.';
      context.addIssue({ code: 'custom', path: ['operations'], message });
    }
    if (policy.timezone === undefined && asksForTime(policy.when)) {
      const message = 'A condition that asks for the `time` says in which `timezone`, such as Europe/Berlin.';
      context.addIssue({ code: 'custom', path: ['when'], message });
    }
    for (const obligation of ['mask', 'approve', 'limit', 'session'] as const) {
      if (policy.effect !== 'deny' || policy[obligation] === undefined) continue;
      const message = `\`${obligation}\` binds a permit; a rule that denies cannot have it.`;
      context.addIssue({ code: 'custom', path: [obligation], message });
    }
  });

function asksForTime(when: string | undefined): boolean {
  const compiled = when === undefined ? undefined : compileCondition(when);
  return compiled !== undefined && !('problem' in compiled) && compiled.uses.time;
}

const BEGIN = 'Begin with `policies:` and a list of rules.';

/** A whole file; the rules are read one by one. */
export const fileSchema = z.strictObject({ policies: z.array(z.unknown(), { error: BEGIN }) }, { error: BEGIN });
