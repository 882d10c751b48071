import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { BUDGET_COLUMNS, budgetsSchema } from './budgets.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, parseTime, withGatewayOptions } from './common-options.ts';
import { listing, shortTime } from './listing.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';

interface FilterOptions extends GatewayOptions {
  readonly who?: string;
  readonly run?: string;
  readonly repository?: string;
  readonly target?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

interface SearchOptions extends FilterOptions {
  readonly session?: string;
  readonly table?: string;
  readonly kind?: string;
  readonly decision?: string;
}

const sessionSchema = z.object({
  id: z.string(),
  run: z.string(),
  principal: z.string(),
  repository: z.string().optional(),
  target: z.string(),
  gateway: z.string().optional(),
  openedAt: z.string(),
  closedAt: z.string().optional(),
  outcome: z.string().optional(),
  permitted: z.number(),
  denied: z.number(),
  masked: z.number(),
});
const sessionsSchema = z.object({ sessions: z.array(sessionSchema), next: z.string().optional() });

const statementSchema = z.object({
  session: z.string(),
  exchange: z.number(),
  at: z.string(),
  principal: z.string(),
  target: z.string(),
  kinds: z.array(z.string()),
  tables: z.array(z.string()),
  decision: z.enum(['permit', 'deny']),
  rules: z.array(z.string()),
  text: z.string(),
  line: z.string().optional(),
  status: z.string().optional(),
  code: z.string().optional(),
  rows: z.number().optional(),
});
const statementsSchema = z.object({ statements: z.array(statementSchema), next: z.string().optional() });

type SessionItem = z.infer<typeof sessionSchema>;
type StatementItem = z.infer<typeof statementSchema>;

/** `chaperone sessions`: list, show and search what was recorded. */
export function sessionsCommand(): Command {
  const command = new Command('sessions')
    .summary('list, show and search recorded sessions')
    .addHelpText('after', EXAMPLES);
  command.addCommand(
    withFilters(new Command('list').description('Lists sessions, newest first.')).action((options: FilterOptions) =>
      list(options),
    ),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(new Command('show').description('Shows one session; `chaperone replay` plays it.'))
      .argument('<session>', 'its id')
      .action((session: string, options: GatewayOptions) => show(session, options)),
  );
  command.addCommand(
    withFilters(new Command('search').description('Searches the statements of all sessions, newest first.'))
      .argument('[text]', 'part of the statement, or of the request: "GET /customers"')
      .option('--session <id>', 'within one session')
      .option('--table <name>', 'that touch a table, as TABLE or SCHEMA.TABLE')
      .option('--kind <verb>', 'select, insert, drop, …')
      .option('--decision <decision>', 'permit or deny')
      .action((text: string | undefined, options: SearchOptions) => search(text, options)),
  );
  return command;
}

const EXAMPLES = `
Examples:
  $ chaperone sessions --since 2h
  $ chaperone sessions search --decision deny --since 7d
  $ chaperone sessions search "payments" --table payments --who octo-shop
  $ chaperone sessions show ses_…
`;

function withFilters(command: Command): Command {
  return withGatewayOptions(command)
    .option('--who <text>', 'part of the principal')
    .option('--run <id>', 'of one run')
    .option('--repository <text>', 'part of the repository, or its id')
    .option('--target <name>', 'in one target')
    .option('--since <time>', 'a time, or how long ago: 30m, 2h, 7d')
    .option('--until <time>', 'the same')
    .option('--limit <number>', 'how many at most', '50')
    .option('--cursor <cursor>', 'where the page before ended');
}

async function list(options: FilterOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const page = await api.call({ path: '/v1/sessions', query: filters(options), as: 'operator' }, sessionsSchema);
  if (output.json) return output.writeJson(page);
  if (page.sessions.length === 0) return output.say('No session matches.\n');
  output.write(listing(page.sessions, SESSION_COLUMNS, output));
  sayMore(page.next, output);
}

async function show(id: string, options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const path = `/v1/sessions/${encodeURIComponent(id)}`;
  const session = await api.call({ path, as: 'operator' }, sessionSchema);
  const query = { session: id, limit: 1000 };
  const { statements } = await api.call({ path: '/v1/statements', query, as: 'operator' }, statementsSchema);
  const spent = { run: session.run, limit: 100 };
  const { budgets } = await api.call({ path: '/v1/budgets', query: spent, as: 'operator' }, budgetsSchema);
  if (output.json) return output.writeJson({ ...session, statements, budgets });
  const lines: readonly (readonly [string, string])[] = [
    ['session', session.id],
    ['who', session.principal],
    ['run', session.run],
    ['target', session.target],
    ['opened', shortTime(session.openedAt)],
    ['closed', session.closedAt ? `${shortTime(session.closedAt)} (${session.outcome ?? ''})` : 'not yet'],
    [
      'statements',
      session.closedAt
        ? `${session.permitted} permitted, ${session.denied} denied, ${session.masked} values masked`
        : '…',
    ],
  ];
  for (const [name, value] of lines) output.write(`${output.paint('dim', name.padEnd(12))}${printable(value)}\n`);
  if (budgets.length > 0) output.write(`\n${listing(budgets, BUDGET_COLUMNS.slice(0, 4), output)}`);
  if (statements.length > 0)
    output.write(
      `\n${listing(statements.toReversed(), STATEMENT_COLUMNS.slice(0, 1).concat(STATEMENT_COLUMNS.slice(3)), output)}`,
    );
  output.say(`${output.paintSaid('dim', `Watch it: npx chaperone replay ${printable(session.id)}`)}\n`);
}

async function search(text: string | undefined, options: SearchOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const { session, table, kind, decision } = options;
  const query = { ...filters(options), text, session, table, kind, decision };
  const page = await api.call({ path: '/v1/statements', query, as: 'operator' }, statementsSchema);
  if (output.json) return output.writeJson(page);
  if (page.statements.length === 0) return output.say('No statement matches.\n');
  output.write(listing(page.statements, STATEMENT_COLUMNS, output));
  sayMore(page.next, output);
}

const SESSION_COLUMNS = [
  { head: 'SESSION', text: ({ id }: SessionItem) => id },
  { head: 'OPENED (UTC)', text: ({ openedAt }: SessionItem) => shortTime(openedAt) },
  { head: 'TARGET', text: ({ target }: SessionItem) => target },
  { head: 'WHO', text: ({ principal }: SessionItem) => principal, most: 50 },
  { head: 'OK', text: (item: SessionItem) => counted(item, item.permitted) },
  {
    head: 'DENIED',
    text: (item: SessionItem) => counted(item, item.denied),
    paint: ({ denied }: SessionItem) => (denied > 0 ? ('red' as const) : undefined),
  },
  { head: 'MASKED', text: (item: SessionItem) => counted(item, item.masked) },
  { head: 'END', text: ({ closedAt, outcome }: SessionItem) => (closedAt === undefined ? 'open' : (outcome ?? '')) },
];

/** What a session did is counted up when it ends. */
function counted(session: SessionItem, count: number): string {
  return session.closedAt === undefined ? '…' : String(count);
}

const STATEMENT_COLUMNS = [
  { head: 'TIME (UTC)', text: ({ at }: StatementItem) => shortTime(at) },
  { head: 'SESSION', text: ({ session }: StatementItem) => session },
  { head: 'TARGET', text: ({ target }: StatementItem) => target },
  {
    head: 'DECISION',
    text: ({ decision }: StatementItem) => decision,
    paint: ({ decision }: StatementItem) => (decision === 'deny' ? ('red' as const) : undefined),
  },
  { head: 'RULE', text: ({ rules }: StatementItem) => rules.join(', '), most: 40 },
  {
    head: 'STATEMENT',
    text: ({ text, line, code }: StatementItem) => {
      if (line === undefined) return text.replaceAll(/\s+/g, ' ').trim();
      return code === undefined ? line : `${line} → ${code}`;
    },
    most: 100,
  },
];

function filters(options: FilterOptions): Readonly<Record<string, string | undefined>> {
  const { who, run, repository, target, limit, cursor } = options;
  return { who, run, repository, target, limit, cursor, since: time(options.since), until: time(options.until) };
}

function time(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const parsed = parseTime(text, Date.now());
  if (parsed !== undefined) return parsed;
  throw new CliError(EXIT.usage, `${printable(text)} is not a time`, {
    hint: 'Write 30m, 2h, 7d, or 2026-11-22T18:00:00Z',
  });
}

function sayMore(next: string | undefined, output: Output): void {
  if (next !== undefined) output.say(`${output.paintSaid('dim', `There are more: --cursor ${printable(next)}`)}\n`);
}
