import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { ApiClient } from './api-client.ts';
import { type Approval, type ApprovalSummary, approvalPageSchema, approvalSchema } from './approval-schemas.ts';
import { approvalText, stateStyle, stateText } from './approval-text.ts';
import { CliError, EXIT, type ExitCode } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { listing, shortTime } from './listing.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';

interface ListOptions extends GatewayOptions {
  readonly mine?: boolean;
  readonly all?: boolean;
  readonly run?: string;
  readonly session?: string;
  readonly limit: string;
  readonly cursor?: string;
}

interface AnswerOptions extends GatewayOptions {
  readonly reason?: string;
  readonly digest?: string;
  readonly yes?: boolean;
}

const EXAMPLES = `
Examples:
  $ chaperone approvals --mine                    # what waits for you
  $ chaperone approvals show apr_…                # what it is, who asks, what it would do
  $ chaperone approvals approve apr_…             # shows it, and asks
  $ chaperone approvals deny apr_… --reason "locks the table; use CONCURRENTLY"
  $ chaperone approvals wait apr_… && echo go     # 0 approved, 1 denied, 2 neither
`;

/** `chaperone approvals`: what waits for people, and their answers. */
export function approvalsCommand(): Command {
  const command = new Command('approvals')
    .summary('list, show and answer what waits for a person')
    .description('Requests that a policy holds until people approve them. Answering needs `chaperone login`.')
    .addHelpText('after', EXAMPLES);
  const list = new Command('list').description('Lists what waits now, newest first.');
  command.addCommand(
    withGatewayOptions(list)
      .option('--mine', 'only what you can answer')
      .option('--all', 'decided, expired and withdrawn ones as well')
      .option('--run <id>', 'of one run')
      .option('--session <id>', 'of one session')
      .option('--limit <number>', 'how many at most', '50')
      .option('--cursor <cursor>', 'where the page before ended')
      .action(listApprovals),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(new Command('show').description('Shows all of one: text, parameters, effect, run.'))
      .argument('<approval>', 'its id, apr_…')
      .action(show),
  );
  for (const answer of ['approve', 'deny'] as const) {
    const reason = ['--reason <text>', 'for the record and for whoever asked'] as const;
    const subcommand = withGatewayOptions(new Command(answer))
      .description(`Shows one, asks, and ${answer === 'approve' ? 'approves' : 'denies'} it.`)
      .argument('<approval>', 'its id, apr_…')
      .option('--digest <hex>', 'answer only if this is still what is asked, as `show` said')
      .option('--yes', 'do not ask')
      .action((id: string, options: AnswerOptions) => giveAnswer(id, answer, options));
    command.addCommand(answer === 'deny' ? subcommand.requiredOption(...reason) : subcommand.option(...reason));
  }
  command.addCommand(
    withGatewayOptions(
      new Command('wait').description(
        'Waits until one is decided. Exits 0 where it was approved, 1 where it was denied, 2 where it was neither.',
      ),
    )
      .argument('<approval>', 'its id, apr_…')
      .option('--timeout <seconds>', 'stop waiting after this long')
      .action(wait),
  );
  return command;
}

async function listApprovals(options: ListOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const { mine, all, run, session, limit, cursor } = options;
  const state = all ? undefined : 'pending';
  const query = { state, mine: mine ? 'true' : undefined, run, session, limit, cursor };
  const page = await api.call({ path: '/v1/approvals', query, as: 'operator' }, approvalPageSchema);
  if (output.json) return output.writeJson(page);
  if (page.items.length === 0) return output.say(mine ? 'Nothing waits for you.\n' : 'Nothing waits for anybody.\n');
  output.write(listing(page.items, columns(Date.now()), output));
  if (page.next !== undefined) output.say(`There are more: --cursor ${printable(page.next)}\n`);
}

function columns(nowMs: number) {
  return [
    { head: 'APPROVAL', text: ({ id }: ApprovalSummary) => id },
    { head: 'ASKED (UTC)', text: ({ requestedAt }: ApprovalSummary) => shortTime(requestedAt) },
    { head: 'YOURS', text: ({ mine }: ApprovalSummary) => (mine ? 'yes' : ''), paint: () => 'yellow' as const },
    { head: 'STATE', text: (item: ApprovalSummary) => stateText(item, nowMs), paint: stateStyle, most: 60 },
    { head: 'WHO', text: ({ run }: ApprovalSummary) => run.display, most: 50 },
    { head: 'TARGET', text: ({ target }: ApprovalSummary) => target },
    {
      head: 'WHAT',
      text: ({ text, line }: ApprovalSummary) => line ?? text.replaceAll(/\s+/g, ' '),
      most: 80,
    },
  ];
}

async function show(id: string, options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const approval = await find(ApiClient.find(options, process.env), id);
  if (output.json) return output.writeJson(approval);
  output.write(approvalText(approval, Date.now(), output.paint));
}

/** What is answered is what was shown: its digest goes with the answer, and the gateway compares. */
async function giveAnswer(id: string, answer: 'approve' | 'deny', options: AnswerOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const approval = await find(api, id);
  const { digest, reason, yes } = options;
  if (digest !== undefined && approval.digest !== digest.trim().toLowerCase()) {
    throw new CliError(EXIT.refused, 'this is not what --digest says', {
      hint: `Read it again: chaperone approvals show ${printable(id)}`,
    });
  }
  if (!yes && !(await agrees(approval, answer, output))) return;
  const path = `/v1/approvals/${encodeURIComponent(id)}/answer`;
  const json = { answer, digest: approval.digest, ...(reason === undefined ? {} : { reason }) };
  const decided = await api.call({ method: 'POST', path, json, as: 'operator' }, approvalSchema);
  if (output.json) return output.writeJson(decided);
  output.write(`${printable(decided.id)} ${printable(stateText(decided, Date.now()))}\n`);
}

async function agrees(approval: Approval, answer: 'approve' | 'deny', output: Output): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new CliError(EXIT.usage, 'there is no terminal to ask on', {
      hint: 'Read it with `chaperone approvals show`, then answer with --yes --digest DIGEST.',
    });
  }
  process.stderr.write(approvalText(approval, Date.now(), output.paintSaid));
  if (!approval.mine) {
    throw new CliError(EXIT.refused, `you cannot answer this: ${printable(approval.notMine ?? approval.state)}`);
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const said = await asking.question(`\n${answer === 'approve' ? 'Approve' : 'Deny'} this? [y/N] `);
    if (/^\s*y(es)?\s*$/i.test(said)) return true;
  } finally {
    asking.close();
  }
  output.say('Nothing was answered.\n');
  process.exitCode = EXIT.failed;
  return false;
}

const POLL_MS = 1_000;

async function wait(id: string, options: GatewayOptions & { readonly timeout?: string }): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const untilMs = deadline(options.timeout);
  for (;;) {
    const approval = await find(api, id);
    if (approval.state !== 'pending' || Date.now() >= untilMs) {
      process.exitCode = exitCodeOf(approval);
      if (output.json) return output.writeJson(approval);
      const reason = approval.reason === undefined ? '' : `: ${approval.reason}`;
      return output.write(`${printable(approval.id)} ${printable(stateText(approval, Date.now()) + reason)}\n`);
    }
    await sleep(Math.min(POLL_MS, Math.max(0, untilMs - Date.now())));
  }
}

function deadline(timeout: string | undefined): number {
  if (timeout === undefined) return Number.POSITIVE_INFINITY;
  const seconds = /^\d{1,7}$/.test(timeout) ? Number(timeout) : Number.NaN;
  if (!Number.isNaN(seconds)) return Date.now() + seconds * 1000;
  throw new CliError(EXIT.usage, `"${printable(timeout)}" is no number of seconds`);
}

function exitCodeOf({ state }: Approval): ExitCode {
  switch (state) {
    case 'approved':
      return EXIT.ok;
    case 'denied':
      return EXIT.failed;
    case 'pending':
    case 'expired':
    case 'cancelled':
      return EXIT.incomplete;
    default:
      return state satisfies never;
  }
}

function find(api: ApiClient, id: string): Promise<Approval> {
  return api.call({ path: `/v1/approvals/${encodeURIComponent(id)}`, as: 'operator' }, approvalSchema);
}
