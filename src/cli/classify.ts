import { writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { z } from 'zod';
import { CONFIDENCES } from '../masking/classify/proposal.ts';
import { LIMITS } from '../model/limits.ts';
import { ApiClient } from './api-client.ts';
import { confirm, planSchema, showPlan } from './apply.ts';
import { classifiedList, type Proposal, withClassified } from './classified-yaml.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { listing } from './listing.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';

type Confidence = (typeof CONFIDENCES)[number];

interface ClassifyOptions extends GatewayOptions {
  readonly all?: boolean;
  readonly least: Confidence;
  readonly output?: string;
  readonly apply?: boolean;
  readonly yes?: boolean;
}

const proposalSchema = z.object({
  schema: z.string(),
  table: z.string(),
  column: z.string(),
  type: z.string(),
  class: z.string(),
  confidence: z.enum(CONFIDENCES),
  why: z.array(z.string()),
  values: z.number(),
  hits: z.array(z.object({ detector: z.string(), whole: z.number(), any: z.number() })),
  shape: z.string().optional(),
  classified: z.string().optional(),
});
const classificationSchema = z.object({
  target: z.string(),
  session: z.string(),
  run: z.string(),
  sampled: z.array(z.object({ table: z.string(), rows: z.number() })),
  notSampled: z.array(z.object({ table: z.string(), code: z.string(), why: z.string() })),
  complete: z.boolean(),
  proposals: z.array(proposalSchema),
});
const objectSchema = z.object({ text: z.string(), etag: z.string() });

type Classification = z.infer<typeof classificationSchema>;

/** `chaperone targets classify`: what the columns of a target may hold, by a sample that the gateway takes. */
export function classifyCommand(): Command {
  return withGatewayOptions(new Command('classify'))
    .description(
      'Samples some rows of every table and proposes a class for each column that seems to hold something sensitive, with the evidence. No value is shown, and none is recorded.',
    )
    .argument('<target>', 'its name')
    .option('--all', 'show columns that are classified already, too')
    .addOption(
      new Option('--least <confidence>', 'what --output and --apply take, at least')
        .choices(CONFIDENCES)
        .default('medium'),
    )
    .option('-o, --output <file>', "write the proposals as YAML for the target's `classified:` list")
    .option('--apply', 'add them to the target, after showing what would change')
    .option('-y, --yes', 'with --apply: do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chaperone targets classify staging\n  $ chaperone targets classify staging --output classes.yaml\n  $ chaperone targets classify staging --least high --apply\n',
    )
    .action(classify);
}

async function classify(name: string, options: ClassifyOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const found = await api.call(
    {
      method: 'POST',
      path: `/v1/targets/${encodeURIComponent(name)}/classify`,
      query: { all: options.all === true ? 'true' : undefined },
      as: 'operator',
      deadlineMs: LIMITS.classifyMs + 2 * LIMITS.targetCheckMs,
    },
    classificationSchema,
  );
  const least = CONFIDENCES.indexOf(options.least);
  const taken = found.proposals.filter(
    ({ classified, confidence }) => classified === undefined && CONFIDENCES.indexOf(confidence) >= least,
  );
  if (output.json) output.writeJson(found);
  else show(found, output);
  if (options.output !== undefined) writeYaml(options.output, taken, output);
  if (options.apply === true) await apply(api, name, taken, options, output);
}

const STYLES: Readonly<Record<Confidence, 'green' | 'yellow' | 'dim'>> = {
  high: 'green',
  medium: 'yellow',
  low: 'dim',
};

function show({ proposals, sampled, notSampled, complete, session }: Classification, output: Output): void {
  const columns = [
    { head: 'COLUMN', text: ({ schema, table, column }: Proposal) => `${schema}.${table}.${column}` },
    {
      head: 'CLASS',
      text: ({ class: of, classified }: Proposal) => (classified === undefined ? of : `${of} (is ${classified})`),
    },
    {
      head: 'SURE',
      text: ({ confidence }: Proposal) => confidence,
      paint: ({ confidence }: Proposal) => STYLES[confidence],
    },
    { head: 'LOOKS LIKE', text: ({ shape = '' }: Proposal) => shape, most: 28 },
    { head: 'BECAUSE', text: ({ why }: Proposal) => why.join('; ') },
  ];
  if (proposals.length > 0) output.write(listing(proposals, columns, output));
  const rows = sampled.reduce((sum, one) => sum + one.rows, 0);
  output.say(`${told(proposals.length, 'proposal')}, by ${told(rows, 'row')} of ${told(sampled.length, 'table')}.\n`);
  output.say(notSampledText(notSampled));
  if (!complete)
    output.say(`The target has more columns than ${LIMITS.classifyColumns}; the others were not looked at.\n`);
  output.say(`What was read: chaperone replay ${printable(session)}\n`);
}

/** The reasons, each with its tables. */
function notSampledText(notSampled: Classification['notSampled']): string {
  const reasons = Map.groupBy(notSampled, ({ why }) => why);
  return [...reasons]
    .map(([why, tables]) => {
      const shown = tables.slice(0, TABLES_SHOWN).map(({ table }) => table);
      const more = tables.length > TABLES_SHOWN ? ` and ${tables.length - TABLES_SHOWN} more` : '';
      return `Not sampled, because ${printable(why)}: ${printable(shown.join(', '))}${more}.\n`;
    })
    .join('');
}

const TABLES_SHOWN = 20;

function writeYaml(path: string, taken: readonly Proposal[], output: Output): void {
  const { text, unnamed } = classifiedList(taken);
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new CliError(EXIT.config, `${printable(path)} cannot be written: ${(cause as Error).message}`, { cause });
  }
  tellUnnamed(unnamed, output);
  output.say(`Wrote ${told(taken.length - unnamed.length, 'column')} to ${printable(path)}.\n`);
}

/** By the way that every change of one object takes: planned, looked at, and made of exactly that state of it. */
async function apply(
  api: ApiClient,
  name: string,
  taken: readonly Proposal[],
  options: ClassifyOptions,
  output: Output,
): Promise<void> {
  const path = `/v1/configuration/target/${encodeURIComponent(name)}`;
  const { text, etag } = await api.call({ path, as: 'operator' }, objectSchema);
  const changed = withClassified(text, taken);
  tellUnnamed(changed.unnamed, output);
  const call = { method: 'PUT', path, json: { text: changed.text }, as: 'operator', ifMatch: etag } as const;
  const plan = await api.call({ ...call, query: { plan: 'true' } }, planSchema);
  if (plan.changes.length === 0) return output.say('Nothing would change.\n');
  if (!output.json) showPlan(plan, output);
  if (!options.yes) await confirm(output);
  await api.call(call, objectSchema);
  output.say(`Classified ${told(taken.length - changed.unnamed.length, 'column')} of ${printable(name)}.\n`);
}

function tellUnnamed(unnamed: readonly string[], output: Output): void {
  for (const column of unnamed) output.say(`Left out, for its name has a dot in it: ${printable(column)}\n`);
}

function told(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
