import type { Operation } from '../model/request.ts';
import type { ProgramFacts } from '../model/ssh.ts';
import type { CommandLine, ProgramRun } from './command-line.ts';

/**
 * The operations of a command: one for each program, and one that is unknown where not all is certain. `kind` and the
 * facts are the protocol's: `exec`, with `{ ssh: { channel: 'exec', user, ...facts } }`, say.
 */
export function programOperations(
  line: CommandLine,
  of: (facts: ProgramFacts) => Pick<Operation, 'kind' | 'ssh' | 'kubernetes'>,
): readonly Operation[] {
  const operations = line.programs.map((run) => operationOf(run, of));
  const { opaque } = line;
  if (opaque === undefined && operations.length > 0) return operations;
  const reason = opaque ?? 'it runs no program';
  return [...operations, { ...NOTHING, ...of({ filesUnknown: true }), access: 'unknown', flags: ['opaque'], reason }];
}

function operationOf(run: ProgramRun, of: (facts: ProgramFacts) => Pick<Operation, 'kind'>): Operation {
  const { access, flags, reason, ...facts } = run;
  return { ...NOTHING, ...of(facts), access, flags, ...(reason === undefined ? {} : { reason }) };
}

const NOTHING = { tables: [], functions: [], hasWhere: true } as const;
