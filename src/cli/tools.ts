import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import {
  DEFINITION_COLUMNS,
  type DefinitionDetails,
  type DefinitionSummary,
  definitionSchema,
  definitionSummarySchema,
  definitionText,
  differencesSchema,
  differenceText,
} from './definition-text.ts';
import { listing } from './listing.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';

const pageSchema = z.object({ items: z.array(definitionSummarySchema), next: z.string().optional() });

interface ListOptions extends GatewayOptions {
  readonly target?: string;
  readonly kind?: string;
  readonly waiting?: boolean;
  readonly limit: string;
  readonly cursor?: string;
}

interface AnswerOptions extends GatewayOptions {
  readonly reason?: string;
  readonly digest?: string;
  readonly yes?: boolean;
  readonly all?: boolean;
  readonly target?: string;
}

type Verb = 'accept' | 'reject';

const EXAMPLES = `
Examples:
  $ chaperone tools --waiting                        # what nobody has decided on
  $ chaperone tools show github/create_issue         # what it says, and what looks like a trap
  $ chaperone tools diff github/create_issue         # what it changes of what was accepted
  $ chaperone tools accept github/create_issue       # shows it, and asks
  $ chaperone tools accept --all --target github     # all that waits and has no finding
`;

/** `chaperone tools`: what MCP targets say of themselves, and what people say of that. */
export function toolsCommand(): Command {
  const command = new Command('tools')
    .summary('list, show, compare, accept and reject what MCP targets say of their tools')
    .description('Definitions of MCP targets (tools, prompts, resources). One is used once a person has accepted it.')
    .addHelpText('after', EXAMPLES);
  command.addCommand(
    withGatewayOptions(new Command('list').description('Lists definitions, what waits for a person first.'))
      .option('--target <name>', 'of one target')
      .option('--kind <kind>', 'tool, prompt, resource, template or server')
      .option('--waiting', 'only what nobody has decided on')
      .option('--limit <number>', 'how many at most', '100')
      .option('--cursor <cursor>', 'where the page before ended')
      .action(list),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(new Command('show').description('Shows all of one: text, findings, who decided.'))
      .argument('<definition>', WHICH)
      .action(show),
  );
  command.addCommand(
    withGatewayOptions(new Command('diff').description('Shows what the current form changes of the accepted one.'))
      .argument('<definition>', WHICH)
      .option('--from <digest>', 'another form than the accepted one')
      .option('--to <digest>', 'another form than the current one')
      .action(diff),
  );
  for (const verb of ['accept', 'reject'] as const) command.addCommand(answerCommand(verb));
  return command;
}

const WHICH = 'its id, def_…, or TARGET/NAME of a tool';

function answerCommand(verb: Verb): Command {
  const command = withGatewayOptions(new Command(verb))
    .option('--digest <hex>', 'answer only if it says this still, as `show` said')
    .option('--yes', 'do not ask');
  if (verb === 'reject') {
    return command
      .description('Shows one, asks, and rejects it: it is hidden and refused, also where it was accepted before.')
      .argument('<definition>', WHICH)
      .requiredOption('--reason <text>', 'for the record')
      .action((which: string, options: AnswerOptions) => answerOne(which, verb, options));
  }
  return command
    .description('Shows one, asks, and accepts it in the form that was shown.')
    .argument('[definition]', WHICH)
    .option('--all', 'all of a target that waits and in which nothing looks like a trap')
    .option('--target <name>', 'with --all: of which target')
    .option('--reason <text>', 'for the record')
    .action((which: string | undefined, options: AnswerOptions) => {
      if (options.all) return acceptAll(which, options);
      if (which !== undefined) return answerOne(which, verb, options);
      throw new CliError(EXIT.usage, 'nothing is named', { hint: 'Name one, or --all --target NAME.' });
    });
}

async function list(options: ListOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const { target, kind, waiting, limit, cursor } = options;
  const query = { target, kind, waits: waiting ? 'true' : undefined, limit, cursor };
  const api = ApiClient.find(options, process.env);
  const page = await api.call({ path: '/v1/definitions', query, as: 'operator' }, pageSchema);
  if (output.json) return output.writeJson(page);
  if (page.items.length === 0) {
    return output.say(waiting ? 'Nothing waits for anybody.\n' : 'No MCP target has said anything of itself yet.\n');
  }
  output.write(listing(page.items, DEFINITION_COLUMNS, output));
  if (page.next !== undefined) output.say(`There are more: --cursor ${printable(page.next)}\n`);
}

async function show(which: string, options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const definition = await find(ApiClient.find(options, process.env), which);
  if (output.json) return output.writeJson(definition);
  output.write(definitionText(definition, output.paint));
}

async function diff(which: string, options: GatewayOptions & { from?: string; to?: string }): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const { id } = await find(api, which);
  const { from, to } = options;
  const schema = z.object({ id: z.string(), from: z.string(), to: z.string(), differences: differencesSchema });
  const answer = await api.call({ path: `${pathOf(id)}/diff`, query: { from, to }, as: 'operator' }, schema);
  if (output.json) return output.writeJson(answer);
  output.write(`${differenceText(answer.differences, output.paint)}\n`);
}

/** What is answered is what was shown: its digest goes with the answer, and the gateway compares. */
async function answerOne(which: string, verb: Verb, options: AnswerOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const definition = await find(api, which);
  const { digest } = definition.current;
  if (options.digest !== undefined && digest !== options.digest.trim().toLowerCase()) {
    throw new CliError(EXIT.refused, 'this is not what --digest says', {
      hint: `Read it again: chaperone tools show ${printable(definition.id)}`,
    });
  }
  if (!options.yes) {
    process.stderr.write(definitionText(definition, output.paintSaid));
    if (!(await agrees(`${verb === 'accept' ? 'Accept' : 'Reject'} this?`))) return notDone(output);
  }
  const json = { digest, ...(options.reason === undefined ? {} : { reason: options.reason }) };
  const path = `${pathOf(definition.id)}/${verb}`;
  const decided = await api.call({ method: 'POST', path, json, as: 'operator' }, definitionSchema);
  if (output.json) return output.writeJson(decided);
  output.write(`${printable(decided.id)} is ${printable(decided.standing)}.\n`);
}

async function acceptAll(which: string | undefined, options: AnswerOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const { target, reason, yes } = options;
  if (target === undefined || which !== undefined) {
    throw new CliError(EXIT.usage, '--all takes --target NAME and nothing else', {
      hint: 'chaperone tools accept --all --target NAME',
    });
  }
  const api = ApiClient.find(options, process.env);
  const waiting = await allWaiting(api, target);
  const [clean, suspect] = [waiting.filter(isClean), waiting.filter((one) => !isClean(one))];
  if (clean.length > 0 && !yes) {
    process.stderr.write(listing(clean, DEFINITION_COLUMNS, output));
    if (!(await agrees(`Accept these ${clean.length}?`))) return notDone(output);
  }
  const accepted: string[] = [];
  const missing: string[] = [];
  for (let start = 0; start < clean.length; start += MOST_AT_ONCE) {
    const forms = clean
      .slice(start, start + MOST_AT_ONCE)
      .map(({ id, current: { digest } }) => ({ definition: id, digest }));
    const json = { forms, ...(reason === undefined ? {} : { reason }) };
    const schema = z.object({ accepted: z.array(z.string()), missing: z.array(z.string()) });
    const answer = await api.call({ method: 'POST', path: '/v1/definitions/accept', json, as: 'operator' }, schema);
    accepted.push(...answer.accepted);
    missing.push(...answer.missing);
  }
  if (output.json) return output.writeJson({ accepted, missing, findings: suspect.map(({ id }) => id) });
  output.write(`${accepted.length} accepted.\n`);
  if (suspect.length === 0) return;
  output.say(output.paintSaid('yellow', 'Left for you to read, for something in them looks like a trap:\n'));
  output.say(listing(suspect, DEFINITION_COLUMNS, output));
}

const MOST_AT_ONCE = 200;

function isClean({ current }: DefinitionSummary): boolean {
  return current.findings.length === 0;
}

async function allWaiting(api: ApiClient, target: string): Promise<readonly DefinitionSummary[]> {
  return listAll(api, { target, waits: 'true' });
}

async function listAll(
  api: ApiClient,
  narrowed: Readonly<Record<string, string>>,
): Promise<readonly DefinitionSummary[]> {
  const all: DefinitionSummary[] = [];
  let cursor: string | undefined;
  do {
    const query = { ...narrowed, limit: 1000, cursor };
    const page = await api.call({ path: '/v1/definitions', query, as: 'operator' }, pageSchema);
    all.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return all;
}

/** By its id, or by the target's name and the tool's. */
async function find(api: ApiClient, which: string): Promise<DefinitionDetails> {
  const id = /^def_\w+$/.test(which) ? which : await idOf(api, which);
  return api.call({ path: pathOf(id), as: 'operator' }, definitionSchema);
}

async function idOf(api: ApiClient, which: string): Promise<string> {
  const slash = which.indexOf('/');
  const [target, name] = [which.slice(0, slash), which.slice(slash + 1)];
  const found = slash < 0 ? [] : (await listAll(api, { target })).filter((one) => one.name === name);
  const [tool] = [...found.filter(({ kind }) => kind === 'tool'), ...found];
  if (tool !== undefined) return tool.id;
  throw new CliError(EXIT.notFound, `there is no ${printable(which)}`, {
    hint: '`chaperone tools` lists what there is: name one by its id, or as TARGET/NAME.',
  });
}

function pathOf(id: string): string {
  return `/v1/definitions/${encodeURIComponent(id)}`;
}

async function agrees(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new CliError(EXIT.usage, 'there is no terminal to ask on', {
      hint: 'Read it with `chaperone tools show`, then answer with --yes --digest DIGEST.',
    });
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^\s*y(es)?\s*$/i.test(await asking.question(`\n${question} [y/N] `));
  } finally {
    asking.close();
  }
}

function notDone(output: Output): void {
  process.exitCode = EXIT.failed;
  output.say('Nothing was done.\n');
}
