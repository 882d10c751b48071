import type { Argument } from '../argument.ts';
import { filesOf, joined, NO_FILES } from '../files.ts';
import { type Outcome, type Reader, unknownOutcome } from '../outcome.ts';
import { optionGrammar, readOptions } from '../read-options.ts';
import { has, valuesOf } from './plain.ts';

/** What of sed's commands only chooses, changes and shows text: no `w`, no `e`, no `r` of files, no flags of either. */
const SED_ADDRESS = '(?:\\d+|\\$|\\/(?:[^\\/\\\\\\n]|\\\\.)*\\/I?)';
const SED_COMMAND = new RegExp(
  `^\\s*(?:${SED_ADDRESS}(?:,(?:${SED_ADDRESS}|[+~]\\d+))?)?\\s*!?\\s*` +
    '(?:[pdPDgGhHnNxq=]|s\\/(?:[^\\/\\\\\\n]|\\\\.)*\\/(?:[^\\/\\\\\\n]|\\\\.)*\\/[gpIi0-9]*|s\\|(?:[^|\\\\\\n]|\\\\.)*\\|(?:[^|\\\\\\n]|\\\\.)*\\|[gpIi0-9]*|s,(?:[^,\\\\\\n]|\\\\.)*,(?:[^,\\\\\\n]|\\\\.)*,[gpIi0-9]*)\\s*$',
);
const MAX_SED = 2_000;

/** A text of commands that are certain to run nothing, and to touch no file. */
function isHarmlessSed(script: string): boolean {
  if (script.length > MAX_SED || script.includes('\n')) return false;
  if (SED_COMMAND.test(script)) return true;
  // In brackets some take what ends a pattern for one of its characters.
  if (script.includes('[')) return false;
  return script.split(';').every((command) => command.trim() === '' || SED_COMMAND.test(command));
}

const sed: Reader = (words, { name }) => {
  const grammar = optionGrammar(
    'nErsuze:l: quiet silent regexp-extended separate unbuffered null-data posix sandbox expression: line-length:',
  );
  const inPlace = words.filter(
    ({ value }) => value !== undefined && /^(?:-i|--in-place(?:=|$)|-[nErsuz]+i)/.test(value),
  );
  const rest = words.filter((word) => !inPlace.includes(word));
  const read = readOptions(rest, grammar);
  const given = valuesOf(read, 'e', 'expression');
  const scripts = given.length > 0 ? given : read.operands.slice(0, 1);
  const isRead =
    read.isCertain && scripts.length > 0 && scripts.every(({ value }) => value !== undefined && isHarmlessSed(value));
  if (!isRead) return unknownOutcome(`what ${name} is told is not certain`, ['interpreter']);
  const operands = given.length > 0 ? read.operands : read.operands.slice(1);
  const isChanged = inPlace.length > 0;
  const isPlain = inPlace.every(
    ({ value }) => value !== undefined && /^(?:-i|-i\.\w+|--in-place|-[nErsuz]+i)$/.test(value),
  );
  if (!isPlain) return unknownOutcome(`${name} is given options that are not known`);
  const files = joined(filesOf(operands, 'read'), isChanged ? filesOf(operands, 'write') : NO_FILES);
  // A copy of each has a name that is made.
  const isCopied = inPlace.some(({ value }) => value?.includes('.') === true);
  return { access: isChanged ? 'write' : 'read', files: files.files, filesUnknown: files.filesUnknown || isCopied };
};

/** `{print $1}` and the like: no `|`, `>`, `<`, `@` and escapes, and no name that could run, read or write by itself. */
const AWK = /^[\w\s{}$.,;:"'/^()[\]!=~+*%&-]*$/;
const AWK_DOING = /system|getline|ARGV|ARGC|ARGIND|ENVIRON|PROCINFO|FUNCTAB|SYMTAB/;

function isHarmlessAwk(program: string): boolean {
  return program.length <= MAX_SED && AWK.test(program) && !AWK_DOING.test(program);
}

const awk: Reader = (words, { name }) => {
  const read = readOptions(words, optionGrammar('F:v: field-separator: assign: +'));
  const [program] = read.operands;
  const assigned = valuesOf(read, 'v', 'assign');
  const isPlain = assigned.every(({ value }) => value !== undefined && /^[a-z]\w*=[^\\]*$/.test(value));
  if (!read.isCertain || !isPlain || program?.value === undefined || !isHarmlessAwk(program.value)) {
    return unknownOutcome(`what ${name} is told is not certain`, ['interpreter']);
  }
  const operands = read.operands.slice(1).filter(({ value }) => value === undefined || !/^[A-Za-z_]\w*=/.test(value));
  return { access: 'read', ...filesOf(operands, 'read') };
};

/** A language of its own: what it is told is not read. */
const language: Reader = (words, { name, isFed }) => {
  const isVersion = words.length === 1 && ['-V', '--version', '-v'].includes(words[0]?.value ?? '') && !isFed;
  if (isVersion) return { access: 'read' };
  return unknownOutcome(`what ${name} runs is not known`, ['interpreter']);
};

/** What writes more than it shows where it is told to. */
const sort: Reader = (words, { name }) => {
  const read = readOptions(
    words,
    optionGrammar(
      'bcCdfghiMmnRrsuVzk:o:t:S: ignore-leading-blanks dictionary-order ignore-case general-numeric-sort human-numeric-sort numeric-sort version-sort reverse unique stable check merge zero-terminated key: output: field-separator: buffer-size: parallel:',
    ),
  );
  if (!read.isCertain) return unknownOutcome(`${name} is given options that are not known`);
  const written = valuesOf(read, 'o', 'output');
  const files = joined(filesOf(read.operands, 'read'), filesOf(written, 'write'));
  return { access: written.length > 0 ? 'write' : 'read', ...files };
};

/** The second operand is written. */
const uniq: Reader = (words, { name }) => {
  const read = readOptions(
    words,
    optionGrammar(
      'cdDiuzf:s:w: count repeated unique ignore-case zero-terminated skip-fields: skip-chars: check-chars: #',
    ),
  );
  const isUncertain = !read.isCertain || read.operands.some((word) => !word.isOne);
  if (isUncertain) return unknownOutcome(`${name} is given words that are not known`);
  const written = read.operands.slice(1);
  const files = joined(filesOf(read.operands.slice(0, 1), 'read'), filesOf(written, 'write'));
  return { access: written.length > 0 ? 'write' : 'read', ...files };
};

const TAR = optionGrammar(
  'ctxurvzjJZapPhkmnOSUWwC:f:X:T:g: create list extract get append update verbose gzip bzip2 xz zstd auto-compress absolute-names dereference keep-old-files preserve-permissions same-permissions to-stdout same-owner no-same-owner numeric-owner file: directory: exclude: strip-components: wildcards one-file-system overwrite null',
);

/** `tar czf x.tgz dir`: its first word may be letters without a dash. */
function tar(words: readonly Argument[], { name }: Parameters<Reader>[1]): Outcome {
  const first = words[0]?.value;
  // Values of letters without a dash come in their order, which is getopt's only where `f` is the one and the last.
  const isOld = first !== undefined && /^[ctxurvzjJap]+f?$/.test(first);
  const all = isOld ? [{ value: `-${first}`, start: `-${first}`, isOne: true }, ...words.slice(1)] : words;
  const read = readOptions(all, TAR);
  const modes = (['c', 't', 'x', 'u', 'r'] as const).filter((mode) => has(read, mode, LONG[mode]));
  const archives = valuesOf(read, 'f', 'file');
  if (!read.isCertain || modes.length !== 1 || has(read, 'T', 'g'))
    return unknownOutcome(`${name} is given options that are not known`);
  const isPlain = archives.every(({ value }) => value !== undefined && !value.includes(':'));
  if (!isPlain) return unknownOutcome(`${name} may reach another host`, ['network']);
  const isElsewhere = has(read, 'C', 'directory');
  const written = modes[0] === 'x' && !has(read, 'O', 'to-stdout');
  const isCreated = modes[0] !== 'x' && modes[0] !== 't';
  const own = filesOf(archives, isCreated ? 'write' : 'read');
  const content = isCreated ? filesOf(read.operands, 'read', { recursive: true }) : NO_FILES;
  const files = joined(own, content);
  return {
    access: written || isCreated ? 'write' : 'read',
    files: files.files,
    filesUnknown: files.filesUnknown || isElsewhere || written || archives.length === 0,
  };
}

const LONG = { c: 'create', t: 'list', x: 'extract', u: 'update', r: 'append' } as const;

export const LANGUAGES: Readonly<Record<string, Reader>> = {
  sed,
  awk,
  gawk: awk,
  mawk: awk,
  nawk: awk,
  ...Object.fromEntries(
    'perl python python2 python3 node nodejs ruby php lua tclsh osascript m4 bc dc jq ed ex vi vim nvim emacs nano less more man pg most gdb expect psql mysql sqlite3 redis-cli mongo mongosh make ant gradle mvn npm npx yarn pnpm pip pip3 cargo go rake'
      .split(' ')
      .map((name) => [name, language]),
  ),
  sort,
  uniq,
  tar,
};
