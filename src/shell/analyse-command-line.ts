import { LIMITS } from '../model/limits.ts';
import { knownArgument } from './argument.ts';
import type { CommandLine } from './command-line.ts';
import { drawUp } from './draw-up.ts';
import { parseScript } from './parse-script.ts';
import { NotCertain } from './syntax.ts';
import { OUTSIDE, Walk } from './walk.ts';

/** What runs when a shell is given `text` (`sh -c`), as sshd gives it the command of a channel. */
export function analyseCommandLine(text: string): CommandLine {
  if (Buffer.byteLength(text) > LIMITS.maxCommandLineBytes) return { programs: [], opaque: 'it is too long' };
  return analysed((walk) => walk.script(parseScript(text), OUTSIDE));
}

/** What runs when a program is started with these words, no shell between, as in a container. */
export function analyseArguments(words: readonly string[]): CommandLine {
  const bytes = words.reduce((sum, word) => sum + Buffer.byteLength(word), 0);
  if (bytes > LIMITS.maxCommandLineBytes) return { programs: [], opaque: 'it is too long' };
  return analysed((walk) => walk.program(words.map(knownArgument), OUTSIDE));
}

function analysed(work: (walk: Walk) => void): CommandLine {
  const walk = new Walk();
  try {
    work(walk);
  } catch (cause) {
    if (!(cause instanceof NotCertain)) throw cause;
    return { programs: [], opaque: cause.message };
  }
  return { programs: drawUp(walk) };
}
