import type { Operation } from '../../../model/request.ts';
import type { FileAction, FileUse } from '../../../model/ssh.ts';
import { constantWords } from '../files/constant-words.ts';
import { plainPath } from '../files/file-operation.ts';

/** What rsync runs at a host: `rsync --server`, with all that it does there in its words. */
export interface RsyncCommand {
  /** The host sends files. */
  readonly isSender: boolean;
  /** What it does with files, folders with all that is below them. */
  readonly files: readonly FileUse[];
  readonly flags: readonly string[];
}

/**
 * The command as one that rsync's clients send; undefined where it is another, or has an option that is not known to do
 * nothing else, or where its files are told in the stream (`--files-from`, `-s`).
 */
export function readRsyncCommand(command: Buffer): RsyncCommand | undefined {
  const [program, server, ...words] = constantWords(command.toString('utf8')) ?? [];
  if ((program !== 'rsync' && program !== '/usr/bin/rsync') || server !== '--server') return undefined;
  const options = readOptions(words);
  if (options === undefined) return undefined;
  const named = options.operands.map((path) => plainPath(path === '' ? '.' : path));
  if (named.length === 0 || !named.every((path) => path !== undefined)) return undefined;
  const uses = (use: FileAction): readonly FileUse[] => named.map((path) => ({ path, use, recursive: true }) as const);
  const { isSender, removes, isOwned } = options;
  const files = [
    ...uses(isSender ? 'read' : 'write'),
    ...(removes ? uses('remove') : []),
    ...(options.links && !isSender ? [...uses('link'), ANYWHERE] : []),
    ...options.files,
  ];
  return { isSender, files, flags: [...(removes ? ['delete'] : []), ...(isOwned ? ['owner'] : [])] };
}

/** Where the links that it makes lead stands in the stream, where nobody decides on it. */
const ANYWHERE: FileUse = { path: '/', use: 'link', recursive: true };

/** An operation for each thing that is done with files: what is removed, or linked, is no part of what is written. */
export function rsyncOperations({ isSender, files, flags }: RsyncCommand, user: string): readonly Operation[] {
  const carried = isSender ? 'read' : 'write';
  const removed = files.filter(({ use }) => use === 'remove');
  const linked = files.filter(({ use }) => use === 'link');
  const kept = files.filter(({ use }) => use !== 'remove' && use !== 'link');
  const operation = (kind: string, of: typeof files): Operation => ({
    kind,
    access: kind === 'file-read' ? 'read' : 'write',
    tables: [],
    functions: [],
    hasWhere: true,
    flags: ['rsync', ...flags],
    ssh: { channel: 'files', user, files: of },
  });
  return [
    operation(`file-${carried}`, kept),
    ...(removed.length > 0 ? [operation('file-remove', removed)] : []),
    ...(linked.length > 0 ? [operation('file-link', linked)] : []),
  ];
}

interface RsyncOptions {
  readonly isSender: boolean;
  readonly removes: boolean;
  readonly isOwned: boolean;
  /** It makes links as it is told; with `--munge-links` none that leads anywhere. */
  readonly links: boolean;
  readonly files: readonly FileUse[];
  readonly operands: readonly string[];
}

/** The words up to the `.` that stands before the paths. */
function readOptions(words: readonly string[]): RsyncOptions | undefined {
  const end = words.indexOf('.');
  if (end === -1) return undefined;
  const seen = new Set<string>();
  const files: FileUse[] = [];
  let links = false;
  for (let at = 0; at < end; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('--')) {
      if (!SHORT.test(word)) return undefined;
      links ||= LINKS.test(word);
      continue;
    }
    const equals = word.indexOf('=');
    const name = equals === -1 ? word : word.slice(0, equals);
    const use = OF_FOLDERS.get(name);
    if (use !== undefined) {
      const path = plainPath(equals === -1 ? (words[++at] ?? '..') : word.slice(equals + 1));
      if (path === undefined || at >= end) return undefined;
      files.push({ path, use, recursive: true });
    } else if (!(equals === -1 ? PLAIN : OF_VALUES).has(name)) return undefined;
    seen.add(name);
  }
  return {
    isSender: seen.has('--sender'),
    removes: [...REMOVING].some((name) => seen.has(name)),
    isOwned: seen.has('--usermap') || seen.has('--groupmap'),
    links: links && !seen.has('--munge-links'),
    files,
    operands: words.slice(end + 1),
  };
}

/** Letters of options that take no value, and what the client can do behind `e.`; `s` before that hides the paths. */
const SHORT = /^-[vqlLogDtprzSHAXWuIicdnmxkKRhbyNUJOEP]*(?:B\d+)?(?:e\d*\.[a-zA-Z]*)?$/;

/** `l` among the letters, before what the client can do. */
const LINKS = /^-[^eB]*l/;

const REMOVING: ReadonlySet<string> = new Set([
  '--delete',
  '--delete-before',
  '--delete-during',
  '--delete-delay',
  '--delete-after',
  '--delete-excluded',
  '--remove-source-files',
  '--force',
]);

const PLAIN: ReadonlySet<string> = new Set([
  ...REMOVING,
  '--sender',
  '--append',
  '--compress',
  '--copy-unsafe-links',
  '--delay-updates',
  '--existing',
  '--fuzzy',
  '--ignore-errors',
  '--ignore-existing',
  '--inplace',
  '--list-only',
  '--mkpath',
  '--munge-links',
  '--new-compress',
  '--no-implied-dirs',
  '--no-r',
  '--no-W',
  '--numeric-ids',
  '--old-compress',
  '--one-file-system',
  '--open-noatime',
  '--partial',
  '--preallocate',
  '--prune-empty-dirs',
  '--safe-links',
  '--size-only',
  '--sparse',
  '--stats',
]);

/** What is behind `=` is no path. */
const OF_VALUES: ReadonlySet<string> = new Set([
  '--block-size',
  '--bwlimit',
  '--checksum-choice',
  '--checksum-seed',
  '--compress-choice',
  '--compress-level',
  '--groupmap',
  '--iconv',
  '--log-format',
  '--max-alloc',
  '--max-delete',
  '--max-size',
  '--min-size',
  '--modify-window',
  '--skip-compress',
  '--suffix',
  '--timeout',
  '--usermap',
]);

/** Folders of the host that it uses beside those that it was asked for. */
const OF_FOLDERS: ReadonlyMap<string, FileAction> = new Map([
  ['--backup-dir', 'write'],
  ['--temp-dir', 'write'],
  ['--partial-dir', 'write'],
  ['--compare-dest', 'read'],
  ['--copy-dest', 'read'],
  ['--link-dest', 'read'],
]);
