import type { CallEffect } from './builtin-effects.ts';
import { as, type Body, constantOf, listOf, namesOf } from './nodes.ts';
import { effectOfSetting } from './settings.ts';

/** What the calls of set_config in one statement set. */
export class SetConfigCalls {
  readonly #inSight = new Map<unknown, string>();

  /** pg_dump sets `SELECT set_config(name, …) FROM pg_settings WHERE name = 'x'`: there the name is that constant. */
  note(select: Body): void {
    const from = listOf(select['fromClause']);
    const condition = as(select['whereClause'], 'A_Expr');
    if (from.length !== 1 || as(from[0], 'RangeVar')?.relname !== 'pg_settings') return;
    if (condition?.kind !== 'AEXPR_OP' || namesOf(condition.name).join('.') !== '=') return;
    const name = constantOf(condition.rexpr);
    if (name === undefined || !isColumn(condition.lexpr, 'name')) return;
    for (const item of listOf(select['targetList'])) {
      const call = as(as(item, 'ResTarget')?.val, 'FuncCall');
      const first = call?.args?.[0];
      if (isColumn(first, 'name')) this.#inSight.set(first, name);
    }
  }

  effectOf(args: readonly unknown[]): { readonly name: string; readonly effect: CallEffect } {
    const [nameArg, valueArg] = args;
    const name = constantOf(nameArg) ?? this.#inSight.get(nameArg);
    const value = constantOf(valueArg);
    const literal = value !== undefined || as(unwrapCast(valueArg), 'ParamRef') !== undefined;
    if (name === undefined || !literal) {
      const reason = 'set_config with a name or a value that the text does not tell';
      return {
        name: 'set_config',
        effect: { access: 'unknown', flags: ['dynamic-setting'], result: 'arguments', reason },
      };
    }
    const effect = effectOfSetting(name, value, false);
    return { name: `set_config ${name.toLowerCase()}`, effect: { ...effect, result: 'arguments' } };
  }
}

function isColumn(node: unknown, name: string): boolean {
  const fields = as(node, 'ColumnRef')?.fields;
  return fields?.length === 1 && namesOf(fields)[0] === name;
}

function unwrapCast(node: unknown): unknown {
  const cast = as(node, 'TypeCast');
  return cast === undefined ? node : unwrapCast(cast.arg);
}
