import type { Problem } from '../model/declaration.ts';
import { Fault } from '../model/fault.ts';

/** The files cannot be applied: a `Fault` of code `config-invalid` with every problem found. */
export class ConfigurationInvalid extends Fault {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('config-invalid', problems.map(describeProblem).join('\n'));
    this.name = 'ConfigurationInvalid';
    this.problems = problems;
  }
}

export function describeProblem({ file, line, message, advice }: Problem): string {
  return `${file}:${line}: ${message}. ${advice}`;
}
