import type { FileUse } from '../model/ssh.ts';
import { type Argument, argumentOf } from './argument.ts';
import type { ShellFlag } from './command-line.ts';
import { type Files, filesOf, joined, NO_FILES, normalPath } from './files.ts';
import { type Outcome, type Start, unknownOutcome } from './outcome.ts';
import { MAX_DEPTH, parseScript } from './parse-script.ts';
import { knownName, PROGRAMS } from './programs/programs.ts';
import { type AndOr, type Command, NotCertain, type Redirect, type Script, type Word } from './syntax.ts';
import { isComputed } from './variables.ts';

/** One program that may run, before what the rest of the line says of it. */
export interface Draft {
  readonly program?: string;
  readonly words: readonly Argument[];
  readonly outcome: Outcome;
  readonly through: readonly string[];
  readonly flags: readonly ShellFlag[];
  readonly environment: readonly string[];
  /** What its output and input are. */
  readonly redirected: Files & { readonly writes: boolean };
  readonly isPrivileged: boolean;
  /** Relative paths are not those of the shell. */
  readonly isElsewhere: boolean;
  /** Where relative paths begin, where `cd` said so. */
  readonly base?: string;
  /** It calls a function, whose programs stand where it is defined. */
  readonly isFunction?: true;
}

/** Where something stands. */
export interface Place {
  readonly depth: number;
  readonly through: readonly string[];
  readonly flags: readonly ShellFlag[];
  readonly environment: readonly string[];
  readonly isFed: boolean;
  readonly isPrivileged: boolean;
  readonly isElsewhere: boolean;
  readonly base?: string;
}

export const OUTSIDE: Place = {
  depth: 0,
  through: [],
  flags: [],
  environment: [],
  isFed: false,
  isPrivileged: false,
  isElsewhere: false,
};

/** More programs than anybody reads before they approve. */
const MAX_PROGRAMS = 500;

/** Goes through all that may run, in the order of the text. Throws `NotCertain` as the parser does. */
export class Walk {
  readonly drafts: Draft[] = [];
  /** Names of variables that are set anywhere. */
  readonly sets: string[] = [];
  /** Why nothing that the shell starts is certain. */
  upset: string | undefined;
  moves = 0;
  /** Functions of the text itself, defined whatever comes before. */
  readonly #functions = new Set<string>();

  script(script: Script, place: Place): void {
    for (const list of script) {
      this.#list(list, place);
      const [command] = list.pipelines[0] ?? [];
      const isSure = place === OUTSIDE && !list.background && list.pipelines.length === 1;
      if (isSure && command?.kind === 'function') this.#functions.add(command.name);
    }
  }

  #list(list: AndOr, place: Place): void {
    const at: Place = list.background ? withFlags(place, ['background']) : place;
    const isFollowed = !list.isNegated && list.joins.every((join) => join === '&&');
    const folder = isFollowed ? folderOf(list.pipelines[0] ?? []) : undefined;
    const behind = folder === undefined || place.base !== undefined ? at : { ...at, base: folder };
    for (const [index, pipeline] of list.pipelines.entries()) {
      const own = index === 0 ? at : behind;
      const within = pipeline.length > 1 ? withFlags(own, ['pipe']) : own;
      for (const [order, command] of pipeline.entries()) {
        this.#command(command, { ...within, isFed: within.isFed || order > 0 });
      }
    }
  }

  #command(command: Command, place: Place): void {
    switch (command.kind) {
      case 'function':
        // What is behind `cd /x &&` is elsewhere where `cd` itself is another one.
        if (command.name === 'cd') this.moves += 2;
        return this.#command(command.body, place);
      case 'compound': {
        for (const word of command.words) this.#word(word, place);
        for (const name of command.sets) this.#set(name);
        const redirected = this.#redirects(command.redirects, place);
        // What stands in a file goes to whatever runs in it, as if `cat` gave it to them.
        if (redirected.isFound)
          this.#draft({ program: 'cat', words: [], outcome: { access: 'read' }, redirected }, place);
        for (const script of command.scripts) this.script(script, place);
        return;
      }
      case 'simple':
        return this.#simple(command, place);
      default:
        command satisfies never;
    }
  }

  #simple({ assignments, words, redirects }: Extract<Command, { kind: 'simple' }>, place: Place): void {
    for (const word of [...assignments.map(({ value }) => value), ...words]) this.#word(word, place);
    const names = assignments.map(({ name }) => name);
    for (const { name, value } of assignments) this.#set(name, value.value);
    const redirected = this.#redirects(redirects, place);
    const isFed = place.isFed || redirects.some(({ use }) => use === 'here' || use === 'read');
    if (words.length > 0) {
      const at = { ...place, isFed, environment: [...place.environment, ...names] };
      this.program(words.map(argumentOf), at, redirected);
    } else if (redirected.isFound) {
      // Between `$(` and `)` it gives what is in a file, and zsh starts `cat` or `more` wherever it stands.
      this.#draft({ program: 'cat', words: [], outcome: { access: 'read' }, redirected }, place);
    }
  }

  /** A program with its words, and all that it starts. */
  program(words: readonly Argument[], place: Place, redirected: Redirected = NO_REDIRECTS): void {
    if (place.depth > MAX_DEPTH) throw new NotCertain('it is nested too deep');
    const [first, ...rest] = words;
    const program = first?.value;
    if (program === undefined || program === '' || /^[A-Za-z_]\w*\+?=/.test(program)) {
      const outcome = unknownOutcome('which program runs is not known', ['opaque']);
      return this.#draft({ words: [UNKNOWN], outcome, redirected }, place);
    }
    if (this.#functions.has(program) && place.through.length === 0 && !PROGRAMS.has(program)) {
      return this.#draft({ program, words: rest, outcome: { access: 'session' }, redirected, isFunction: true }, place);
    }
    const name = knownName(program);
    const reader = name === undefined ? undefined : PROGRAMS.get(name);
    const outcome =
      name === undefined || reader === undefined
        ? unknownOutcome('what its program does is not known')
        : reader(rest, { name, isFed: place.isFed });
    const { starts = [], sets = [], moves, upsets } = outcome;
    for (const one of sets) this.#set(one);
    if (moves === true) this.moves++;
    this.upset ??= upsets;
    const isOwn = outcome.access !== undefined || redirected.isFound;
    if (isOwn) this.#draft({ program, words: rest, outcome, redirected }, place);
    for (const start of starts) this.#start(start, program, place);
  }

  #start(start: Start, program: string, place: Place): void {
    const { words, script, flags = [], environment = [], isPrivileged = false, isElsewhere = false } = start;
    const at: Place = {
      ...withFlags(place, flags),
      depth: place.depth + 1,
      through: [...place.through, program],
      environment: [...place.environment, ...environment],
      isPrivileged: place.isPrivileged || isPrivileged,
      isElsewhere: place.isElsewhere || isElsewhere,
    };
    if (at.depth > MAX_DEPTH) throw new NotCertain('it is nested too deep');
    if (words !== undefined) this.program(words, at);
    else if (script !== undefined) this.script(parseScript(script, { depth: at.depth }), at);
    else this.program([UNKNOWN], at);
  }

  /** What runs to make a word. */
  #word(word: Word, place: Place): void {
    for (const name of word.sets) this.#set(name);
    for (const script of word.scripts) this.script(script, withFlags(place, ['substitution']));
  }

  #set(name: string, value?: string): void {
    this.sets.push(name);
    if (isComputed(name, value)) this.upset ??= 'a variable is set that shells compute';
  }

  #redirects(redirects: readonly Redirect[], place: Place): Redirected {
    let files: Files = NO_FILES;
    let writes = false;
    for (const { use, target } of redirects) {
      this.#word(target, place);
      if (use === 'here' || use === 'descriptor') continue;
      const { value } = target;
      if (value === '/dev/null' || value === '/dev/stdout' || value === '/dev/stderr') continue;
      if (value?.startsWith('/dev/') === true)
        throw new NotCertain('shells give files below /dev a meaning of their own');
      const uses: readonly FileUse['use'][] = use === 'read-write' ? ['read', 'write'] : [use];
      files = joined(files, ...uses.map((one) => filesOf([argumentOf(target)], one)));
      writes ||= use !== 'read';
    }
    return { ...files, writes, isFound: files.files.length > 0 || files.filesUnknown };
  }

  #draft(
    {
      redirected,
      ...draft
    }: Pick<Draft, 'words' | 'outcome' | 'isFunction'> & { readonly program?: string; readonly redirected: Redirected },
    { depth: _depth, isFed: _isFed, ...place }: Place,
  ): void {
    if (this.drafts.length >= MAX_PROGRAMS) throw new NotCertain('it runs too many programs');
    this.drafts.push({ ...place, ...draft, redirected });
  }
}

type Redirected = Draft['redirected'] & { readonly isFound: boolean };
const NO_REDIRECTS: Redirected = { ...NO_FILES, writes: false, isFound: false };
const UNKNOWN: Argument = { start: '', isOne: false };

function withFlags(place: Place, flags: readonly ShellFlag[]): Place {
  return flags.length === 0 ? place : { ...place, flags: [...new Set([...place.flags, ...flags])] };
}

/** `cd /srv/app`, before what is done there. */
function folderOf(pipeline: readonly Command[]): string | undefined {
  const [command] = pipeline;
  if (pipeline.length !== 1 || command?.kind !== 'simple') return undefined;
  const [name, folder] = command.words.map(({ value }) => value);
  const isPlain = command.words.length === 2 && command.redirects.length === 0 && name === 'cd';
  return isPlain && folder?.startsWith('/') === true ? normalPath(folder) : undefined;
}
