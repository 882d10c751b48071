import type { FileUse } from '../model/ssh.ts';
import type { Argument } from './argument.ts';

export interface Files {
  readonly files: readonly FileUse[];
  readonly filesUnknown: boolean;
}

/** The files that words name, for one use of them; `-` is no file. */
export function filesOf(words: readonly Argument[], use: FileUse['use'], { recursive = false } = {}): Files {
  const files: FileUse[] = [];
  let filesUnknown = false;
  for (const { value } of words) {
    if (value === '-') continue;
    if (value === undefined || value === '') filesUnknown = true;
    else files.push({ path: normalPath(value), use, ...(recursive ? { recursive } : {}) });
  }
  return { files, filesUnknown };
}

export function joined(...all: readonly Files[]): Files {
  return { files: all.flatMap(({ files }) => files), filesUnknown: all.some((one) => one.filesUnknown) };
}

/** Without empty and `.` segments; `..` stays, for what stands before it may be a link. */
export function normalPath(path: string): string {
  const segments = path.split('/').filter((segment, index) => segment !== '.' && (segment !== '' || index === 0));
  const text = segments.join('/');
  return text === '' ? (path.startsWith('/') ? '/' : '.') : text;
}

export const NO_FILES: Files = { files: [], filesUnknown: false };
