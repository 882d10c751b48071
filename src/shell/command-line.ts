import type { Access } from '../model/request.ts';
import type { ProgramFacts } from '../model/ssh.ts';

/** What a command line runs, as far as that is certain in every shell of POSIX's kind. */
export interface CommandLine {
  /** Every program that it may run, in the order of the text; what starts another stands in `through` of that. */
  readonly programs: readonly ProgramRun[];
  /** Why anything at all may run, beside `programs`; absent where they are certain. */
  readonly opaque?: string;
}

/** One program, with what it does at most. */
export interface ProgramRun extends ProgramFacts {
  readonly arguments: readonly (string | null)[];
  readonly through: readonly string[];
  /** `unknown` where the name, the program or a word that decides is not known. */
  readonly access: Access;
  readonly flags: readonly ShellFlag[];
  /** Why the access is `unknown`. */
  readonly reason?: string;
}

/** What rules may name in `flags` of what a command runs; docs/reference/policy.md says what each means. */
export type ShellFlag =
  | 'pipe'
  | 'redirect-write'
  | 'background'
  | 'substitution'
  | 'privilege'
  | 'shell'
  | 'interpreter'
  | 'network'
  | 'opaque';
