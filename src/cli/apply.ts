import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { inlineDocuments } from './inline-documents.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';

interface ApplyOptions extends GatewayOptions {
  readonly yes?: boolean;
  readonly plan?: boolean;
}

export interface NamedFile {
  readonly name: string;
  readonly text: string;
}

export const planSchema = z.object({
  digest: z.string(),
  changes: z.array(
    z.object({
      action: z.enum(['create', 'update', 'delete']),
      kind: z.string(),
      name: z.string(),
      details: z.array(z.string()),
    }),
  ),
});

export type Plan = z.infer<typeof planSchema>;

/** `chaperone apply`: targets, trust and policies from files, with a plan shown first. */
export function applyCommand(): Command {
  return withGatewayOptions(new Command('apply'))
    .summary('apply targets, trust rules and policies from YAML files')
    .description('Shows what would change, asks, and then changes exactly that. Folders are read for *.yaml and *.yml.')
    .argument('<files...>', 'YAML files or folders')
    .option('--plan', 'show the plan and stop; exits 1 where something would change')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chaperone apply --plan examples/\n  $ chaperone apply targets.yaml trust.yaml policies/\n',
    )
    .action(apply);
}

async function apply(paths: readonly string[], options: ApplyOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const files = readYamlFiles(paths);
  const plan = await send(api, { mode: 'plan', files });
  if (plan.changes.length === 0)
    return output.json ? output.writeJson({ ...plan, applied: false }) : output.say('Nothing would change.\n');
  if (!output.json) showPlan(plan, output);
  if (options.plan) {
    process.exitCode = EXIT.failed;
    if (output.json) output.writeJson({ ...plan, applied: false });
    return;
  }
  if (!options.yes) await confirm(output);
  const applied = await send(api, { mode: 'apply', files, digest: plan.digest });
  if (output.json) output.writeJson({ ...applied, applied: true });
  else output.write(`Applied ${applied.changes.length} ${applied.changes.length === 1 ? 'change' : 'changes'}.\n`);
}

/** The files, and those of the folders but for cases, in order of name. Throws a `CliError` where one cannot be read. */
export function readYamlFiles(paths: readonly string[]): readonly NamedFile[] {
  return paths.flatMap((path) => {
    try {
      if (!statSync(path).isDirectory()) return [readYamlFile(path)];
      const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(isConfiguration);
      return names.toSorted().map((name) => readYamlFile(join(path, name)));
    } catch (cause) {
      throw new CliError(EXIT.config, `${printable(path)} cannot be read: ${(cause as Error).message}`, { cause });
    }
  });
}

/** With the documents that it names, by paths from where it stands. */
function readYamlFile(name: string): NamedFile {
  const text = inlineDocuments(readFileSync(name, 'utf8'), (path) => readFileSync(resolve(dirname(name), path)));
  return { name, text };
}

/** What tests policies stands beside them and is no part of them. */
function isConfiguration(name: string): boolean {
  return /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name);
}

function send(api: ApiClient, json: unknown): Promise<Plan> {
  return api.call({ method: 'POST', path: '/v1/apply', json, as: 'operator' }, planSchema);
}

const SIGNS = { create: ['+', 'green'], update: ['~', 'yellow'], delete: ['-', 'red'] } as const;

/** The changes, a line each and their details below. */
export function showPlan(plan: Plan, output: Output): void {
  for (const { action, kind, name, details } of plan.changes) {
    const [sign, style] = SIGNS[action];
    output.write(`${output.paint(style, `${sign} ${action} ${printable(kind)} ${printable(name)}`)}\n`);
    for (const detail of details) output.write(`    ${printable(detail)}\n`);
  }
}

/** Asks at the terminal. Throws a `CliError` where nobody is there, or says no. */
export async function confirm(output: Output): Promise<void> {
  if (!process.stdin.isTTY || output.json) {
    throw new CliError(EXIT.usage, 'nobody is there to ask', {
      hint: 'Look at it with --plan, then run it again with --yes.',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question('Apply this? [y/N] ');
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError(EXIT.refused, 'nothing was changed');
}
