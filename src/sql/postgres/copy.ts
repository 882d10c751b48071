import type { CopyDetails } from './analysis.ts';
import { as, type Body, constantOf, isBody, listOf, namesOf } from './nodes.ts';

/** What a COPY statement's options make of its data (PostgreSQL manual, COPY; the old syntax gives the same nodes). */
export function copyDetails(body: Body): CopyDetails {
  const options = new Map<string, unknown>();
  for (const item of listOf(body['options'])) {
    const option = as(item, 'DefElem');
    if (option?.defname !== undefined) options.set(option.defname, option.arg);
  }
  const named = constantOf(options.get('format'))?.toLowerCase() ?? 'text';
  const format = named === 'csv' || named === 'binary' ? named : 'text';
  const quote = constantOf(options.get('quote')) ?? '"';
  const columns = namesOf(body['attlist']);
  const encoding = constantOf(options.get('encoding'));
  const unsupportedOptions = [...options.keys()].filter((name) => !DESCRIBED.has(name));
  if (named !== format) unsupportedOptions.push(`format ${named}`);
  return {
    direction: body['is_from'] === true ? 'in' : 'out',
    through: throughOf(body),
    format,
    delimiter: constantOf(options.get('delimiter')) ?? (format === 'csv' ? ',' : '\t'),
    null: constantOf(options.get('null')) ?? (format === 'csv' ? '' : '\\N'),
    quote,
    escape: constantOf(options.get('escape')) ?? quote,
    header: options.has('header') && !isFalse(options.get('header')),
    ...(columns.length > 0 ? { columns } : {}),
    ...(encoding !== undefined ? { encoding } : {}),
    unsupportedOptions,
  };
}

/** FORCE_QUOTE, FORCE_NULL and FORCE_NOT_NULL change what quoting means, not where fields begin and end. */
const DESCRIBED = new Set(
  `format delimiter null quote escape header encoding freeze force_quote force_null force_not_null on_error
   log_verbosity reject_limit`.split(/\s+/),
);

function throughOf(body: Body): CopyDetails['through'] {
  if (body['is_program'] === true) return 'program';
  return typeof body['filename'] === 'string' ? 'file' : 'wire';
}

function isFalse(arg: unknown): boolean {
  if (!isBody(arg)) return false;
  return /^(false|off|0)$/i.test(constantOf(arg) ?? '');
}
