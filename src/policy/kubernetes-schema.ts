import { z } from 'zod';
import { oneOrMore, text } from './http-schema.ts';
import { commands, ranges } from './ssh-schema.ts';

const name = text.regex(/^[a-z0-9*][a-z0-9.*-]*$/, 'Write a name as the cluster has it, in lower case.');
const named = z
  .record(z.string().min(1).max(317), oneOrMore(text))
  .refine((fields) => Object.keys(fields).length > 0, 'Name one, or leave the line out.');

const content = z
  .strictObject({
    kinds: oneOrMore(text.regex(/^[A-Z*][A-Za-z0-9*]*$/, 'Write a kind as objects do: Deployment.')).optional(),
    images: oneOrMore(text).optional(),
    privileged: z.boolean({ error: 'Write true or false.' }).optional(),
    hostPaths: oneOrMore(text.regex(/^(?:\/|\*\*)/, 'A path begins with / (or with **).')).optional(),
    capabilities: oneOrMore(text.regex(/^[A-Z_*]+$/, 'Write a capability without CAP_: SYS_ADMIN.')).optional(),
    replicas: ranges.optional(),
    annotations: named.optional(),
    labels: named.optional(),
    serviceAccounts: oneOrMore(name).optional(),
  })
  .refine((pattern) => Object.keys(pattern).length > 0, 'Say something of the object, or leave the line out.');

/** `kubernetes:` of a rule. */
export const kubernetes = z
  .strictObject({
    verbs: oneOrMore(text.regex(/^[a-z*]+$/, 'Write a verb as in roles: get, list, delete.')).optional(),
    groups: oneOrMore(
      text.regex(/^[a-z0-9.*-]*$/, 'Write a group as in roles: apps, batch; the core group is empty.'),
    ).optional(),
    resources: oneOrMore(
      text.regex(/^[a-z0-9.*-]+(?:\/[a-z0-9*]+)?$/, 'Write a resource as in roles: pods, pods/exec.'),
    ).optional(),
    subresources: oneOrMore(text.regex(/^[a-z0-9*]+$/, 'Write a subresource: exec, log, scale.')).optional(),
    namespaces: oneOrMore(name).optional(),
    names: oneOrMore(text.regex(/^[^\p{Cc}/]+$/u, 'A name has no control characters.')).optional(),
    paths: oneOrMore(text.regex(/^(?:\/|\*\*)/, 'A path begins with / (or with **).')).optional(),
    dryRun: z.boolean({ error: 'Write true or false.' }).optional(),
    patch: oneOrMore(z.enum(['apply', 'merge', 'json', 'strategic'])).optional(),
    content: content.optional(),
    commands: commands.optional(),
    containers: oneOrMore(name).optional(),
    ports: ranges.optional(),
  })
  .refine((pattern) => Object.keys(pattern).length > 0, 'Say something of the request, or leave the line out.');
