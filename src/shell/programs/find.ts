import type { FileUse } from '../../model/ssh.ts';
import { ANY_ARGUMENTS, type Argument } from '../argument.ts';
import { filesOf, joined, NO_FILES } from '../files.ts';
import { type Outcome, type Reader, type Start, unknownOutcome } from '../outcome.ts';

const ALONE = new Set(
  `-H -L -P ! -not -a -and -o -or -depth -d -mount -xdev -daystart -follow -noleaf -ignore_readdir_race -true -false -empty
   -readable -writable -executable -nouser -nogroup -print -print0 -prune -quit -ls -warn -nowarn ( ) ,`.split(/\s+/),
);
const WITH_VALUE = new Set(
  `-maxdepth -mindepth -name -iname -path -ipath -wholename -iwholename -regex -iregex -regextype -type -xtype -size -user
   -group -uid -gid -perm -links -inum -mtime -atime -ctime -mmin -amin -cmin -newer -anewer -cnewer -samefile -fstype -used
   -lname -ilname -printf -context -newermt -newerat -newerct`.split(/\s+/),
);
const FILE_OUTPUT: Readonly<Record<string, number>> = { '-fprint': 1, '-fprint0': 1, '-fls': 1, '-fprintf': 2 };
const STARTS = new Set(['-exec', '-execdir', '-ok', '-okdir']);

/** Roots, and an expression: what it starts (`-exec`), removes and writes stands in that. */
export const find: Reader = (words, { name }) => {
  const begin = words.findIndex(({ value }) => value === undefined || /^[-(),!]/.test(value));
  const roots = begin < 0 ? words : words.slice(0, begin);
  const starts: Start[] = [];
  const written: Argument[] = [];
  let removes = false;
  for (let index = roots.length; index < words.length; index++) {
    const value = words[index]?.value;
    if (value === undefined) return unknownOutcome(`${name} is given words that are not known`);
    if (ALONE.has(value)) continue;
    const files = FILE_OUTPUT[value];
    if (WITH_VALUE.has(value) || files !== undefined) {
      const next = words[index + 1];
      if (next === undefined || (next.value === undefined && !next.isOne))
        return unknownOutcome(`${name} lacks a word`);
      if (files !== undefined) written.push(next);
      index += files ?? 1;
    } else if (value === '-delete') removes = true;
    else if (STARTS.has(value)) {
      const end = words.findIndex((word, at) => at > index && isEnd(word, words[at - 1]));
      const own = words.slice(index + 1, end);
      if (end < 0 || own.some((word) => word.value === undefined))
        return unknownOutcome(`what ${name} starts is not known`);
      starts.push({ words: own.flatMap(found), ...(value.endsWith('dir') ? { isElsewhere: true } : {}) });
      index = end;
    } else return unknownOutcome(`${name} is given options that are not known`);
  }
  return outcome(roots, { starts, written, removes });
};

function isEnd({ value }: Argument, before: Argument | undefined): boolean {
  return value === ';' || (value === '+' && before?.value === '{}');
}

/** What stands for a file that is found: one word, or several at the end. */
function found(word: Argument, index: number, all: readonly Argument[]): readonly Argument[] {
  const { value = '' } = word;
  if (!value.includes('{}')) return [word];
  if (value === '{}')
    return index === all.length - 1 ? [{ ...ANY_ARGUMENTS, start: '/' }] : [{ start: '/', isOne: true }];
  return [{ start: value.slice(0, value.indexOf('{}')), isOne: true }];
}

function outcome(
  roots: readonly Argument[],
  { starts, written, removes }: { starts: readonly Start[]; written: readonly Argument[]; removes: boolean },
): Outcome {
  const below = (use: FileUse['use']) =>
    filesOf(roots.length === 0 ? [{ value: '.', start: '.', isOne: true }] : roots, use, { recursive: true });
  const files = joined(below('list'), removes ? below('remove') : NO_FILES, filesOf(written, 'write'));
  return { access: removes || written.length > 0 ? 'write' : 'read', ...files, starts };
}
