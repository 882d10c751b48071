import { z } from 'zod';
import { isPrincipalField } from '../policy/principal-fields.ts';

const text = z.string().min(1).max(100_000);
const word = z.string().min(1).max(500);

const className = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'a class is lower case letters, digits, `_` and `-`')
  .describe('What the column holds; policies mask and match by class.');
const field = z
  .strictObject({
    path: word.describe('`GET /customers/{id}`, `/customers/*`, `/**`'),
    field: word.optional().describe('In bodies: customers[].email; `*` is any name, `**` any number of them.'),
    header: word.optional(),
    cookie: word.optional(),
    class: className,
    mask: z.enum(['redact', 'partial', 'hash', 'null']).optional(),
  })
  .refine(({ field: body, header, cookie }) => [body, header, cookie].filter(Boolean).length === 1, {
    error: 'say one of `field`, `header` and `cookie`',
  })
  .describe('What of the replies of an HTTP target has a class.');
const column = z
  .string()
  .regex(/^[^.]+\.[^.]+\.[^.]+$/, 'a column is written schema.table.column')
  .describe('schema.table.column');

const target = z
  .strictObject({
    from: word
      .optional()
      .describe('A file with `targets:` that declares a target of this name; relative to this file.'),
    labels: z.record(z.string(), z.string()).optional(),
    database: word.optional(),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Of an HTTP target: its host, and the path before its paths.'),
    classified: z
      .array(
        z.union([
          z.strictObject({ column, class: className, mask: z.enum(['redact', 'partial', 'hash', 'null']).optional() }),
          field,
        ]),
      )
      .optional()
      .describe('Beside those that `from` declares.'),
    schema: text
      .optional()
      .describe('The definitions of the database: CREATE TABLE, VIEW, FUNCTION, … as pg_dump writes them.'),
    schemaFile: word.optional().describe('A file with such definitions; relative to this file.'),
    login: word.optional().describe('Of an SSH host: the login there.'),
    cluster: z.literal(true).optional().describe('With `url`: it is the API server of a cluster.'),
    searchPath: z.array(word).optional().describe('The search path of a new session; `[public]` where absent.'),
  })
  .describe('What a case needs to know of a target.');

const run = z
  .record(z.string(), z.string())
  .refine((fields) => Object.keys(fields).every(isPrincipalField), 'name fields as in `principals` of a rule')
  .describe('Who asks: fields of the principal and their values, such as `run.sourceRepositoryId: "74"`.');

const masks = z
  .record(z.string(), z.enum(['redact', 'partial', 'hash', 'null', 'clear']))
  .describe('The columns of the last result that are masked, and how; every other one must come clear.');

const limits = z
  .partialRecord(z.enum(['rowsRead', 'rowsChanged', 'bytes', 'statements', 'tables']), z.int().min(0))
  .describe('Budgets that must bind the permit.');

const expectation = z
  .strictObject({
    decision: z
      .enum(['permit', 'deny', 'hold'])
      .optional()
      .describe('`hold` is a permit that people must approve first; `permit` one that nobody is asked for.'),
    code: word.optional().describe('Of a denial: policy-denied, policy-no-match, request-unknown, …'),
    rules: z
      .union([word.transform((one) => [one]), z.array(word)])
      .optional()
      .describe('The rules that decided, all of them, by name.'),
    approve: z
      .union([word.transform((one) => [one]), z.array(word)])
      .optional()
      .describe('The groups that are asked, all of them.'),
    masks: masks.optional(),
    detectors: z.array(word).optional().describe('Detectors that must be at work on the reply.'),
    limits: limits.optional(),
  })
  .refine((value) => Object.keys(value).length > 0, 'say what is expected');

const expect = z.union([z.enum(['permit', 'deny', 'hold']).transform((decision) => ({ decision })), expectation]);

const http = z
  .strictObject({
    method: z
      .string()
      .regex(/^[A-Za-z][A-Za-z-]{0,30}$/, 'a method is written GET, POST, …')
      .optional(),
    path: z
      .string()
      .max(10_000)
      .regex(/^\/[^\s#]*$/, 'a path begins with `/`; its query may stand behind `?`'),
    query: z.record(z.string(), z.union([word, z.array(word)])).optional(),
    headers: z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'the name of a header'), word).optional(),
    body: z.json().optional().describe('Text as it is sent, or a value that is sent as JSON.'),
  })
  .describe('A request of an HTTP target; GET where it has no method.');

const object = z.record(z.string(), z.json());
const kubernetes = z
  .strictObject({
    verb: z.enum(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection']),
    group: z.string().max(200).optional().describe('Empty, or left out, is the core group.'),
    version: word.optional().describe('`v1` where it is left out.'),
    resource: word.regex(/^[a-z0-9.-]+(?:\/[a-z]+)?$/, 'a resource is written `pods` or `pods/exec`'),
    namespace: word.optional(),
    name: word.optional(),
    dryRun: z.boolean().optional(),
    patch: z.enum(['apply', 'merge', 'json', 'strategic']).optional(),
    command: z.array(z.string().max(10_000)).optional().describe('Of `pods/exec`.'),
    object: z
      .union([object, z.array(z.json())])
      .optional()
      .describe('What is sent: an object, or a patch.'),
  })
  .describe('A request of a cluster, in the words of roles.');

const request = z.union([
  z.strictObject({ kubernetes }),
  z
    .string()
    .regex(/^[A-Z][A-Z-]{0,30} \/\S*$/, 'a request is written `GET /customers/17`')
    .transform(toHttp),
  z.strictObject({ http }),
]);

function toHttp(line: string): { http: z.infer<typeof http> } {
  const space = line.indexOf(' ');
  return { http: { method: line.slice(0, space), path: line.slice(space + 1) } };
}

const file = z
  .strictObject({
    action: z.enum([
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
    ]),
    path: word.regex(/^[^"\n]+$/, 'a path without quotation marks'),
  })
  .describe('What is done to a file of an SSH host.');

const step = z.union([
  z.strictObject({ command: text, expect: expect.optional() }),
  z.strictObject({ file, expect: expect.optional() }),
  text.transform((statement) => ({ statement })),
  z.strictObject({ statement: text, expect: expect.optional() }),
  z.strictObject({ request, expect: expect.optional() }),
]);

/** One entry under `cases:`. */
export const caseSchema = z
  .strictObject({
    name: word.describe('What holds, as a sentence.'),
    target: word.optional().describe('One of `targets`.'),
    run: z.union([word, run]).optional().describe('One of `runs`, or the fields themselves.'),
    at: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('When, for rules that ask for the time: 2026-11-23T09:30:00Z.'),
    statement: text.optional().describe('What is asked.'),
    request: request
      .optional()
      .describe('What is asked of an HTTP target: `DELETE /orders/3`, or `{ http: { method, path, … } }`.'),
    command: text.optional().describe('A command line for an SSH host.'),
    file: file.optional(),
    session: z
      .array(step)
      .min(1)
      .optional()
      .describe('What one session asks, in order; a statement without `expect` must be permitted, and nobody asked.'),
    expect: expect.optional().describe('Of the statement, or of the last of the session.'),
  })
  .superRefine((one, context) => {
    const say = (message: string): void => context.addIssue({ code: 'custom', message });
    const asked = [one.statement, one.request, one.command, one.file, one.session].filter((each) => each !== undefined);
    if (asked.length !== 1) say('write one of `statement`, `request`, `command`, `file` and `session`');
    const isTold = one.expect !== undefined || one.session?.some((each) => 'expect' in each) === true;
    if (!isTold) say('say what is expected');
  });

/** A whole `*.test.yaml`. */
export const caseFileSchema = z.strictObject({
  policies: z
    .array(word)
    .min(1)
    .optional()
    .describe('The files or folders that are tested, relative to this one; NAME.yaml for NAME.test.yaml where absent.'),
  beside: z
    .array(z.record(z.string(), z.unknown()))
    .optional()
    .describe('Rules that stand beside those under test, for these cases alone: a permit that a rule takes back.'),
  targets: z.record(z.string(), target).optional(),
  runs: z.record(z.string(), run).optional().describe('Who asks, by name.'),
  target: word.optional().describe('The target of cases that name none.'),
  run: z.union([word, run]).optional().describe('The run of cases that name none.'),
  cases: z.array(caseSchema).min(1),
});

export type CaseFileContent = z.infer<typeof caseFileSchema>;
export type Case = z.infer<typeof caseSchema>;
export type Expectation = z.infer<typeof expectation>;
export type CaseRequest = z.infer<typeof request>;
export type CaseFileUse = z.infer<typeof file>;
export type CaseTarget = z.infer<typeof target>;
