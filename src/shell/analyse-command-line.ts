import type { CommandLine } from './command-line.ts';

/** What runs when a shell is given `text` (`sh -c`), as sshd gives it the command of a channel. */
export function analyseCommandLine(_text: string): CommandLine {
  return { programs: [], opaque: 'command lines are not read yet' };
}

/** What runs when a program is started with these words, no shell between, as in a container. */
export function analyseArguments(_words: readonly string[]): CommandLine {
  return { programs: [], opaque: 'command lines are not read yet' };
}
