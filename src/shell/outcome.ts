import type { Access } from '../model/request.ts';
import type { FileUse } from '../model/ssh.ts';
import type { Argument } from './argument.ts';
import type { ShellFlag } from './command-line.ts';

/** What a program does with its words. */
export interface Outcome {
  /** Absent of what only starts another one. */
  readonly access?: Access;
  readonly files?: readonly FileUse[];
  readonly filesUnknown?: boolean;
  readonly flags?: readonly ShellFlag[];
  /** Why the access is `unknown`. */
  readonly reason?: string;
  /** What it starts. */
  readonly starts?: readonly Start[];
  /** Variables that it sets for the shell. */
  readonly sets?: readonly string[];
  /** Why nothing that the shell starts is certain any more. */
  readonly upsets?: string;
  /** Paths mean others from here on. */
  readonly moves?: boolean;
}

export interface Start {
  /** A program and its words, or a text for a shell; neither where it is not known. */
  readonly words?: readonly Argument[];
  readonly script?: string;
  /** It becomes somebody else, or stands elsewhere. */
  readonly isPrivileged?: boolean;
  /** Not in the directory of the shell. */
  readonly isElsewhere?: boolean;
  /** Variables that are set for it. */
  readonly environment?: readonly string[];
  /** Why what it starts is not known. */
  readonly reason?: string;
  readonly flags?: readonly ShellFlag[];
}

/** How a program's words are read. */
export type Reader = (words: readonly Argument[], at: ReaderContext) => Outcome;

export interface ReaderContext {
  readonly name: string;
  /** Its input is what another program writes, or a text of the command line. */
  readonly isFed: boolean;
}

export function unknownOutcome(reason: string, flags: readonly ShellFlag[] = []): Outcome {
  return { access: 'unknown', reason, flags, filesUnknown: true };
}
