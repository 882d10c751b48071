import { type Argument, knownArgument, mayBeOption } from './argument.ts';

/** The options of a program, in getopt's way: `n:` has a value, `n` none; `long:` and `long` the same. */
export interface OptionGrammar {
  readonly short: ReadonlySet<string>;
  readonly shortWithValue: ReadonlySet<string>;
  readonly long: ReadonlySet<string>;
  readonly longWithValue: ReadonlySet<string>;
  /** Options end at the first word that is none. */
  readonly stopsEarly: boolean;
  /** `-5` is an option, too. */
  readonly takesNumbers: boolean;
}

export interface ReadOptions {
  readonly options: readonly { readonly name: string; readonly value?: Argument }[];
  readonly operands: readonly Argument[];
  /** False where a word may be an option that the grammar does not have. */
  readonly isCertain: boolean;
}

/**
 * `optionGrammar('n:qv lines: quiet +')`: short ones, long ones, `+` where they end at the first operand, `#` for numbers.
 * A long one that stands there twice (`color color:`) has a value behind its `=` alone.
 */
export function optionGrammar(text: string): OptionGrammar {
  const [shorts = '', ...longs] = text.split(' ');
  const short = [...shorts.matchAll(/([^:+#])(:?)/g)].map(([, name = '', colon]) => [name, colon === ':'] as const);
  const long = longs
    .filter((one) => /^[a-z]/.test(one))
    .map((one) => [one.replace(':', ''), one.endsWith(':')] as const);
  const names = (all: readonly (readonly [string, boolean])[], hasValue: boolean): ReadonlySet<string> =>
    new Set(all.filter(([, has]) => has === hasValue).map(([name]) => name));
  return {
    short: names(short, false),
    shortWithValue: names(short, true),
    long: names(long, false),
    longWithValue: names(long, true),
    stopsEarly: longs.includes('+'),
    takesNumbers: longs.includes('#'),
  };
}

/** Takes a program's words apart. What is not in the grammar makes it uncertain, and stands nowhere. */
export function readOptions(words: readonly Argument[], grammar: OptionGrammar): ReadOptions {
  const options: { name: string; value?: Argument }[] = [];
  const operands: Argument[] = [];
  let isCertain = true;
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    if (word === undefined) break;
    const { value } = word;
    if (value === '--') {
      operands.push(...words.slice(index + 1));
      break;
    }
    if (!mayBeOption(word)) {
      if (grammar.stopsEarly) {
        operands.push(...words.slice(index));
        break;
      }
      operands.push(word);
      continue;
    }
    if (value === undefined) {
      isCertain = false;
      operands.push(word);
      if (grammar.stopsEarly) break;
      continue;
    }
    const found = value.startsWith('--') ? longOption(value, grammar) : shortOptions(value, grammar);
    if (found === undefined) {
      isCertain = false;
      continue;
    }
    options.push(...found.options);
    if (found.wants === undefined) continue;
    index++;
    const next = words[index];
    if (next === undefined || !next.isOne) isCertain = false;
    options.push({ name: found.wants, ...(next === undefined ? {} : { value: next }) });
  }
  return { options, operands, isCertain };
}

interface Found {
  readonly options: readonly { readonly name: string; readonly value?: Argument }[];
  /** The one whose value is the next word. */
  readonly wants?: string;
}

/** Exact names alone: what is shortened may be another one elsewhere. */
function longOption(text: string, { long, longWithValue }: OptionGrammar): Found | undefined {
  const equals = text.indexOf('=');
  const name = text.slice(2, equals < 0 ? undefined : equals);
  if (longWithValue.has(name) && (equals >= 0 || !long.has(name))) {
    if (equals < 0) return { options: [], wants: name };
    return { options: [{ name, value: knownArgument(text.slice(equals + 1)) }] };
  }
  return long.has(name) && equals < 0 ? { options: [{ name }] } : undefined;
}

function shortOptions(text: string, grammar: OptionGrammar): Found | undefined {
  if (grammar.takesNumbers && /^-\d+$/.test(text)) return { options: [] };
  const options: { name: string; value?: Argument }[] = [];
  for (let at = 1; at < text.length; at++) {
    const name = text[at] ?? '';
    if (grammar.shortWithValue.has(name)) {
      const rest = text.slice(at + 1);
      if (rest === '') return { options, wants: name };
      return { options: [...options, { name, value: knownArgument(rest) }] };
    }
    if (!grammar.short.has(name)) return undefined;
    options.push({ name });
  }
  return { options };
}
