import { z } from 'zod';
import { MAX_STARS, starsOf } from './glob.ts';

const text = z
  .string({ error: 'Put text here; a number or a date needs quotes.' })
  .max(1_000)
  .refine((value) => starsOf(value) <= MAX_STARS, `Use at most ${MAX_STARS} stars.`);
const oneOrMore = <Item extends z.ZodType<string>>(item: Item) =>
  z.union([item.transform((value) => [value]), z.array(item).min(1, 'Name at least one, or leave the line out.')], {
    error: 'Put one text or a list of texts here; a number or a date needs quotes.',
  });

const method = text.regex(/^[A-Z][A-Z-]*$/, 'Write a method as it is sent, in capitals: GET.');
const host = text.regex(/^[a-z0-9.*_-]+$/, 'Write a host in lower case and without a port: api.example.com.');
const path = text
  .regex(/^(?:\/|\*\*)/, 'A path begins with / (or with **).')
  .regex(/^[^?#]*$/, 'A path has no query: say it under `query`.');
const mediaType = text.regex(/^[a-z0-9!#$&^_.+*/-]*$/, 'Write a type in lower case, without parameters: text/html.');
const byName = (name: z.ZodType<string>) =>
  z
    .record(name, oneOrMore(text))
    .refine((fields) => Object.keys(fields).length > 0, 'Name one, or leave the line out.');
const fieldName = z.string().regex(/^[a-z0-9!#$%&'*+.^_`|~-]+$/, 'Write the name of a field in lower case.');
const fieldPath = z
  .string()
  .max(500)
  .regex(/^[^.]+(?:\.[^.]+)*$/, 'Write the names on the way to a field with dots between them: customer.tier.');

const graphql = z
  .strictObject({
    types: oneOrMore(z.enum(['query', 'mutation', 'subscription'])).optional(),
    fields: oneOrMore(
      text.regex(/^[A-Za-z0-9_*]+$/, 'Write the name of a root field; * stands for any characters.'),
    ).optional(),
  })
  .refine((pattern) => Object.keys(pattern).length > 0, 'Say something of GraphQL, or leave the line out.');

/** `http:` of a rule. */
export const http = z
  .strictObject({
    methods: oneOrMore(method).optional(),
    hosts: oneOrMore(host).optional(),
    paths: oneOrMore(path).optional(),
    query: byName(z.string().min(1).max(200)).optional(),
    headers: byName(fieldName).optional(),
    mediaTypes: oneOrMore(mediaType).optional(),
    body: byName(fieldPath).optional(),
    graphql: graphql.optional(),
    operations: oneOrMore(text).optional(),
    templates: oneOrMore(
      text.regex(/^\//, 'A template begins with /, as in the document: /customers/{id}.'),
    ).optional(),
    declared: z.boolean({ error: 'Write true or false.' }).optional(),
    actions: oneOrMore(
      text.regex(/^[a-z0-9*-]+:[A-Za-z0-9*]+$/, 'Write an action as SERVICE:ACTION: s3:GetObject, dynamodb:*.'),
    ).optional(),
    resources: oneOrMore(
      text.regex(/^(?:\*+$|arn:)/, 'Write a resource as its ARN: arn:aws:s3:::bucket/*.'),
    ).optional(),
  })
  .refine((pattern) => Object.keys(pattern).length > 0, 'Say something of the request, or leave the line out.');
