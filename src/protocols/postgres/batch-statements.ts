import type { Statement } from '../../sql/postgres/analysis.ts';
import type { PreparedStatement } from './client-state.ts';
import type { Action } from './request.ts';

/** The statements that a request's actions parse or run. */
export function statementsOf(actions: readonly Action[]): readonly Statement[] {
  const own = actions.flatMap((action) => (action.kind === 'statement' ? (action.statement ?? []) : []));
  return [...own, ...preparedOf(actions).flatMap(({ analysis }) => analysis.statements)];
}

/** What its batch parses, binds or executes, once for each action. */
export function preparedOf(actions: readonly Action[]): readonly PreparedStatement[] {
  return actions.flatMap((action) => {
    if (action.kind === 'parse') return action.statement;
    return action.kind === 'bind' || action.kind === 'execute' ? action.portal.statement : [];
  });
}

/** What is recorded of a batch: the text and the parameters of each statement that it parsed or ran. */
export function describeBatch(actions: readonly Action[]): readonly unknown[] {
  const bound = new Set<PreparedStatement>();
  for (const action of actions) if (action.kind === 'bind') bound.add(action.portal.statement);
  return actions.flatMap((action) => {
    if (action.kind === 'bind') {
      const { statement, parameters, parameterFormats } = action.portal;
      return [
        {
          text: statement.text,
          parameters: parameters.map((value, i) => parameterOf(value, formatOf(parameterFormats, i))),
        },
      ];
    }
    if (action.kind === 'parse' && !bound.has(action.statement)) return [{ text: action.statement.text }];
    if (action.kind === 'execute' && !bound.has(action.portal.statement))
      return [{ text: action.portal.statement.text, again: true }];
    return [];
  });
}

/** Formats of Bind: none means text for all, one counts for all (manual, 55.7, Bind). */
export function formatOf(formats: readonly number[], index: number): number {
  return formats.length === 0 ? 0 : formats.length === 1 ? (formats[0] ?? 0) : (formats[index] ?? 0);
}

function parameterOf(value: Buffer | null, format: number): unknown {
  if (value === null) return null;
  return format === 0 ? value.toString('utf8') : { binary: value.toString('base64') };
}
