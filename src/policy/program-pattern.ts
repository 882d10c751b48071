import type { FileUse, ProgramFacts } from '../model/ssh.ts';
import type { Aspect, Extent } from './column-aspects.ts';
import { compileGlob } from './glob.ts';

/** What a rule says of a program that a command runs; all keys must match, and a key matches when one of its values does. */
export interface ProgramPattern {
  /** Patterns of names: `cat` is the host's own, wherever that is kept; `/opt/tool/bin/*` one at its path. */
  readonly programs?: readonly string[];
  /** Patterns of the words after it, wherever they stand; a permit covers only a program whose words all match. */
  readonly arguments?: readonly string[];
  /** A permit covers only a program whose files all match. */
  readonly files?: readonly FilePattern[];
  /** Patterns of names of variables that are set for it. */
  readonly environment?: readonly string[];
}

export interface FilePattern {
  /** `*` stands for anything but `/`, `**` for anything. One that begins with no `/` means the directory of the login. */
  readonly path: string;
  /** What is done to it; anything where absent. */
  readonly uses?: readonly FileUse['use'][];
}

export const PROGRAM_UNKNOWN = 'which program runs is not known, so it may bind and does not permit';
export const ARGUMENTS_UNKNOWN = 'its words are not all known, so it may bind and does not permit';
export const FILES_UNKNOWN = 'its files are not all known, so it may bind and does not permit';

/** Of facts that may be of no program at all (`isProgram` false): then they are about none. */
export interface AskedProgram {
  readonly facts: ProgramFacts;
  /** False of what runs none: a file of SFTP. Its files are asked for all the same. */
  readonly isProgram: boolean;
}

export type ProgramQuestion = (asked: AskedProgram) => Aspect;

export function programQuestions(pattern: ProgramPattern, effect: 'permit' | 'deny'): readonly ProgramQuestion[] {
  const { programs, arguments: words, files, environment } = pattern;
  return [
    ...(programs === undefined ? [] : [programQuestion(programs)]),
    ...(words === undefined ? [] : [wordsQuestion(words)]),
    ...(files === undefined ? [] : [filesQuestion(files, effect)]),
    ...(environment === undefined ? [] : [environmentQuestion(environment)]),
  ];
}

/** The strictest of what is found: none of it, some of it, all of it. */
export function together(found: readonly Aspect[]): Aspect {
  return (
    found.find(({ extent }) => extent === 'none') ??
    found.find(({ extent }) => extent === 'some') ?? { extent: 'all', why: '' }
  );
}

/** Where the programs of a system are kept: what is named with one of these is the one that is named without. */
const SYSTEM = /^\/(?:usr\/(?:local\/)?)?s?bin\/([^/]+)$/;

/** A name that some path ends with may be the program of that name; only where the system keeps its own, it surely is. */
function programQuestion(patterns: readonly string[]): ProgramQuestion {
  const globs = patterns.map((pattern) => compileGlob(pattern, '/'));
  const matches = (name: string): boolean => globs.some((glob) => glob(name));
  return ({ facts: { program }, isProgram }) => {
    if (!isProgram) return { extent: 'none', why: 'it runs no program' };
    if (program === undefined) return { extent: 'some', why: PROGRAM_UNKNOWN };
    if (matches(program) || matches(SYSTEM.exec(program)?.[1] ?? program)) return ALL;
    const last = program.slice(program.lastIndexOf('/') + 1);
    if (matches(last) || (!program.includes('/') && patterns.some((one) => endsWith(one, program)))) {
      return { extent: 'some', why: `${last} may be another program there` };
    }
    return { extent: 'none', why: 'its program is another one' };
  };
}

/** A path may be what is meant by the name that it ends with. */
function endsWith(pattern: string, name: string): boolean {
  const slash = pattern.lastIndexOf('/');
  return slash >= 0 && compileGlob(pattern.slice(slash + 1), '')(name);
}

function wordsQuestion(patterns: readonly string[]): ProgramQuestion {
  const globs = patterns.map((pattern) => compileGlob(pattern, ''));
  return ({ facts, isProgram }) => {
    if (!isProgram) return { extent: 'none', why: 'it runs no program' };
    const { arguments: words = [null] } = facts;
    const known = words.filter((word) => word !== null);
    const extent = extentOf(known, (word) => globs.some((matches) => matches(word)));
    if (known.length < words.length) return { extent: 'some', why: ARGUMENTS_UNKNOWN };
    return { extent, why: extent === 'none' ? 'its words are others' : 'it has words outside of the rule' };
  };
}

function environmentQuestion(patterns: readonly string[]): ProgramQuestion {
  const globs = patterns.map((pattern) => compileGlob(pattern, ''));
  return ({ facts: { environment = [] } }) => {
    const extent = extentOf(environment, (name) => globs.some((matches) => matches(name)));
    return { extent, why: extent === 'none' ? 'it sets other variables' : 'it sets variables outside of the rule' };
  };
}

/** A program that uses no file at all uses none outside of a permit. */
function filesQuestion(patterns: readonly FilePattern[], effect: 'permit' | 'deny'): ProgramQuestion {
  const compiled = patterns.map(compileFile);
  return ({ facts: { files = [], filesUnknown }, isProgram }) => {
    const isFree = effect === 'permit' && isProgram;
    const isSure = (files.length > 0 || isFree) && files.every((file) => compiled.some(({ certain }) => certain(file)));
    if (filesUnknown === true) return { extent: 'some', why: FILES_UNKNOWN };
    if (isSure) return ALL;
    const isPossible = files.some((file) => compiled.some(({ possible }) => possible(file)));
    if (!isPossible) return { extent: 'none', why: 'it uses none of the files of the rule' };
    return { extent: 'some', why: 'it uses, or may use, files outside of the rule' };
  };
}

/** What permits, and what is enough to bind. */
interface CompiledFile {
  certain(file: FileUse): boolean;
  possible(file: FileUse): boolean;
}

/** No path of a host is so named: what stands anywhere below a folder. */
const BELOW = '/\u{10ffff}/\u{10ffff}';

function compileFile({ path, uses }: FilePattern): CompiledFile {
  const within = compileGlob(path, '/');
  // `/srv/**` is the folder, too.
  const folder = path.endsWith('/**') ? compileGlob(path.slice(0, -3), '/') : undefined;
  const matches = (text: string): boolean => within(text) || folder?.(text) === true;
  const ending = compileGlob(path.slice(path.lastIndexOf('/') + 1), '');
  const start = path.split('*', 1)[0] ?? '';
  const isMeant = ({ use }: FileUse): boolean => uses === undefined || uses.includes(use);
  const isRelative = (text: string): boolean => !text.startsWith('/') && !text.startsWith('**');
  return {
    certain: (file) =>
      isMeant(file) &&
      matches(file.path) &&
      isRelative(path) === isRelative(file.path) &&
      !file.path.split('/').includes('..') &&
      (file.recursive !== true || matches(`${file.path === '/' ? '' : file.path}${BELOW}`)),
    possible: (file) => {
      if (!isMeant(file)) return false;
      if (matches(file.path)) return true;
      // What is meant by a relative path hangs on where it is used from.
      if (isRelative(file.path) !== isRelative(path)) {
        return file.recursive === true || path.endsWith('*') || ending(lastOf(file.path)) || file.path.includes('..');
      }
      if (file.path.split('/').includes('..')) return true;
      if (file.recursive !== true) return false;
      const below = file.path.endsWith('/') ? file.path : `${file.path}/`;
      return start.startsWith(below) || below.startsWith(start) || file.path === '.';
    },
  };
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Of several values those that match bind; only where all do, the rule covers them. */
export function extentOf(values: readonly string[], matches: (value: string) => boolean): Extent {
  const matching = values.filter(matches).length;
  if (matching === 0) return 'none';
  return matching === values.length ? 'all' : 'some';
}

const ALL: Aspect = { extent: 'all', why: '' };
