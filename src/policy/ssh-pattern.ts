import type { Operation } from '../model/request.ts';
import type { RefUpdate, SshChannel, SshFacts } from '../model/ssh.ts';
import type { Aspect } from './column-aspects.ts';
import { compileGlob } from './glob.ts';
import { type AskedProgram, extentOf, type ProgramPattern, programQuestions, together } from './program-pattern.ts';

/** What a rule says of what is asked of an SSH host; all keys must match, and a key matches when one of its values does. */
export interface SshPattern extends ProgramPattern {
  readonly channels?: readonly SshChannel[];
  /** Patterns of logins at the host. */
  readonly users?: readonly string[];
  /** Patterns of git's repositories as they are named. */
  readonly repositories?: readonly string[];
  /** A permit covers only a push whose refs all match. */
  readonly refs?: readonly RefPattern[];
  /** Patterns of where a forwarding leads; `*` stands for anything but `.`. */
  readonly hosts?: readonly string[];
  /** `443`, `8000-8999`. */
  readonly ports?: readonly string[];
}

export interface RefPattern {
  /** `refs/heads/main`; `*` stands for anything but `/`. */
  readonly name: string;
  readonly actions?: readonly RefUpdate['action'][];
}

/** How much of an operation lies within an `ssh` pattern. */
export function compileSshPattern(pattern: SshPattern, effect: 'permit' | 'deny'): (operation: Operation) => Aspect {
  const asked = [
    pattern.channels && one('channel', pattern.channels, '', ({ channel }) => channel),
    pattern.users && one('user', pattern.users, '', ({ user }) => user),
    pattern.repositories && one('repository', pattern.repositories, '/', ({ repository }) => repository),
    pattern.refs && refsQuestion(pattern.refs),
    pattern.hosts && one('host', pattern.hosts, '.', ({ host }) => host),
    pattern.ports && portQuestion(pattern.ports),
    ...programQuestions(pattern, effect).map((question) => (facts: SshFacts) => question(askedProgram(facts))),
  ].filter((question) => question !== undefined);
  return (operation) => {
    const { ssh } = operation;
    if (ssh === undefined) return { extent: 'none', why: 'it is not asked of an SSH host' };
    return together(asked.map((question) => question(ssh, operation)));
  };
}

/** True of what runs a program, known or not: a terminal runs any. */
export function runs({ channel, program }: SshFacts): boolean {
  return channel === 'exec' || channel === 'shell' || program !== undefined;
}

/** What runs and nobody can name may use any file. */
function askedProgram(facts: SshFacts): AskedProgram {
  const isProgram = runs(facts);
  const isUnknown = isProgram && facts.program === undefined;
  return { facts: isUnknown ? { ...facts, filesUnknown: true } : facts, isProgram };
}

type Question = (facts: SshFacts, operation: Operation) => Aspect;

function one(
  what: string,
  values: readonly string[],
  separator: string,
  of: (facts: SshFacts) => string | undefined,
): Question {
  const globs = values.map((value) => compileGlob(value, separator));
  return (facts) => {
    const value = of(facts);
    const isWithin = value !== undefined && globs.some((matches) => matches(value));
    return isWithin ? { extent: 'all', why: '' } : { extent: 'none', why: `its ${what} is another one` };
  };
}

/** A push whose refs nobody can tell may be of any. */
function refsQuestion(patterns: readonly RefPattern[]): Question {
  const compiled = patterns.map(({ name, actions }) => {
    const matches = compileGlob(name, '/');
    return (ref: RefUpdate) => matches(ref.name) && (actions === undefined || actions.includes(ref.action));
  });
  return ({ channel, refs }, { access }) => {
    if (refs === undefined) {
      const isPush = channel === 'git' && access !== 'read';
      return isPush ? { extent: 'some', why: 'its refs are not known' } : { extent: 'none', why: 'it changes no refs' };
    }
    const matching = refs.filter((ref) => compiled.some((matches) => matches(ref)));
    const extent = extentOf(
      refs.map(({ name }) => name),
      (name) => matching.some((ref) => ref.name === name),
    );
    return { extent, why: extent === 'none' ? 'its refs are others' : 'it changes refs outside of the rule' };
  };
}

export function portQuestion(values: readonly string[]): (facts: { readonly port?: number }) => Aspect {
  const isWithin = compileRanges(values);
  return ({ port }) =>
    port !== undefined && isWithin(port)
      ? { extent: 'all', why: '' }
      : { extent: 'none', why: 'its port is another one' };
}

/** Numbers and ranges of them: `443`, `8000-8999`. */
export function compileRanges(values: readonly string[]): (value: number) => boolean {
  const ranges = values.map((value) => {
    const [from = '', to = from] = value.split('-');
    return [Number(from), Number(to)] as const;
  });
  return (value) => ranges.some(([from, to]) => value >= from && value <= to);
}
