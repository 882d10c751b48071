import { ANY_ARGUMENTS, type Argument, mayBeOption } from '../argument.ts';
import type { ShellFlag } from '../command-line.ts';
import { filesOf } from '../files.ts';
import { type Outcome, type Reader, type Start, unknownOutcome } from '../outcome.ts';
import { optionGrammar, type ReadOptions, readOptions } from '../read-options.ts';
import { isComputed } from '../variables.ts';
import { has, valuesOf } from './plain.ts';

interface Starter {
  /** As `optionGrammar` has them; they end at the first operand. */
  readonly options: string;
  /** How many operands stand before the program. */
  readonly before?: number;
  /** What it does where it is given no program. */
  readonly alone?: Outcome;
  readonly start?: (read: ReadOptions) => Omit<Start, 'words'>;
}

/** A program that starts another with the words after its own. */
function starter({ options, before = 0, alone, start }: Starter): Reader {
  const grammar = optionGrammar(`${options} +`);
  return (words, { name }) => {
    const read = readOptions(words, grammar);
    const first = read.operands.slice(0, before + 1);
    if (!read.isCertain || first.some((word) => word.value === undefined && !word.isOne)) {
      return unknownOutcome(`${name} is given words that are not known`);
    }
    if (read.operands.length <= before) return alone ?? unknownOutcome(`${name} is given no program`);
    return { starts: [{ ...start?.(read), words: read.operands.slice(before) }] };
  };
}

const PRIVILEGED = { isPrivileged: true } as const;

/** Assignments stand before the program; a variable that matters makes it another one. */
const env: Reader = (words, { name }) => {
  const read = readOptions(words, optionGrammar('i0u:C: ignore-environment null unset: chdir: +'));
  const at = read.operands.findIndex(({ value }) => value === undefined || !/^[A-Za-z_]\w*=/.test(value));
  const doubtful = read.operands[at];
  if (!read.isCertain || (doubtful !== undefined && doubtful.value === undefined)) {
    return unknownOutcome(`${name} is given words that are not known`);
  }
  const assigned = (at < 0 ? read.operands : read.operands.slice(0, at)).map(
    ({ value }) => value?.split('=', 1)[0] ?? '',
  );
  if (computes(at < 0 ? read.operands : read.operands.slice(0, at)))
    return unknownOutcome(`${name} sets a variable that shells compute`);
  const environment = [...assigned, ...valuesOf(read, 'u', 'unset').map(({ value }) => value ?? '')];
  if (at < 0) return { access: 'read' };
  const isElsewhere = has(read, 'C', 'chdir');
  return { starts: [{ words: read.operands.slice(at), environment, ...(isElsewhere ? { isElsewhere } : {}) }] };
};

/** Of words `NAME=value`. */
function computes(assigned: readonly Argument[]): boolean {
  return assigned.some(({ value = '' }) =>
    isComputed(value.split('=', 1)[0] ?? '', value.slice(value.indexOf('=') + 1)),
  );
}

const sudo: Reader = (words, context) => {
  const read = readOptions(
    words,
    optionGrammar(
      'AbEHnPSu:g:C:p:T:U:r:t: askpass background preserve-env set-home non-interactive stdin user: group: prompt: +',
    ),
  );
  const at = read.operands.findIndex(({ value }) => value === undefined || !/^[A-Za-z_]\w*=/.test(value));
  if (!read.isCertain || at < 0 || read.operands[at]?.value === undefined) {
    const listed = words.length === 1 && ['-l', '-v', '-k', '-K', '-V'].includes(words[0]?.value ?? '');
    if (listed) return { access: 'session', flags: ['privilege'] };
    return unknownOutcome(`${context.name} is given words that are not known`, ['privilege']);
  }
  if (computes(read.operands.slice(0, at)))
    return unknownOutcome(`${context.name} sets a variable that shells compute`, ['privilege']);
  const environment = read.operands.slice(0, at).map(({ value }) => value?.split('=', 1)[0] ?? '');
  return { starts: [{ words: read.operands.slice(at), environment, ...PRIVILEGED, flags: ['privilege'] }] };
};

/** `su USER -c TEXT`: the text is read by a shell that nobody knows, of POSIX's kind for all that is usual. */
const su: Reader = (words, { name }) => {
  const read = readOptions(words, optionGrammar('lmpPc:s:g:G:w: login command: shell: preserve-environment group:'));
  const [text] = valuesOf(read, 'c', 'command');
  if (!read.isCertain || text?.value === undefined || has(read, 's', 'shell') || read.operands.length > 2) {
    return unknownOutcome(`${name} gives a shell`, ['privilege', 'shell']);
  }
  return { starts: [{ script: text.value, ...PRIVILEGED, flags: ['privilege', 'shell'], isElsewhere: true }] };
};

const SHELL_FLAGS: readonly ShellFlag[] = ['shell'];

/** `sh -c TEXT NAME …`: the text is a script; any other way of giving one is not read. */
const shell: Reader = (words, { name }) => {
  const at = words.findIndex(({ value }) => value === undefined || !/^-[euxfl]+$/.test(value));
  const option = words[at]?.value;
  const text = words[at + 1];
  const isScript = option !== undefined && /^-[euxfl]*c[euxf]*$/.test(option);
  if (!isScript || text?.value === undefined) return unknownOutcome(`what ${name} runs is not known`, SHELL_FLAGS);
  if (
    text.value.startsWith('-') ||
    /l/.test(
      words
        .slice(0, at + 1)
        .map(({ value }) => value)
        .join(''),
    )
  ) {
    return unknownOutcome(`what ${name} runs is not known`, SHELL_FLAGS);
  }
  return { starts: [{ script: text.value, flags: SHELL_FLAGS }] };
};

/** What it adds to the words is what it reads. */
const xargs: Reader = (words, { name }) => {
  const read = readOptions(
    words,
    optionGrammar(
      '0rtxopn:L:P:I:d:s:E:a: null no-run-if-empty verbose max-args: max-procs: delimiter: arg-file: exit +',
    ),
  );
  if (!read.isCertain || has(read, 'o', 'p')) return unknownOutcome(`${name} is given words that are not known`);
  // What it takes words from is read by nobody else.
  const lists = valuesOf(read, 'a', 'arg-file');
  const reads = lists.length === 0 ? {} : { access: 'read' as const, ...filesOf(lists, 'read') };
  const replaced = valuesOf(read, 'I')[0];
  const own = read.operands.length === 0 ? [{ value: 'echo', start: 'echo', isOne: true }] : read.operands;
  if (replaced !== undefined && replaced.value === undefined)
    return unknownOutcome(`${name} replaces what is not known`);
  const mark = replaced?.value;
  if (mark === undefined || mark === '')
    return { ...reads, starts: [{ words: [...own, ANY_ARGUMENTS], flags: ['pipe'] }] };
  const made = own.map((word): Argument => (word.value?.includes(mark) === true ? withHole(word.value, mark) : word));
  return { ...reads, starts: [{ words: made, flags: ['pipe'] }] };
};

/** A word in which something stands that is not known. */
function withHole(text: string, mark: string): Argument {
  return { start: text.slice(0, text.indexOf(mark)), isOne: true };
}

/** `timeout 5 ls`, `nice -n 5 ls`, and the like. */
export const STARTING: Readonly<Record<string, Reader>> = {
  env,
  sudo,
  doas: starter({ options: 'nu:C:a:', start: () => ({ ...PRIVILEGED, flags: ['privilege'] }) }),
  runuser: unknownSu,
  su,
  nice: starter({ options: 'n: adjustment: #', alone: { access: 'read' } }),
  ionice: starter({ options: 'c:n:t class: classdata: ignore', alone: { access: 'read' } }),
  chrt: starter({ options: 'bfiormv', before: 1 }),
  taskset: starter({ options: 'ac', before: 1 }),
  nohup: starter({ options: '' }),
  setsid: starter({ options: 'cfw ctty fork wait', start: () => ({ flags: ['background'] }) }),
  timeout: starter({ options: 'k:s:v kill-after: signal: preserve-status foreground verbose', before: 1 }),
  stdbuf: starter({ options: 'i:o:e: input: output: error:' }),
  time: starter({ options: 'pqvf:a format: portability' }),
  // Its programs and paths are others.
  chroot: () => unknownOutcome('chroot stands elsewhere', ['privilege']),
  unshare: () => unknownOutcome('unshare stands elsewhere', ['privilege']),
  nsenter: () => unknownOutcome('nsenter stands elsewhere', ['privilege']),
  watch: (words, { name }) => {
    const read = readOptions(
      words,
      optionGrammar('bcegtn:x beep color differences errexit chgexit no-title interval: exec +'),
    );
    if (!read.isCertain || read.operands.some(({ value }) => value === undefined))
      return unknownOutcome(`what ${name} runs is not known`);
    if (has(read, 'x', 'exec')) return { starts: [{ words: read.operands }] };
    return { starts: [{ script: read.operands.map(({ value }) => value).join(' '), flags: SHELL_FLAGS }] };
  },
  flock: (words, { name }) => {
    const read = readOptions(
      words,
      optionGrammar('ensxuoFw:E: shared exclusive unlock nonblock timeout: conflict-exit-code: close no-fork +'),
    );
    const [, option, text] = read.operands;
    if (!read.isCertain || read.operands.length < 2) return unknownOutcome(`${name} is given words that are not known`);
    const files = [{ path: read.operands[0]?.value ?? '', use: 'write' as const }];
    const common = { access: 'write' as const, files, filesUnknown: read.operands[0]?.value === undefined };
    if (option?.value === '-c' || option?.value === '--command') {
      if (text?.value === undefined) return unknownOutcome(`what ${name} runs is not known`);
      return { ...common, starts: [{ script: text.value, flags: SHELL_FLAGS }] };
    }
    return { ...common, starts: [{ words: read.operands.slice(1) }] };
  },
  xargs,
  parallel: () => unknownOutcome('what parallel makes of its words is not known', SHELL_FLAGS),
  ...Object.fromEntries('sh bash dash zsh ksh mksh ash rbash'.split(' ').map((name) => [name, shell])),
  ...Object.fromEntries(
    'fish csh tcsh pwsh'
      .split(' ')
      .map((name) => [name, () => unknownOutcome(`what ${name} runs is not known`, SHELL_FLAGS)]),
  ),
  busybox: applet,
  toybox: applet,
  command: (words, context) => {
    if (['-v', '-V'].includes(words[0]?.value ?? '')) return { access: 'read' };
    return words.length === 0 ? { access: 'read' } : starter({ options: 'p' })(words, context);
  },
  builtin: starter({ options: '', alone: { access: 'read' } }),
  exec: (words, context) => (words.length === 0 ? { access: 'read' } : starter({ options: '' })(words, context)),
  eval: (words, { name }) => {
    if (words.some(({ value }) => value === undefined))
      return unknownOutcome(`what ${name} runs is not known`, SHELL_FLAGS);
    return { starts: [{ script: words.map(({ value }) => value).join(' ') }] };
  },
  trap: (words, { name }) => {
    const [text] = words;
    if (text === undefined || text.value === '-' || text.value === '') return { access: 'session' };
    if (text.value === undefined || mayBeOption(text))
      return unknownOutcome(`what ${name} runs is not known`, SHELL_FLAGS);
    return { access: 'session', starts: [{ script: text.value }] };
  },
};

function unknownSu(words: readonly Argument[], context: Parameters<Reader>[1]): Outcome {
  const read = readOptions(words, optionGrammar('u: user: +'));
  if (!read.isCertain || !has(read, 'u', 'user') || read.operands.length === 0) return su(words, context);
  return { starts: [{ words: read.operands, ...PRIVILEGED, flags: ['privilege'] }] };
}

function applet(words: readonly Argument[], { name }: Parameters<Reader>[1]): Outcome {
  const [first] = words;
  if (first?.value === undefined || mayBeOption(first))
    return unknownOutcome(`${name} is given words that are not known`);
  return { starts: [{ words }] };
}
