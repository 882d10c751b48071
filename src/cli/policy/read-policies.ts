import { parsePolicies } from '../../policy/parse-policies.ts';
import type { Policy, PolicyProblem } from '../../policy/policy.ts';
import { type DeclaredConfiguration, readConfiguration } from '../../targets/read-configuration.ts';
import { readYamlFiles } from '../apply.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';

export interface ReadPolicies {
  readonly policies: readonly Policy[];
  readonly problems: readonly PolicyProblem[];
  readonly declared: DeclaredConfiguration;
}

/** The policies of files and folders, which may have targets and trust rules too. Throws where there are none. */
export function readPolicies(paths: readonly string[]): ReadPolicies {
  const declared = readConfiguration(readYamlFiles(paths));
  if (declared.problems.length === 0 && declared.sections.policies === undefined) {
    throw new CliError(EXIT.config, `no policies are declared in ${paths.map(printable).join(', ')}`, {
      hint: 'They stand under `policies:` in a file *.yaml or *.yml.',
    });
  }
  const { policies, problems: ofPolicies } = parsePolicies(declared.policyFiles);
  const ofFiles = declared.problems.map(({ file, line, message, advice }) => {
    return { path: file, line, message: `${message}. ${advice}` };
  });
  return { policies, problems: [...ofFiles, ...ofPolicies], declared };
}

export function showProblems(problems: readonly PolicyProblem[], output: Output): void {
  if (output.json) return output.writeJson({ ok: false, problems });
  for (const { path, line, message } of problems) {
    output.write(`${output.paint('red', `${printable(path)}:${line}`)} ${printable(message)}\n`);
  }
}

/** For an option that may be given more than once. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
