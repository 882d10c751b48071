import { parseHereText, parseWord, type WordSource } from './parse-word.ts';
import {
  type AndOr,
  type Assignment,
  type Command,
  NotCertain,
  type Pipeline,
  type Redirect,
  type Script,
  type Word,
} from './syntax.ts';

/** How deep constructs may stand within one another: a few levels each of groups, substitutions and texts of `sh -c`. */
export const MAX_DEPTH = 24;

/** Reads a whole text. Throws `NotCertain` where shells of POSIX's kind may read it differently, or not at all. */
export function parseScript(text: string, { depth = 0, isSubstitution = false } = {}): Script {
  return new ScriptParser(text, depth, { isSubstitution }).whole();
}

const RESERVED =
  /(?:if|then|elif|else|fi|for|while|until|do|done|case|esac|in|function|select|coproc|\{|\}|!)(?=[ \t\n;&|()<>]|$)/y;
const NAMED_RESERVED = new Set(
  'if then elif else fi for while until do done case esac function select coproc { } !'.split(' '),
);

interface HereDocument {
  readonly delimiter: string;
  readonly isStripped: boolean;
  readonly isQuoted: boolean;
  /** Where its text goes. */
  readonly redirect: { use: 'here'; target: Word };
}

class ScriptParser implements WordSource {
  readonly text: string;
  at = 0;
  #depth: number;
  #substitutions: number;
  #pending: HereDocument[] = [];

  constructor(text: string, depth: number, { isSubstitution }: { readonly isSubstitution: boolean }) {
    this.text = text;
    this.#depth = depth;
    this.#substitutions = isSubstitution ? 1 : 0;
  }

  whole(): Script {
    const script = this.#script();
    if (this.at < this.text.length) throw new NotCertain('its grammar is not certain');
    if (this.#pending.length > 0) throw new NotCertain('a here-document has no end');
    return script;
  }

  substitution(): Script {
    if (this.#pending.length > 0) throw new NotCertain('shells differ about here-documents within one another');
    this.#substitutions++;
    const script = this.#script();
    this.#take(')');
    if (this.#pending.length > 0) throw new NotCertain('shells differ about here-documents within one another');
    this.#substitutions--;
    return script;
  }

  inner(text: string): Script {
    if (this.#pending.length > 0) throw new NotCertain('shells differ about here-documents within one another');
    return parseScript(text, { depth: this.#depth + 1, isSubstitution: true });
  }

  nested(work: () => void): void {
    this.#enter();
    work();
    this.#depth--;
  }

  lineEndsInside(): void {
    if (this.#pending.length > 0) throw new NotCertain('shells differ about where a here-document begins');
  }

  /** Lists up to what can be none: the end, a `)`, a word that closes. */
  #script(): Script {
    this.#enter();
    const lists: AndOr[] = [];
    for (;;) {
      this.#blanks({ lines: true });
      if (this.#ends()) break;
      const list = this.#andOr();
      this.#blanks();
      const char = this.#peek();
      lists.push({ ...list, background: char === '&' });
      if (char === '&' || (char === ';' && this.#peek(1) !== ';')) this.at++;
      else if (char !== '\n') break;
    }
    this.#depth--;
    return lists;
  }

  #andOr(): Omit<AndOr, 'background'> {
    const isNegated = this.#reserved() === '!';
    const pipelines = [this.#pipeline()];
    const joins: ('&&' | '||')[] = [];
    for (;;) {
      this.#blanks();
      const sign = this.text.slice(this.at, this.at + 2);
      if (sign !== '&&' && sign !== '||') return { pipelines, joins, isNegated };
      this.at += 2;
      this.#blanks({ lines: true });
      joins.push(sign);
      pipelines.push(this.#pipeline());
    }
  }

  #pipeline(): Pipeline {
    const commands: Command[] = [];
    if (this.#reserved() === '!') this.#word();
    for (;;) {
      this.#blanks();
      commands.push(this.#command());
      this.#blanks();
      if (this.#peek() !== '|' || this.#peek(1) === '|') return commands;
      this.at += this.#peek(1) === '&' ? 2 : 1;
      this.#blanks({ lines: true });
    }
  }

  #command(): Command {
    if (this.#peek() === '(') {
      this.at++;
      if (this.#peek() === '(') throw new NotCertain('arithmetic with names may run commands');
      const scripts = [this.#script()];
      this.#take(')');
      return this.#compound(scripts);
    }
    switch (this.#reserved()) {
      case undefined:
        return this.#simple();
      case '{':
        if (!' \t\n'.includes(this.#peek(1))) throw new NotCertain('its grammar is not certain');
        this.#expect('{');
        return this.#compound([this.#script(), this.#closed('}')]);
      case 'if':
        return this.#condition();
      case 'while':
      case 'until':
        this.#word();
        return this.#compound([this.#script(), this.#after('do'), this.#closed('done')]);
      case 'for':
        return this.#loop();
      case 'case':
        return this.#choice();
      default:
        throw new NotCertain('its grammar is not certain');
    }
  }

  #condition(): Command {
    this.#expect('if');
    const scripts = [this.#script(), this.#after('then')];
    while (this.#reserved() === 'elif') {
      this.#word();
      scripts.push(this.#script(), this.#after('then'));
    }
    if (this.#reserved() === 'else') scripts.push(this.#after('else'));
    this.#expect('fi');
    return this.#compound(scripts);
  }

  #loop(): Command {
    this.#expect('for');
    this.#blanks();
    const name = this.#word();
    if (name.value === undefined || !name.isPlain || !/^[A-Za-z_]\w*$/.test(name.value)) {
      throw new NotCertain('its grammar is not certain');
    }
    const words: Word[] = [];
    this.#blanks({ lines: true });
    if (this.#reserved() === 'in') {
      this.#expect('in');
      for (this.#blanks(); !';\n'.includes(this.#peek()); this.#blanks()) words.push(this.#word());
    }
    if (this.#peek() === ';') this.at++;
    this.#blanks({ lines: true });
    return this.#compound([this.#after('do'), this.#closed('done')], words, [name.value]);
  }

  #choice(): Command {
    if (this.#substitutions > 0) throw new NotCertain('older shells read case in substitutions differently');
    this.#expect('case');
    this.#blanks();
    const words = [this.#word()];
    this.#blanks({ lines: true });
    this.#expect('in');
    const scripts: Script[] = [];
    for (this.#blanks({ lines: true }); this.#reserved() !== 'esac'; this.#blanks({ lines: true })) {
      if (this.#peek() === '(') this.at++;
      for (;;) {
        this.#blanks();
        words.push(this.#word());
        this.#blanks();
        if (this.#peek() !== '|') break;
        this.at++;
      }
      this.#take(')');
      scripts.push(this.#script());
      if (this.text.startsWith(';;', this.at)) this.at += 2;
      else break;
    }
    this.#expect('esac');
    return this.#compound(scripts, words);
  }

  /** What stands behind the last word of a construct. */
  #compound(scripts: readonly Script[], words: readonly Word[] = [], sets: readonly string[] = []): Command {
    const redirects: Redirect[] = [];
    for (;;) {
      this.#blanks();
      const redirect = this.#redirect();
      if (redirect === undefined) return { kind: 'compound', scripts, words, sets, redirects };
      redirects.push(redirect);
    }
  }

  #simple(): Command {
    const assignments: Assignment[] = [];
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    let isAfterBoth = false;
    for (;;) {
      this.#blanks();
      const isBoth = this.#peek() === '&' && this.#peek(1) === '>';
      const redirect = this.#redirect();
      if (redirect !== undefined) {
        redirects.push(redirect);
        isAfterBoth ||= isBoth;
        continue;
      }
      const word = this.#processSubstitution() ?? parseWord(this);
      if (word === undefined) break;
      if (this.#peek(-1) === '}' && '<>'.includes(this.#peek() || '}'))
        throw new NotCertain('shells differ about descriptors');
      if (isAfterBoth) throw new NotCertain('shells differ about &>');
      const assignment = words.length === 0 ? assignmentOf(word) : undefined;
      if (assignment !== undefined) assignments.push(assignment);
      else words.push(word);
      if (words.length === 1 && word.isPlain && NAMED_RESERVED.has(word.value ?? '')) {
        throw new NotCertain('its grammar is not certain');
      }
    }
    if (this.#peek() === '(') return this.#function(words, assignments.length + redirects.length);
    if (assignments.length + words.length + redirects.length === 0) throw new NotCertain('its grammar is not certain');
    return { kind: 'simple', assignments, words, redirects };
  }

  #function(words: readonly Word[], others: number): Command {
    const name = words[0];
    this.at++;
    this.#blanks();
    this.#take(')');
    const isNamed = name?.isPlain === true && /^[A-Za-z_]\w*$/.test(name.value ?? '');
    if (!isNamed || words.length !== 1 || others > 0) throw new NotCertain('its grammar is not certain');
    this.#blanks({ lines: true });
    if (this.#peek() !== '(' && this.#reserved() === undefined) throw new NotCertain('its grammar is not certain');
    const body = this.#command();
    if (body.kind !== 'compound') throw new NotCertain('its grammar is not certain');
    return { kind: 'function', name: name?.value ?? '', body };
  }

  /** `<(…)`, whose program reads or writes what the other one does. */
  #processSubstitution(): Word | undefined {
    const [sign, bracket] = [this.#peek(), this.#peek(1)];
    if (bracket !== '(' || (sign !== '<' && sign !== '>')) return undefined;
    const before = this.#peek(-1);
    if (before !== ' ' && before !== '\t') throw new NotCertain('its grammar is not certain');
    this.at += 2;
    const scripts = [this.substitution()];
    const glued = parseWord(this);
    if (glued !== undefined) throw new NotCertain('its grammar is not certain');
    return { start: '/', isOne: true, bare: '', isPlain: false, scripts, sets: [] };
  }

  #redirect(): Redirect | undefined {
    if (/<\d*-\d*>/y.test(this.text.slice(this.at, this.at + 24)))
      throw new NotCertain('some shells read numbers there');
    const sign = /(\d*)(<<<|<<-|<<|<>|<&|<(?!\()|>>|>\||>&|>(?!\()|&>>|&>)/y;
    sign.lastIndex = this.at;
    const [all, descriptor = '', operator = ''] = sign.exec(this.text) ?? [];
    if (all === undefined) return undefined;
    if (descriptor.length > 1 || (descriptor !== '' && operator.startsWith('&'))) {
      throw new NotCertain('shells differ about descriptors');
    }
    this.at += all.length;
    this.#blanks();
    const target = this.#word();
    if (operator === '<<' || operator === '<<-') return this.#hereDocument(target, operator === '<<-');
    return redirectOf(operator, target);
  }

  #hereDocument({ value, isPlain }: Word, isStripped: boolean): Redirect {
    if (value === undefined || !/^[\w.-]+$/.test(value))
      throw new NotCertain('the end of a here-document is not certain');
    const redirect = { use: 'here' as const, target: textWord('') };
    this.#pending.push({ delimiter: value, isStripped, isQuoted: !isPlain, redirect });
    return redirect;
  }

  /** The texts of here-documents, behind the line that names them. */
  #hereTexts(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const { delimiter, isStripped, isQuoted, redirect } of pending) {
      let text = '';
      for (;;) {
        const end = this.text.indexOf('\n', this.at);
        if (this.at >= this.text.length) throw new NotCertain('a here-document has no end');
        const line = this.text.slice(this.at, end < 0 ? undefined : end);
        const own = isStripped ? line.replace(/^\t+/, '') : line;
        this.at = end < 0 ? this.text.length : end + 1;
        if (own === delimiter) break;
        const isDoubtful = own.trimStart().startsWith(delimiter) || (!isQuoted && line.endsWith('\\'));
        if (isDoubtful || line.includes('\r')) throw new NotCertain('the end of a here-document is not certain');
        text += `${own}\n`;
      }
      redirect.target = isQuoted
        ? textWord(text)
        : parseHereText(new ScriptParser(text, this.#depth + 1, { isSubstitution: true }));
    }
  }

  #word(): Word {
    const word = parseWord(this);
    if (word === undefined) throw new NotCertain('its grammar is not certain');
    return word;
  }

  /** Blanks, comments, joined lines; with `lines` the ends of lines as well. */
  #blanks({ lines = false } = {}): void {
    for (;;) {
      const char = this.#peek();
      if (char === ' ' || char === '\t') this.at++;
      else if (char === '\\' && this.#peek(1) === '\n') {
        this.lineEndsInside();
        this.at += 2;
      } else if (char === '#') {
        const before = this.#peek(-1);
        if (before !== '' && !' \t\n;&|()'.includes(before)) throw new NotCertain('its grammar is not certain');
        const end = this.text.indexOf('\n', this.at);
        this.at = end < 0 ? this.text.length : end;
      } else if (char === '\n' && lines) {
        this.at++;
        this.#hereTexts();
      } else return;
    }
  }

  #reserved(): string | undefined {
    RESERVED.lastIndex = this.at;
    return RESERVED.exec(this.text)?.[0];
  }

  #ends(): boolean {
    const char = this.#peek();
    if (char === '' || char === ')' || char === ';') return true;
    const word = this.#reserved();
    return word !== undefined && ['then', 'elif', 'else', 'fi', 'do', 'done', 'esac', '}'].includes(word);
  }

  #after(word: string): Script {
    this.#expect(word);
    return this.#script();
  }

  #closed(word: string): Script {
    this.#expect(word);
    return [];
  }

  #expect(word: string): void {
    if (this.#reserved() !== word) throw new NotCertain('its grammar is not certain');
    this.at += word.length;
  }

  #take(char: string): void {
    if (this.#peek() !== char) throw new NotCertain('its grammar is not certain');
    this.at++;
  }

  #peek(offset = 0): string {
    return this.text[this.at + offset] ?? '';
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) throw new NotCertain('it is nested too deep');
  }
}

function redirectOf(operator: string, target: Word): Redirect {
  switch (operator) {
    case '<':
      return { use: 'read', target };
    case '<<<':
      return { use: 'here', target };
    case '<>':
      return { use: 'read-write', target };
    case '>>':
    case '&>>':
      return { use: 'append', target };
    case '<&':
    case '>&': {
      const isDescriptor = target.value !== undefined && /^(?:\d|-)$/.test(target.value);
      if (isDescriptor) return { use: 'descriptor', target };
      if (operator === '<&' || target.value === undefined || /^\d/.test(target.value)) {
        throw new NotCertain('shells differ about descriptors');
      }
      return { use: 'write', target };
    }
    default:
      return { use: 'write', target };
  }
}

function assignmentOf(word: Word): Assignment | undefined {
  if (/^[A-Za-z_]\w*\[/.test(word.start) && !word.isPlain) throw new NotCertain('subscripts may run commands');
  const [all = '', name] = /^([A-Za-z_]\w*)\+?=/.exec(word.bare) ?? [];
  if (name === undefined) return undefined;
  const { value, start } = word;
  return {
    name,
    value: {
      ...word,
      ...(value === undefined ? {} : { value: value.slice(all.length) }),
      start: start.slice(all.length),
    },
  };
}

function textWord(value: string): Word {
  return { value, start: value, isOne: true, bare: '', isPlain: false, scripts: [], sets: [] };
}
