import type { Operation, OutputColumn } from '../model/request.ts';
import type { ClassifiedColumn } from '../model/target.ts';
import { type ColumnMask, ColumnRules } from './column-rules.ts';
import { DETECTORS, expandClasses } from './detectors/detectors.ts';

/** A column of a result as it would come: masked, or as it is but for what detectors find in it. */
export interface ColumnPreview {
  readonly name: string;
  readonly mask?: Pick<ColumnMask, 'kind' | 'class' | 'name'>;
}

/** What masking by column would do to a result. `classes` is what the decision's mask obligations name. */
export function previewColumns(
  classes: readonly string[],
  classified: readonly ClassifiedColumn[],
  operations: readonly Operation[],
  outputs: readonly OutputColumn[],
): readonly ColumnPreview[] {
  const rules = new ColumnRules(classified, expandClasses(classes));
  const reading = rules.reading(operations);
  return outputs.map((output) => {
    const found = rules.maskOf(output, reading);
    if (found === undefined) return { name: output.name };
    const { kind, class: of, name } = found;
    return { name: output.name, mask: { kind, class: of, name } };
  });
}

/** The detectors that these classes set to work, by name. */
export function detectorsOf(classes: readonly string[]): readonly string[] {
  const expanded = expandClasses(classes);
  return DETECTORS.map(({ name }) => name).filter((name) => expanded.has(name));
}
