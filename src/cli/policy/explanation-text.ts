import type { ColumnPreview } from '../../masking/column-preview.ts';
import type { ExplanationView, OperationView } from '../../trials/explanation-view.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';

type Paint = Output['paint'];

/** An explanation for a terminal, a line each: every operation and rule, the decision, and each column of a result. */
export function explanationLines(view: ExplanationView, paint: Paint): readonly string[] {
  const found = view.detectors.length === 0 ? [] : [`detectors: ${view.detectors.join(', ')}`];
  return [
    ...view.operations.flatMap((one) => operationLines(one, paint)),
    ...decisionLines(view, paint),
    ...view.results.flatMap((columns, index) =>
      resultLines(columns, view.results.length > 1 ? ` ${index + 1}` : '', paint),
    ),
    ...found,
  ];
}

function operationLines({ name, outcome, facts, rules }: OperationView, paint: Paint): readonly string[] {
  return [
    `${paint(outcome === 'permit' ? 'green' : 'red', printable(outcome))} ${printable(name)}`,
    ...facts.map((fact) => `  ${paint('dim', printable(fact))}`),
    ...rules.map(({ name: rule, effect, result, why }) => {
      const line = `  ${result.padEnd(12)} ${effect.padEnd(7)} ${printable(rule)}${why ? `: ${printable(why)}` : ''}`;
      return result === 'not-matched' ? paint('dim', line) : line;
    }),
  ];
}

function decisionLines({ effect, code, reason, hint, rules, obligations }: ExplanationView, paint: Paint) {
  if (effect === 'deny') {
    const told = hint === undefined ? [] : [`  ${printable(hint)}`];
    return [`${paint('red', 'deny')} ${printable(`${code ?? ''}: ${reason ?? ''}`)}`, ...told];
  }
  const by = rules.length === 0 ? '' : ` by ${printable(rules.join(', '))}`;
  return [`${paint('green', 'permit')}${by}`, ...obligations.map((one) => `  ${printable(one)}`)];
}

function resultLines(columns: readonly ColumnPreview[] | null, which: string, paint: Paint): readonly string[] {
  if (columns === null) return [`result${which}: its columns cannot be told; where one is masked, all are`];
  return [`result${which}`, ...columns.map((column) => `  ${columnText(column, paint)}`)];
}

function columnText({ name, mask }: ColumnPreview, paint: Paint): string {
  if (mask === undefined) return `${printable(name)}: clear`;
  const why = mask.class === 'unknown' ? 'what it derives from is not known' : `${mask.name}, class ${mask.class}`;
  return `${printable(name)}: ${paint('yellow', mask.kind)} (${printable(why)})`;
}
