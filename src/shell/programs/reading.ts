import { type Argument, mayBeOption } from '../argument.ts';
import { filesOf, joined } from '../files.ts';
import { type Outcome, type Reader, unknownOutcome } from '../outcome.ts';
import { has, operandsRead, type Plain, plainReader, searched, valuesOf } from './plain.ts';

const reading = (options: string, files: Plain['files'] = operandsRead): Reader =>
  plainReader({ access: 'read', options, isHarmless: true, files });
/** What uses no file that its words name. */
const nothing: Reader = () => ({ access: 'read' });

/** Options of grep that have no value. */
const GREP =
  'ivwxczsqnHhoabEFGPLlrRUZIe:f:m:A:B:C: ignore-case invert-match word-regexp line-regexp count files-with-matches files-without-match only-matching quiet silent no-messages line-number with-filename no-filename recursive dereference-recursive extended-regexp fixed-strings basic-regexp perl-regexp text null null-data color colour color: colour: regexp: file: max-count: after-context: before-context: context: include: exclude: exclude-dir: exclude-from: binary-files: #';

const grep: Reader = plainReader({
  access: 'read',
  options: GREP,
  isHarmless: true,
  files: (read) => {
    const isGiven = has(read, 'e', 'f', 'regexp', 'file');
    const operands = isGiven ? read.operands : read.operands.slice(1);
    const recursive = has(read, 'r', 'R', 'recursive', 'dereference-recursive');
    const patterns = filesOf(valuesOf(read, 'f', 'file', 'exclude-from'), 'read');
    return joined(searched(read, operands, recursive, 'read'), patterns);
  },
});

const diff = reading(
  'qsciwbBEruNaTyU:C:L:x:I: brief report-identical-files recursive unified unified: context context: new-file text ignore-case ignore-all-space ignore-blank-lines side-by-side color color: label: exclude:',
  // Of folders it compares what is in them, with or without `-r`.
  (read) => filesOf(read.operands, 'read', { recursive: true }),
);

const sums = reading('bctwz binary text check tag zero quiet status warn strict ignore-missing', (read) => {
  // The files that a list of sums names are read as well.
  const { files, filesUnknown } = operandsRead(read);
  return { files, filesUnknown: filesUnknown || has(read, 'c', 'check') };
});

const ls = reading(
  'aAbBcCdfFgGhHiIlLkmnNopqQrRsStuUvxXZ1w:T:I: all almost-all author directory classify human-readable inode recursive reverse size numeric-uid-gid full-time group-directories-first time-style: sort: color color: format: time: width: hide: ignore: block-size:',
  (read) => searched(read, read.operands, has(read, 'R', 'recursive'), 'list'),
);

/** What is known to read, and to start nothing. Sorted by what they look at. */
export const READING: Readonly<Record<string, Reader>> = {
  cat: reading('AbeEnstTuv show-all number number-nonblank show-ends show-tabs show-nonprinting squeeze-blank'),
  head: reading('c:n:qvz bytes: lines: quiet silent verbose zero-terminated #'),
  tail: reading(
    'c:n:fFqvzs: bytes: lines: follow follow: retry quiet silent verbose sleep-interval: pid: zero-terminated #',
  ),
  tac: reading('bs:r before regex separator:'),
  rev: reading(''),
  nl: reading('b:d:f:h:i:l:n:ps:v:w:'),
  od: reading('A:j:N:t:vabcdfiloxs address-radix: skip-bytes: read-bytes: format: output-duplicates'),
  hexdump: reading('bcCdovxe:n:s:'),
  // More words stand in a file that is named behind an `@`.
  strings: reading('an:t:e: all bytes: radix: encoding:', (read) => {
    const { files, filesUnknown } = operandsRead(read);
    return { files, filesUnknown: filesUnknown || read.operands.some(({ value }) => value?.startsWith('@') === true) };
  }),
  cut: reading(
    'b:c:d:f:nsz bytes: characters: delimiter: fields: only-delimited complement output-delimiter: zero-terminated',
  ),
  paste: reading('d:sz delimiters: serial zero-terminated'),
  join: reading('a:e:i1:2:j:o:t:v:z'),
  fold: reading('bsw: bytes spaces width:'),
  fmt: reading('cstuw:g:p: width:'),
  expand: reading('it: initial tabs:'),
  unexpand: reading('at: all first-only tabs:'),
  comm: reading('123z check-order nocheck-order output-delimiter: total zero-terminated'),
  cmp: reading('bi:ln:s print-bytes silent quiet verbose bytes:'),
  wc: reading('clmLw bytes chars lines words max-line-length', (read) => ({
    ...operandsRead(read),
    filesUnknown: operandsRead(read).filesUnknown || has(read, 'files0-from'),
  })),
  diff,
  md5sum: sums,
  sha1sum: sums,
  sha224sum: sums,
  sha256sum: sums,
  sha384sum: sums,
  sha512sum: sums,
  b2sum: sums,
  cksum: sums,
  sum: reading('rs sysv'),
  base64: reading('diw: decode ignore-garbage wrap:'),
  base32: reading('diw: decode ignore-garbage wrap:'),
  zcat: reading('fhlqrv force quiet'),
  grep,
  egrep: grep,
  fgrep: grep,
  ls,
  dir: ls,
  vdir: ls,
  stat: reading('Lfc:t dereference file-system format: printf: terse', (read) => filesOf(read.operands, 'stat')),
  readlink: reading('fenmqsvz canonicalize no-newline zero', (read) => filesOf(read.operands, 'stat')),
  realpath: reading('emLPqsz relative-to: relative-base: zero', (read) => filesOf(read.operands, 'stat')),
  du: reading(
    'abcDhHklLmPsSxd:t:B: all apparent-size bytes total human-readable summarize max-depth: one-file-system exclude: si',
    (read) => searched(read, read.operands, true, 'stat'),
  ),
  df: reading(
    'aBhHiklPTx:t: all human-readable inodes local portability print-type type: exclude-type: total',
    (read) => filesOf(read.operands, 'stat'),
  ),
  ...Object.fromEntries(
    'basename dirname echo true false : pwd seq expr nproc arch id whoami logname groups w uname tty free ps pidof getconf printenv sleep cal lsmod vmstat iostat mpstat'
      .split(' ')
      .map((name) => [name, nothing]),
  ),
  tr: nothing,
  // Operands are read in place of the list of who is there.
  who: (words, context) => (isMe(words) ? { access: 'read' } : reading(WHO)(words, context)),
  users: reading(''),
  uptime: reading('prs pretty raw since'),
  // Some of its databases are files that nobody may see.
  getent: () => ({ access: 'read', filesUnknown: true }),
  // Of these an option names a file.
  ...Object.fromEntries('pgrep lscpu lsblk lspci lsusb'.split(' ').map((name) => [name, seldomFiles])),
  // Names of variables, and subscripts in them: they are read where the shell's own are.
  cd: () => ({ access: 'read', moves: true }),
  pushd: () => ({ access: 'read', moves: true }),
  popd: () => ({ access: 'read', moves: true }),
  hostname: (words, { name }) =>
    words.every(({ value }) => value !== undefined && /^-[AdfiIsy]+$/.test(value))
      ? { access: 'read' }
      : { access: 'admin', filesUnknown: true, reason: `${name} sets the name` },
  date: (words) => {
    const isShown = words.every(
      ({ value }) => value !== undefined && /^(?:\+|-u$|-I|-R$|--iso-8601|--rfc-|--utc$)/.test(value),
    );
    return isShown ? { access: 'read' } : { access: 'admin', filesUnknown: true };
  },
  test: (words, { name }) => testOutcome(words, name),
  '[': (words, { name }) => testOutcome(words, name),
  // Where it is no word of the grammar it is a program that there is not.
  '[[': (words, { name }) => testOutcome(words, name),
};

const WHO = 'abdHlmpqrstTu all boot count heading login message mesg writable process runlevel short time users lookup';

function isMe(words: readonly Argument[]): boolean {
  return words.length === 2 && words[0]?.value === 'am' && ['i', 'I'].includes(words[1]?.value ?? '');
}

function seldomFiles(words: readonly Argument[]): Outcome {
  const isPlain = words.every((word) => !mayBeOption(word) || /^-[a-ehj-rt-zLPTV]{1,6}$/.test(word.value ?? ''));
  return { access: 'read', filesUnknown: !isPlain };
}

/** Numbers and names in a test may be expressions of the shell, which may run commands (`a[$(…)]`). */
function testOutcome(words: Parameters<Reader>[0], name: string): ReturnType<Reader> {
  const isNumeric = words.some(({ value }) => value !== undefined && /^-(?:eq|ne|lt|le|gt|ge|v|R|t)$/.test(value));
  const isPlain = ({ value = 'none', isNumber }: Argument): boolean =>
    isNumber === true || /^(?:-?\d+|-[a-z]{1,2}|!|\]{1,2}|\(|\))$/.test(value);
  if (isNumeric && !words.every(isPlain)) return unknownOutcome(`${name} may evaluate what it compares`);
  if (name !== '[[' && !isOfKnownForm(words)) return unknownOutcome(`${name} may evaluate what it compares`);
  const files = words.flatMap((word, index) => {
    const before = words[index - 1]?.value;
    const isAsked = before !== undefined && /^-(?!n$|[lg][te]$|ne$)[abcdefghkLprsStuwxGNOnt]{1,2}$/.test(before);
    return isAsked ? [word] : [];
  });
  return { access: 'read', ...filesOf(files, 'stat') };
}

/** True where what is not known is no operator (`-v`, `-eq`), and is not several words, of which one may be. */
function isOfKnownForm(words: readonly Argument[]): boolean {
  const bare = words.filter(({ value }, index) => !(value === ']' && index === words.length - 1));
  const begin = bare.findIndex(({ value }) => value !== '!');
  const own = begin < 0 ? [] : bare.slice(begin);
  if (own.every(({ value, isNumber }) => value !== undefined || isNumber === true)) return true;
  if (own.some(({ isOne }) => !isOne)) return false;
  const operator = own[own.length - 2]?.value;
  return own.length === 1 || (own.length <= 3 && operator !== undefined && operator !== '-a' && operator !== '-o');
}
