import { NotCertain, type Script, type Word } from './syntax.ts';

/** What reads the words of one text; where the script goes on is the parser's own. */
export interface WordSource {
  readonly text: string;
  at: number;
  /** Reads a script up to a `)`, and that. */
  substitution(): Script;
  /** Reads a text of its own. */
  inner(text: string): Script;
  /** Does something one level deeper. */
  nested(work: () => void): void;
  /** A line ends within quotes or a word. */
  lineEndsInside(): void;
}

/** What ends a word outside of quotes (XCU, 2.3). */
const ENDS = new Set([' ', '\t', '\n', ';', '|', '&', '(', ')', '<', '>', '']);

/** Reads a word that begins here; one without characters is none, and undefined. */
export function parseWord(source: WordSource): Word | undefined {
  const word = new WordBuilder();
  const begin = source.at;
  for (;;) {
    const char = source.text[source.at] ?? '';
    if (ENDS.has(char)) break;
    unquoted(source, word, char, source.at === begin);
  }
  if (source.at === begin) return undefined;
  const isNumber = /^(?:\$[?#]|"\$[?#]")$/.test(source.text.slice(begin, source.at));
  return isNumber ? { ...word.done(), isNumber } : word.done();
}

/** The text of a here-document whose delimiter has no quotes: what is expanded in it, and nothing else, counts. */
export function parseHereText(source: WordSource): Word {
  const word = new WordBuilder();
  word.quote();
  while (source.at < source.text.length) quoted(source, word, 'here');
  return word.done();
}

function unquoted(source: WordSource, word: WordBuilder, char: string, isFirst: boolean): void {
  const { text } = source;
  const next = text[source.at + 1] ?? '';
  source.at++;
  switch (char) {
    case '\\':
      return escaped(source, word, next);
    case "'":
      return singleQuotes(source, word);
    case '"':
      word.quote();
      return doubleQuotes(source, word);
    case '$':
      return dollar(source, word, 'bare');
    case '`':
      return backquotes(source, word, 'bare');
    case '~':
      if (isFirst) word.unknown({ isOne: true, start: '/' });
      else word.literal(char);
      return;
    case '=':
      if (isFirst && !ENDS.has(next) && next !== '=') word.unknown({ isOne: false, start: '' });
      else word.literal(char);
      return;
    case '*':
    case '?':
      word.unknown({ isOne: false, start: 'kept' });
      return;
    case '[':
      if (isFirst && (ENDS.has(next) || (next === '[' && ENDS.has(text[source.at + 1] ?? '')))) word.literal(char);
      else if (word.text === '[' && ENDS.has(next)) word.literal(char);
      else word.unknown({ isOne: false, start: 'kept' });
      return;
    case '{':
    case '}':
      return braces(source, word, char, next);
    default:
      if (char < '!' || char > '~')
        throw new NotCertain('a character outside of quotes that shells may read as another one');
      word.literal(char);
  }
}

function escaped(source: WordSource, word: WordBuilder, next: string): void {
  if (next === '') throw new NotCertain('it ends within an escape');
  source.at++;
  if (next === '\n') {
    source.lineEndsInside();
    return;
  }
  if (next < ' ' || next > '~')
    throw new NotCertain('a character outside of quotes that shells may read as another one');
  word.quote();
  word.literal(next);
}

function singleQuotes(source: WordSource, word: WordBuilder): void {
  const end = source.text.indexOf("'", source.at);
  if (end < 0) throw new NotCertain('a quote has no end');
  const content = source.text.slice(source.at, end);
  if (content.endsWith('\\')) throw new NotCertain('shells differ about a backslash before a quote');
  if (content.includes('\u0000') || content.includes('\ufffd')) throw new NotCertain('a character that is none');
  if (content.includes('\n')) source.lineEndsInside();
  word.quote();
  word.literal(content);
  source.at = end + 1;
}

function doubleQuotes(source: WordSource, word: WordBuilder): void {
  for (;;) {
    const char = source.text[source.at];
    if (char === undefined) throw new NotCertain('a quote has no end');
    if (char === '"') break;
    quoted(source, word, 'double');
  }
  source.at++;
}

/** One character, escape or expansion between double quotes, or in a here-document. */
function quoted(source: WordSource, word: WordBuilder, where: 'double' | 'here'): void {
  const char = source.text[source.at] ?? '';
  const next = source.text[source.at + 1] ?? '';
  source.at++;
  if (char === '$') return dollar(source, word, where);
  if (char === '`') return backquotes(source, word, where);
  if (char === '\n') source.lineEndsInside();
  if (char === '\u0000' || char === '\ufffd') throw new NotCertain('a character that is none');
  if (char > '~' && (next === '\\' || next === '`')) {
    throw new NotCertain('what follows a character beyond ASCII may be part of it');
  }
  if (char !== '\\') return word.literal(char);
  if (next === '\n') source.lineEndsInside();
  const isEscape =
    next !== '' &&
    (next === '$' || next === '`' || next === '\\' || next === '\n' || (next === '"' && where === 'double'));
  if (!isEscape) return word.literal(char);
  source.at++;
  if (next !== '\n') word.literal(next);
}

/** `{}` stands for itself everywhere; what else has braces may be several words, or none that shells agree on. */
function braces(source: WordSource, word: WordBuilder, char: string, next: string): void {
  if (char === '{' && next === '}') {
    source.at++;
    word.literal('{}');
    return;
  }
  word.unknown({ isOne: false, start: 'kept' });
}

type Where = 'bare' | 'double' | 'here';

/** What follows a `$` (XCU, 2.6). */
function dollar(source: WordSource, word: WordBuilder, where: Where): void {
  const { text } = source;
  const char = text[source.at] ?? '';
  const isQuoted = where !== 'bare';
  if (/[A-Za-z_]/.test(char)) {
    source.at = endOf(text, source.at, /\w*/y);
    withoutSubscript(source);
    return word.unknown({ isOne: isQuoted, start: isQuoted ? 'kept' : '' });
  }
  if (char !== '' && '0123456789@*#?-$!'.includes(char)) {
    source.at++;
    withoutSubscript(source);
    // zsh counts what a name behind it has.
    if (char === '#' && /[A-Za-z_]/.test(text[source.at] ?? ''))
      throw new NotCertain('shells differ about what follows a $');
    const isOne = isQuoted && char !== '@';
    return word.unknown({ isOne, start: isOne ? 'kept' : '' });
  }
  switch (char) {
    case '{':
      return parameter(source, word, where);
    case '(':
      source.at++;
      if (text[source.at] === '(') return arithmetic(source, word);
      word.scripts.push(source.substitution());
      return word.unknown({ isOne: isQuoted, start: isQuoted ? 'kept' : '' });
    case "'":
      if (!isQuoted) return ansiQuotes(source, word);
      return word.literal('$');
    case '"':
      if (where !== 'bare') return word.literal('$');
      source.at++;
      word.unknown({ isOne: true, start: 'kept' });
      return doubleQuotes(source, word);
    default:
      if (char === '' || ' \t\n/)|.,%'.includes(char)) return word.literal('$');
      throw new NotCertain('shells differ about what follows a $');
  }
}

/** zsh and fish read `$x[…]` as an expression, between double quotes as well, and what that names may run commands. */
function withoutSubscript({ text, at }: WordSource): void {
  if (text[at] === '[') throw new NotCertain('some shells read a subscript there');
}

/** `$'…'`: some shells know escapes in it, others none; where it ends is the same in all of them as long as no quote is escaped. */
function ansiQuotes(source: WordSource, word: WordBuilder): void {
  const end = source.text.indexOf("'", source.at + 1);
  if (end < 0) throw new NotCertain('a quote has no end');
  const content = source.text.slice(source.at + 1, end);
  if (content.endsWith('\\')) throw new NotCertain('shells differ about a backslash before a quote');
  if (content.includes('\n')) source.lineEndsInside();
  source.at = end + 1;
  word.unknown({ isOne: true, start: '' });
}

function arithmetic(source: WordSource, word: WordBuilder): void {
  const end = endOf(source.text, source.at, /\([0-9 \t+*/%<>=!&|^~?:-]*\)\)/y);
  if (end === source.at) throw new NotCertain('arithmetic with names may run commands');
  source.at = end;
  word.unknown({ isOne: true, start: '' });
}

/** `${…}`: a name, and what stands for it where it has no value, as far as shells agree on it. */
function parameter(source: WordSource, word: WordBuilder, where: Where): void {
  const head = /\{(?:#(?=[A-Za-z_]))?([A-Za-z_]\w*|\d{1,9}|[@*#?$!-])(:?[-=?+]|%%?|##?)?/y;
  head.lastIndex = source.at;
  const [all = '', name = '', operator] = head.exec(source.text) ?? [];
  if (all === '') throw new NotCertain('a parameter that shells may read differently');
  source.at += all.length;
  if (operator?.includes('=') === true) word.sets.push(name);
  while (source.text[source.at] !== '}') {
    const char = source.text[source.at] ?? '';
    if (operator === undefined || char === '') throw new NotCertain('a parameter that shells may read differently');
    source.at++;
    if (char === '$') source.nested(() => dollar(source, word, 'bare'));
    else if (!/[\w./:,@%+=~ *?-]/.test(char)) throw new NotCertain('a parameter that shells may read differently');
  }
  source.at++;
  const isOne = where !== 'bare' && name !== '@';
  word.unknown({ isOne, start: isOne ? 'kept' : '' });
}

/** Escapes in backquotes are read twice, and shells do so differently. */
function backquotes(source: WordSource, word: WordBuilder, where: Where): void {
  const end = source.text.indexOf('`', source.at);
  if (end < 0) throw new NotCertain('a quote has no end');
  const content = source.text.slice(source.at, end);
  if (content.includes('\\')) throw new NotCertain('shells differ about escapes in backquotes');
  if (where === 'double' && content.includes('"')) throw new NotCertain('shells differ about quotes in backquotes');
  if (content.includes('\n')) source.lineEndsInside();
  source.at = end + 1;
  word.scripts.push(source.inner(content));
  const isQuoted = where !== 'bare';
  word.unknown({ isOne: isQuoted, start: isQuoted ? 'kept' : '' });
}

function endOf(text: string, at: number, pattern: RegExp): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}

/** Collects what a word is made of. */
class WordBuilder {
  readonly scripts: Script[] = [];
  readonly sets: string[] = [];
  text = '';
  #start: string | undefined;
  #bare: string | undefined;
  #isKnown = true;
  #isOne = true;
  #isPlain = true;
  #splits = false;

  literal(text: string): void {
    this.text += text;
  }

  quote(): void {
    this.#bare ??= this.text;
    this.#isPlain = false;
  }

  /** `start` is what it begins with where it is the first part; `kept` where what stood before it stays the beginning. */
  unknown({ isOne, start }: { readonly isOne: boolean; readonly start: string }): void {
    this.quote();
    this.#start ??= start === 'kept' || this.text !== '' ? this.text : start;
    this.#splits ||= !isOne && start === '';
    this.#isKnown = false;
    this.#isOne &&= isOne;
  }

  done(): Word {
    const common = { isOne: this.#isOne, bare: this.#bare ?? this.text, isPlain: this.#isPlain };
    const made = { scripts: this.scripts, sets: this.sets };
    if (this.#isKnown) return { ...common, ...made, value: this.text, start: this.text };
    return { ...common, ...made, start: this.#splits ? '' : (this.#start ?? '') };
  }
}
