import type { Argument } from '../argument.ts';
import { type Outcome, type Reader, unknownOutcome } from '../outcome.ts';

const UPSETS: Outcome = {
  access: 'unknown',
  reason: 'it changes how the shell reads what follows',
  upsets: 'it changes how the shell reads what follows',
};

/** `export NAME=value`: names that are set, all of them known. */
const declaring: Reader = (words) => {
  const sets: string[] = [];
  for (const word of words) {
    const { value, start, isOne } = word;
    if (value !== undefined && /^-[xrgp]+$/.test(value)) continue;
    const name = /^[A-Za-z_]\w*(?=\+?=|$)/.exec(value ?? '')?.[0] ?? /^([A-Za-z_]\w*)\+?=/.exec(start)?.[1];
    if (name === undefined || !isOne) return UPSETS;
    sets.push(name);
  }
  return { access: 'session', sets };
};

/** `read NAME …`: the first words are options that give no name. */
const reads: Reader = (words) => {
  const sets: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const value = words[at]?.value;
    if (value === undefined) return UPSETS;
    if (/^-[rse]+$/.test(value)) continue;
    if (/^-[rs]*[ptndNu]$/.test(value)) {
      const next: Argument | undefined = words[++at];
      if (next?.isOne !== true || next.value === undefined) return UPSETS;
      // Numbers are expressions in some shells (zsh, mksh), which may run commands.
      if (/[tnNu]$/.test(value) && !/^\d{1,9}(?:\.\d{1,9})?$/.test(next.value)) return UPSETS;
      // Of some shells the option has no value, and this is a name.
      if (/^[A-Za-z_]/.test(next.value)) sets.push(next.value);
      continue;
    }
    if (!/^[A-Za-z_]\w*$/.test(value)) return UPSETS;
    sets.push(value);
  }
  return { access: 'session', sets };
};

const set: Reader = (words) => {
  for (let at = 0; at < words.length; at++) {
    const value = words[at]?.value;
    if (value === '--') return { access: 'session' };
    if (value === undefined) return UPSETS;
    if (/^[-+][euxfC]*o$/.test(value)) {
      const option = words[++at]?.value;
      if (option === undefined || !/^(?:pipefail|errexit|nounset|xtrace|noglob|noclobber)$/.test(option)) return UPSETS;
    } else if (!/^[-+][euxfC]+$/.test(value)) {
      return value.startsWith('-') || value.startsWith('+') ? UPSETS : { access: 'session' };
    }
  }
  return { access: 'session' };
};

/** `printf -v NAME` sets a variable in some shells, and writes in others; numbers are expressions in some (ksh93, zsh). */
const printf: Reader = (words) => {
  const [format, ...rest] = words[0]?.value === '--' ? words.slice(1) : words;
  const isFormat = format?.isOne === true && format.start !== '' && !format.start.startsWith('-');
  if (!isFormat && format?.value !== '') return UPSETS;
  const isText = format.value !== undefined && !/[%\\]/.test(format.value.replaceAll(PLAIN_FORMAT, ''));
  const areNumbers = rest.every(({ value = 'none', isNumber }) => isNumber || /^[-+]?\d*(?:\.\d+)?$/.test(value));
  return isText || areNumbers ? { access: 'read' } : UPSETS;
};

/** What shows text alone, and escapes that cannot be a `%`. */
const PLAIN_FORMAT = /%-?\d*(?:\.\d+)?[sb%]|\\[abefnrtv\\'"]/g;

const session: Reader = () => ({ access: 'session' });

/** What some shells take for expressions, which may run commands (`shift 'a[$(…)]'`): numbers and options alone. */
const counting: Reader = (words) =>
  words.every(
    ({ value, isNumber }) =>
      isNumber === true || /^(?:-?\d{1,9}|-[a-zA-Z]{1,3}|unlimited|hard|soft)$/.test(value ?? ''),
  )
    ? { access: 'session' }
    : UPSETS;

/** The shell's own, where they are more than the program of that name. */
export const BUILTINS: Readonly<Record<string, Reader>> = {
  export: declaring,
  readonly: declaring,
  local: declaring,
  declare: declaring,
  typeset: declaring,
  read: reads,
  set,
  printf,
  unset: (words) => {
    const names = words.filter(({ value }) => value !== '-v' && value !== '-f').map(({ value }) => value);
    const isKnown = names.every((name): name is string => name !== undefined && /^[A-Za-z_]\w*$/.test(name));
    return isKnown ? { access: 'session', sets: names } : UPSETS;
  },
  shopt: (words) =>
    words.every(
      ({ value }) => value !== undefined && /^(?:-[suq]+|nullglob|globstar|dotglob|failglob|nocaseglob)$/.test(value),
    )
      ? { access: 'session' }
      : UPSETS,
  umask: session,
  ulimit: counting,
  wait: (words) =>
    words.some(({ value }) => value === undefined || value.startsWith('-')) ? UPSETS : { access: 'session' },
  exit: counting,
  return: counting,
  break: counting,
  continue: counting,
  shift: counting,
  jobs: (words) =>
    words.every(({ value }) => value !== undefined && /^-[lpnrs]+$/.test(value)) ? { access: 'session' } : UPSETS,
  times: session,
  type: () => ({ access: 'read' }),
  which: () => ({ access: 'read' }),
  whereis: () => ({ access: 'read' }),
  hash: (words) => (words.every(({ value }) => value === '-r') ? { access: 'session' } : UPSETS),
  '.': (_words, { name }) => ({
    ...unknownOutcome(`what ${name} runs is not known`, ['shell']),
    upsets: 'it runs a file in the shell',
  }),
  source: (_words, { name }) => ({
    ...unknownOutcome(`what ${name} runs is not known`, ['shell']),
    upsets: 'it runs a file in the shell',
  }),
  ...Object.fromEntries(
    'alias unalias enable bind complete compgen compopt fc history let mapfile readarray getopts autoload zmodload emulate setopt unsetopt disable'
      .split(' ')
      .map((name): [string, Reader] => [name, () => UPSETS]),
  ),
};
