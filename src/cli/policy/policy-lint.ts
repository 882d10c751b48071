import { Command } from 'commander';
import { z } from 'zod';
import type { HttpTarget } from '../../model/http.ts';
import { compiledDocument } from '../../openapi/compiled-document.ts';
import { loadTargets, TARGET_PROTOCOLS } from '../../targets/load-targets.ts';
import type { LintDocument, LintTarget } from '../../trials/lint/finding.ts';
import { lintPolicies, type PlacedFinding } from '../../trials/lint/lint-policies.ts';
import { ApiClient } from '../api-client.ts';
import { readYamlFiles } from '../apply.ts';
import { EXIT } from '../cli-error.ts';
import { type GatewayOptions } from '../common-options.ts';
import { type Output, processOutput } from '../output.ts';
import { printable } from '../printable.ts';
import { type ReadPolicies, readPolicies, showProblems } from './read-policies.ts';

interface LintOptions extends GatewayOptions {
  readonly gateway?: boolean;
}

/** `chaperone policy lint`: what is wrong with rules that load. */
export function policyLintCommand(): Command {
  return new Command('lint')
    .description(
      'Finds rules that can never match, are shadowed or needless, overlap, are too broad, or name what is not there.\n' +
        'Targets are those of the same files; with --gateway those of the gateway, and groups without people are found.\n' +
        'Exits 1 where it finds something, 2 where the files cannot be read as policies.',
    )
    .argument('<files...>', 'YAML files or folders')
    .option('--gateway', 'hold the rules against the targets and groups of the gateway')
    .option('--url <url>', 'the gateway (default: CHAPERONE_URL, else the one started on this machine)')
    .option('--json', 'answer in JSON')
    .action(async (paths: readonly string[], options: LintOptions) => {
      process.exitCode = await lint(paths, options, processOutput({ json: options.json ?? false }));
    });
}

async function lint(paths: readonly string[], options: LintOptions, output: Output): Promise<number> {
  const read = readPolicies(paths);
  if (read.problems.length > 0) {
    showProblems(read.problems, output);
    return EXIT.incomplete;
  }
  const known = options.gateway === true ? await ofGateway(options, output) : { targets: declaredTargets(read) };
  const findings = lintPolicies({
    policies: read.policies,
    declared: read.declared.sections.policies ?? [],
    files: readYamlFiles(paths),
    ...known,
  });
  if (output.json) output.writeJson({ ok: findings.length === 0, findings });
  else show(findings, read.policies.length, output);
  return findings.length === 0 ? EXIT.ok : EXIT.failed;
}

/** Undefined where the files declare no targets at all: then nobody said which there are. */
function declaredTargets({ declared }: ReadPolicies): readonly LintTarget[] | undefined {
  const { targets } = declared.sections;
  if (targets === undefined) return undefined;
  return loadTargets(targets, TARGET_PROTOCOLS).items.map(({ target: { name, labels, classified, http } }) => {
    return { name, labels, classes: classified.map((column) => column.class), document: documentOf(http) };
  });
}

function documentOf(http: HttpTarget | undefined): LintDocument {
  const read = http?.openapi && compiledDocument(http.openapi);
  const operations = read !== undefined && 'operations' in read ? read.operations : [];
  return {
    dialect: http?.dialect,
    operations: operations.flatMap(({ operationId }) => operationId ?? []),
    templates: [...new Set(operations.map(({ template }) => template))],
  };
}

const targetsSchema = z.object({
  targets: z.array(
    z.object({
      name: z.string(),
      labels: z.record(z.string(), z.string()),
      classified: z.array(z.object({ class: z.string() })),
    }),
  ),
});
const peopleSchema = z.object({
  items: z.array(z.object({ groups: z.array(z.string()), disabled: z.boolean() })),
  next: z.string().optional(),
});

async function ofGateway(options: LintOptions, output: Output) {
  const api = ApiClient.find(options, process.env);
  const { targets } = await api.call({ path: '/v1/targets', as: 'operator' }, targetsSchema);
  return {
    targets: targets.map(({ name, labels, classified }): LintTarget => {
      return { name, labels, classes: classified.map((column) => column.class) };
    }),
    groups: await groupsOf(api, output),
  };
}

/** The groups that somebody is in who can log in; undefined where the caller may not know. */
async function groupsOf(api: ApiClient, output: Output): Promise<ReadonlySet<string> | undefined> {
  const groups = new Set<string>();
  for (let cursor: string | undefined; ; ) {
    const page = await api.try({ path: '/v1/people', query: { limit: 1000, cursor }, as: 'operator' }, peopleSchema);
    if (!page.ok) {
      output.say(`Groups are not checked: ${page.problem.message}\n`);
      return undefined;
    }
    for (const person of page.value.items) if (!person.disabled) for (const group of person.groups) groups.add(group);
    cursor = page.value.next;
    if (cursor === undefined) return groups;
  }
}

function show(findings: readonly PlacedFinding[], rules: number, output: Output): void {
  for (const { path, line, code, rule, message, advice } of findings) {
    output.write(
      `${output.paint('yellow', `${printable(path)}:${line}`)} ${code}: ${printable(rule)}: ${printable(message)}\n`,
    );
    output.write(`  ${output.paint('dim', printable(advice))}\n`);
  }
  const told = findings.length === 0 ? output.paint('green', '✓') : output.paint('red', '✗');
  output.write(
    `${told} ${rules} ${rules === 1 ? 'rule' : 'rules'}, ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}\n`,
  );
}
