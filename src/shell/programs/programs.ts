import type { Reader } from '../outcome.ts';
import { BUILTINS } from './builtins.ts';
import { find } from './find.ts';
import { HOSTS } from './hosts.ts';
import { LANGUAGES } from './languages.ts';
import { READING } from './reading.ts';
import { STARTING } from './starting.ts';
import { WRITING } from './writing.ts';

/** What is known of programs, by their names; the shell's own come before others of their name. */
export const PROGRAMS: ReadonlyMap<string, Reader> = new Map(
  Object.entries({ ...READING, ...WRITING, ...HOSTS, ...LANGUAGES, ...STARTING, find, ...BUILTINS }),
);

/** Where the programs of a system are kept. */
const SYSTEM = /^\/(?:usr\/(?:local\/)?)?s?bin\/([^/]+)$/;

/** The name under which a program is known; undefined of one that is kept elsewhere. */
export function knownName(program: string): string | undefined {
  if (!program.includes('/')) return program;
  return SYSTEM.exec(program)?.[1];
}
