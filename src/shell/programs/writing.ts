import { type Argument, mayBeOption } from '../argument.ts';
import { type Files, filesOf, joined } from '../files.ts';
import { type Reader, unknownOutcome } from '../outcome.ts';
import type { ReadOptions } from '../read-options.ts';
import { has, operandsRead, type Plain, plainReader, valuesOf } from './plain.ts';

const writing = (options: string, files: Plain['files'], isHarmless = true): Reader =>
  plainReader({ access: 'write', options, isHarmless, files: files ?? operandsRead });

/** Sources, and a destination that may be a folder: what is written is anywhere in it. */
function copied(read: ReadOptions, source: 'read' | 'rename' | 'link', recursive: boolean): Files {
  const folders = valuesOf(read, 't', 'target-directory');
  const operands = folders.length > 0 ? read.operands : read.operands.slice(0, -1);
  const to = folders.length > 0 ? folders : read.operands.slice(-1);
  const isExact = has(read, 'T', 'no-target-directory') && !recursive;
  return joined(
    filesOf(operands, source, { recursive }),
    filesOf(to, source === 'link' ? 'link' : 'write', { recursive: !isExact }),
  );
}

const COPY =
  'aAbdfiHlLnPpRrsTuvxZt:S: archive backup backup: dereference no-dereference force interactive link no-clobber preserve preserve: no-preserve: parents recursive symbolic-link no-target-directory target-directory: update verbose one-file-system sparse: reflink reflink: suffix:';
const MOVE =
  'bfinTuvt:S: backup backup: force interactive no-clobber no-target-directory target-directory: update verbose suffix:';
const LINK =
  'bdfFiLnPrsTvt:S: symbolic force no-dereference relative logical physical no-target-directory target-directory: verbose backup';
const MODE =
  'cfvRhHLP changes silent quiet verbose recursive no-preserve-root preserve-root no-dereference dereference reference: from:';

const attributes = writing(MODE, (read) =>
  joined(
    filesOf(has(read, 'reference') ? read.operands : read.operands.slice(1), 'attributes', {
      recursive: has(read, 'R', 'recursive'),
    }),
    filesOf(valuesOf(read, 'reference'), 'read'),
  ),
);

const compressor = writing(
  'cdfhklnNqrtvV0123456789eT:S: stdout to-stdout decompress uncompress force keep list quiet recursive test verbose fast best extreme threads: suffix:',
  (read) => {
    const isRead = has(read, 'c', 'stdout', 'to-stdout', 't', 'l', 'list', 'test');
    const { files, filesUnknown } = filesOf(read.operands, isRead ? 'read' : 'write', { recursive: !isRead });
    // What it makes of a file has another name.
    return { files, filesUnknown: filesUnknown || !isRead };
  },
);

/** What is known to change files, and to start nothing. */
export const WRITING: Readonly<Record<string, Reader>> = {
  rm: writing(
    'dfiIrRv force interactive interactive: recursive dir verbose one-file-system preserve-root no-preserve-root',
    (read) => filesOf(read.operands, 'remove', { recursive: has(read, 'r', 'R', 'recursive') }),
  ),
  rmdir: writing('pv parents verbose ignore-fail-on-non-empty', (read) => filesOf(read.operands, 'remove')),
  unlink: writing('', (read) => filesOf(read.operands, 'remove')),
  shred: writing('fn:s:uvxz force iterations: size: remove remove: verbose exact zero', (read) =>
    filesOf(read.operands, 'write'),
  ),
  mkdir: writing('pvm:Z parents verbose mode:', (read) => filesOf(read.operands, 'directory')),
  mkfifo: writing('m:Z mode:', (read) => filesOf(read.operands, 'create')),
  touch: writing('acfhmr:t:d: no-create no-dereference date: reference: time:', (read) =>
    joined(filesOf(read.operands, 'write'), filesOf(valuesOf(read, 'r', 'reference'), 'stat')),
  ),
  truncate: writing('cor:s: no-create io-blocks reference: size:', (read) => filesOf(read.operands, 'write')),
  tee: writing('aip append ignore-interrupts output-error output-error:', (read) =>
    filesOf(read.operands, has(read, 'a', 'append') ? 'append' : 'write'),
  ),
  cp: writing(COPY, (read) => copied(read, 'read', has(read, 'a', 'r', 'R', 'archive', 'recursive'))),
  mv: writing(MOVE, (read) => copied(read, 'rename', true)),
  // A link to a folder is a name for all that is below it.
  ln: writing(LINK, (read) => copied(read, 'link', true)),
  chmod: attributes,
  chown: attributes,
  chgrp: attributes,
  gzip: compressor,
  gunzip: compressor,
  xz: compressor,
  unxz: compressor,
  bzip2: compressor,
  bunzip2: compressor,
  zstd: compressor,
  dd: (words, { name }) => dd(words, name),
  sync: plainReader({ access: 'write', options: 'df data file-system', isHarmless: true }),
  kill: plainReader({ access: 'write', options: 's:n:lL', isHarmless: true }),
  pkill: plainReader({ access: 'write', options: '', isHarmless: true }),
  killall: plainReader({ access: 'write', options: '', isHarmless: true }),
};

function dd(words: readonly Argument[], name: string) {
  const named = (key: string): readonly Argument[] =>
    words.flatMap(({ value }) => {
      if (value?.startsWith(`${key}=`) !== true) return [];
      const text = value.slice(key.length + 1);
      return [{ value: text, start: text, isOne: true }];
    });
  if (words.some((word) => word.value === undefined && (mayBeOption(word) || /^[io]/.test(word.start)))) {
    return unknownOutcome(`${name} is given words that are not known`);
  }
  return { access: 'write' as const, ...joined(filesOf(named('if'), 'read'), filesOf(named('of'), 'write')) };
}
