import { z } from 'zod';
import { oneOrMore, text } from './http-schema.ts';

const listOf = <Item extends z.ZodType>(item: Item) =>
  z.union([item.transform((one) => [one]), z.array(item).min(1, 'Name at least one, or leave the line out.')]);
const name = text.regex(/^[^\p{Cc}]+$/u, 'A name has no line breaks or control characters.');
const fileUse = z.enum([
  'read',
  'write',
  'append',
  'create',
  'remove',
  'rename',
  'list',
  'stat',
  'attributes',
  'link',
  'directory',
  'execute',
]);
const path = name.regex(/^(?!.*(?:^|\/)\.\.(?:\/|$))/, 'Write a path without `..`.');
const file = z.union(
  [
    path.transform((one) => ({ path: one })),
    z.strictObject({ path, uses: oneOrMore(fileUse).optional() }).refine(({ path: one }) => one !== ''),
  ],
  { error: 'Write a path (/var/log/**), or `{ path: /var/log/**, uses: [read] }`.' },
);
const range = /^\d{1,5}(?:-\d{1,5})?$/;

/** Numbers and ranges of them, as text. */
export const ranges = listOf(
  z
    .union([z.int().min(0).max(65_535), z.string().regex(range)], { error: 'Write a number, or a range: 8000-8999.' })
    .transform(String),
);

const program = {
  programs: oneOrMore(name).optional(),
  arguments: oneOrMore(text).optional(),
  files: listOf(file).optional(),
  environment: oneOrMore(
    text.regex(/^[A-Za-z_*][A-Za-z0-9_*]*$/, 'Write the name of a variable; * stands for any characters.'),
  ).optional(),
};

/** Programs of a command, wherever it runs. */
export const commands = z
  .strictObject(program)
  .refine((pattern) => Object.keys(pattern).length > 0, 'Say something of the programs, or leave the line out.');

const refName = name.regex(/^(?:refs\/|\*\*)/, 'Write a ref in full: refs/heads/main.');
const ref = z.union(
  [
    refName.transform((one) => ({ name: one })),
    z.strictObject({ name: refName, actions: oneOrMore(z.enum(['create', 'update', 'delete'])).optional() }),
  ],
  { error: 'Write a ref in full (refs/heads/main), or `{ name: refs/heads/*, actions: [delete] }`.' },
);

/** `ssh:` of a rule. */
export const ssh = z
  .strictObject({
    channels: oneOrMore(z.enum(['exec', 'shell', 'files', 'git', 'forward', 'listen'])).optional(),
    users: oneOrMore(name).optional(),
    ...program,
    repositories: oneOrMore(name).optional(),
    refs: listOf(ref).optional(),
    hosts: oneOrMore(
      text.regex(/^[a-z0-9.*_:-]+$/, 'Write a host in lower case and without a port: db.internal.'),
    ).optional(),
    ports: ranges.optional(),
  })
  .refine((pattern) => Object.keys(pattern).length > 0, 'Say something of what is asked, or leave the line out.');
