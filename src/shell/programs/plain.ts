import type { Access } from '../../model/request.ts';
import type { Argument } from '../argument.ts';
import type { ShellFlag } from '../command-line.ts';
import { type Files, filesOf, joined, NO_FILES } from '../files.ts';
import { type Reader, unknownOutcome } from '../outcome.ts';
import { optionGrammar, type ReadOptions, readOptions } from '../read-options.ts';

/** A program that starts no other, and what it does with files. */
export interface Plain {
  readonly access: Access;
  /** As `optionGrammar` has them. */
  readonly options: string;
  /** None of its options, known or not, makes it do more than it says. */
  readonly isHarmless?: boolean;
  readonly files?: (read: ReadOptions) => Files;
  readonly flags?: readonly ShellFlag[];
}

export function plainReader({ access, options, isHarmless = false, files, flags = [] }: Plain): Reader {
  const grammar = optionGrammar(options);
  return (words, { name }) => {
    const read = readOptions(words, grammar);
    if (!read.isCertain && !isHarmless) return unknownOutcome(`${name} is given options that are not known`, flags);
    const found = files?.(read) ?? NO_FILES;
    return { access, flags, files: found.files, filesUnknown: found.filesUnknown || !read.isCertain };
  };
}

export function has({ options }: ReadOptions, ...names: readonly string[]): boolean {
  return options.some(({ name }) => names.includes(name));
}

/** The values of options of these names. */
export function valuesOf({ options }: ReadOptions, ...names: readonly string[]): readonly Argument[] {
  return options.flatMap(({ name, value }) => (names.includes(name) && value !== undefined ? [value] : []));
}

export function operandsRead({ operands }: ReadOptions): Files {
  return filesOf(operands, 'read');
}

/** The first is no file: a pattern, a program, a mode. */
export function restRead({ operands }: ReadOptions): Files {
  return filesOf(operands.slice(1), 'read');
}

/** The operands, and where it is recursive all below them, or below the directory itself. */
export function searched(
  read: ReadOptions,
  operands: readonly Argument[],
  recursive: boolean,
  use: 'read' | 'list' | 'stat',
): Files {
  const all = filesOf(operands, use, { recursive });
  if (operands.length > 0) return all;
  return recursive || use === 'list' ? filesOf([{ value: '.', start: '.', isOne: true }], use, { recursive }) : all;
}

export function withOptions(read: ReadOptions, use: 'read' | 'write', names: readonly string[], rest: Files): Files {
  return joined(rest, filesOf(valuesOf(read, ...names), use));
}
