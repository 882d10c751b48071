import { type ColumnPreview, previewColumns } from '../masking/column-preview.ts';
import { expandClasses } from '../masking/detectors/detectors.ts';
import type { Obligation } from '../model/decision.ts';
import { compilePath } from '../model/http-path.ts';
import type { Operation } from '../model/request.ts';
import type { ClassifiedColumn } from '../model/target.ts';
import type { Analysis, Statement } from '../sql/postgres/analysis.ts';

/** What a permit's mask obligations name. */
export function maskedClasses(obligations: readonly Obligation[]): readonly string[] {
  return obligations.flatMap((one) => (one.kind === 'mask' ? one.classes : []));
}

/** The columns of each result that reaches the client, COPY's included; undefined where they cannot be told. */
export function resultColumns(
  { statements }: Pick<Analysis, 'statements'>,
  operations: readonly Operation[],
  classes: readonly string[],
  classified: readonly ClassifiedColumn[],
): readonly (readonly ColumnPreview[] | undefined)[] {
  return statements
    .filter(hasResult)
    .map(({ outputs }) => outputs && previewColumns(classes, classified, operations, outputs));
}

/** What of a reply of HTTP has a class that is masked, as one result; none where nothing has. */
export function replyFields(
  operations: readonly Operation[],
  classes: readonly string[],
  classified: readonly ClassifiedColumn[],
): readonly (readonly ColumnPreview[])[] {
  const masked = expandClasses(classes);
  const fields = classified.filter(({ place, table, class: of }) => {
    const fits = place === undefined ? undefined : compilePath(table);
    return masked.has(of) && operations.some(({ http }) => http !== undefined && fits?.(http.method, http.path));
  });
  if (fields.length === 0) return [];
  return [
    fields.map(({ place, table, column, class: of, mask = 'redact' }): ColumnPreview => {
      const name = place === 'body' ? column : `${place} ${column}`;
      return { name, mask: { kind: mask, class: of, name: `${table} ${name}` } };
    }),
  ];
}

function hasResult({ returnsRows, copy }: Statement): boolean {
  return returnsRows || (copy?.direction === 'out' && copy.through === 'wire');
}
