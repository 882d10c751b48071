import type { ColumnPreview } from '../../masking/column-preview.ts';
import type { Decision } from '../../model/decision.ts';
import type { ColumnUse, Operation } from '../../model/request.ts';
import { COLUMN_KEYS } from '../../policy/column-facts.ts';
import type { ExplainedOperation, Explanation } from '../../policy/explain-decision.ts';
import { obligationWords } from '../../policy/obligation-words.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';

type Paint = Output['paint'];

/** An explanation for people, a line each: every operation, what it does, every rule and why, and the decision. */
export function explanationLines({ decision, operations }: Explanation, paint: Paint): readonly string[] {
  return [...operations.flatMap((one) => operationLines(one, paint)), ...decisionLines(decision, paint)];
}

/** What each column of a result would be: `email: partial (public.users.email)`. */
export function resultLines(
  results: readonly (readonly ColumnPreview[] | undefined)[],
  paint: Paint,
): readonly string[] {
  return results.flatMap((columns, index) => {
    const which = results.length > 1 ? `result ${index + 1}` : 'result';
    if (columns === undefined) return [`${which}: its columns cannot be told; all of it is masked where a column is`];
    return [which, ...columns.map((column) => `  ${columnText(column, paint)}`)];
  });
}

function columnText({ name, mask }: ColumnPreview, paint: Paint): string {
  if (mask === undefined) return `${printable(name)}: clear`;
  const why = mask.class === 'unknown' ? 'what it derives from is not known' : `${mask.name}, class ${mask.class}`;
  return `${printable(name)}: ${paint('yellow', mask.kind)} (${printable(why)})`;
}

function operationLines(explained: ExplainedOperation, paint: Paint): readonly string[] {
  const { name, outcome, operation, rules } = explained;
  const head = `${paint(outcome === 'permit' ? 'green' : 'red', printable(outcome))} ${printable(name)}`;
  const facts = factLines(operation, explained.columns).map((line) => `  ${paint('dim', printable(line))}`);
  const considered = rules.map(({ name: rule, effect, result, why }) => {
    const line = `  ${result.padEnd(12)} ${effect.padEnd(7)} ${printable(rule)}${why ? `: ${printable(why)}` : ''}`;
    return result === 'not-matched' ? paint('dim', line) : line;
  });
  return [head, ...facts, ...considered];
}

/** What the operation does, as far as a rule can see it: kind, flags, columns, copies, lock. */
export function factLines(operation: Operation, columns: ExplainedOperation['columns']): readonly string[] {
  const { access, flags, functions, hasWhere, lock, reason, copies = [] } = operation;
  const lines = [`${access}${hasWhere ? '' : ', of every row'}${lock === undefined ? '' : `, lock ${lock}`}`];
  if (flags.length > 0) lines.push(`flags: ${flags.join(', ')}`);
  if (functions.length > 0) lines.push(`calls: ${functions.join(', ')}`);
  const told = operation.columns;
  if (told === 'unknown') lines.push('columns: not known');
  else if (told !== undefined && told.length > 0) {
    for (const use of ['output', 'filter', 'write'] as const) {
      const used = told.filter((one) => one.use === use);
      if (used.length > 0) lines.push(`${USES[use]}: ${used.map(columnName).join(', ')}`);
    }
  }
  for (const { into, from } of copies) {
    lines.push(
      `copies: ${from === 'unknown' ? 'not known' : from.map(columnName).join(', ')} into ${columnName(into)}`,
    );
  }
  for (const key of COLUMN_KEYS) {
    if (columns[key].length > 0)
      lines.push(`${key} ${columns.known ? 'classes' : 'perhaps'}: ${columns[key].join(', ')}`);
  }
  if (reason !== undefined) lines.push(reason);
  return lines;
}

const USES = { output: 'shows', filter: 'filters by', write: 'assigns' } as const satisfies Record<
  ColumnUse['use'],
  string
>;

function columnName({ schema, table, column }: { schema: string; table: string; column: string }): string {
  return [...(schema === '' ? [] : [schema]), table, column].join('.');
}

function decisionLines(decision: Decision, paint: Paint): readonly string[] {
  if (decision.effect === 'deny') {
    const hint = decision.hint === undefined ? [] : [`  ${printable(decision.hint)}`];
    return [`${paint('red', 'deny')} ${decision.code}: ${printable(decision.reason)}`, ...hint];
  }
  const obligations = decision.obligations.map((one) => `  ${printable(obligationWords(one))}`);
  return [`${paint('green', 'permit')} by ${printable(decision.rules.join(', '))}`, ...obligations];
}
