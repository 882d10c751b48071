import type { ColumnSource, Operation } from '../../../src/model/request.ts';
import { lineOf } from '../../support/shop-catalogue.ts';

/**
 * An operation as the corpus writes it, a line each: what it is, what its result columns derive from (`!` as it stands,
 * `?` unknown), the columns that decide without being shown, those that are assigned, and those that are copied. Names in
 * `schema` are written without it.
 */
export function operationLines(operation: Operation, schema: string): readonly string[] {
  const { outputs, columns, copies = [], lock } = operation;
  const short = (source: ColumnSource): string =>
    (source.schema === schema ? [source.table, source.column] : [source.schema, source.table, source.column]).join('.');
  const all = (sources: readonly ColumnSource[]): string => sources.map(short).join('+');
  const of = (use: string): string =>
    columns === 'unknown' || columns === undefined
      ? ''
      : columns
          .filter((column) => column.use === use)
          .map(short)
          .join(' ');
  const shown = (outputs ?? []).map(
    ({ name, sources, plain }) => `${name}=${sources === 'unknown' ? '?' : all(sources)}${plain ? '!' : ''}`,
  );
  const copied = copies.map(
    ({ into, from, temporary }) =>
      `${short(into)}${temporary === true ? '~' : ''}<${from === 'unknown' ? '?' : all(from)}`,
  );
  return [
    lineOf(operation).replaceAll(` r:${schema}.`, ' r:').replaceAll(` w:${schema}.`, ' w:'),
    ...labelled('shows', outputs === undefined ? '' : shown.join(' ')),
    ...labelled('decides by', of('filter')),
    ...labelled('assigns', of('write')),
    ...labelled('copies', copied.join(' ')),
    ...labelled('columns', columns === 'unknown' ? 'unknown' : ''),
    ...labelled('locks', lock ?? ''),
  ];
}

function labelled(label: string, text: string): string[] {
  return text === '' ? [] : [`${label}: ${text}`];
}
