import type { ColumnSource } from '../../model/request.ts';
import type { SurveyedColumn, SurveyedRelation } from '../../model/survey.ts';
import type { ClassifiedColumn } from '../../model/target.ts';
import { judgeColumn } from './judge-column.ts';
import type { ClassProposal, Verdict } from './proposal.ts';
import type { ColumnEvidence } from './sample-evidence.ts';

/** A relation with what its sample showed, by column. */
export interface SampledColumns {
  readonly relation: SurveyedRelation;
  readonly evidence: ReadonlyMap<string, ColumnEvidence>;
}

/**
 * A class for each column that something speaks for, by schema, table and column; those that `classified` has say so. A
 * foreign key holds what the column holds that it names.
 */
export function proposeClasses(
  sampled: readonly SampledColumns[],
  classified: readonly ClassifiedColumn[],
): readonly ClassProposal[] {
  const verdicts = new Map<string, Verdict>();
  for (const { relation, evidence } of sampled) {
    for (const column of relation.columns) {
      const verdict = judgeColumn(relation, column, evidence.get(column.name));
      if (verdict !== undefined) verdicts.set(keyOf(relation, column), verdict);
    }
  }
  const given = new Map(classified.map((one) => [key(one), one.class]));
  return sampled.flatMap(({ relation, evidence }) =>
    relation.columns.flatMap((column) => {
      const place = keyOf(relation, column);
      const own = verdicts.get(place);
      const verdict = inherited(column, own, verdicts, given);
      return verdict === undefined
        ? []
        : [proposal(relation, column, verdict, evidence.get(column.name), given.get(place))];
    }),
  );
}

/** By what a foreign key names, where that is surer than what the column shows by itself. */
function inherited(
  { references }: SurveyedColumn,
  own: Verdict | undefined,
  verdicts: ReadonlyMap<string, Verdict>,
  given: ReadonlyMap<string, string>,
): Verdict | undefined {
  if (references === undefined) return own;
  const told = `it references ${references.schema}.${references.table}.${references.column}`;
  const classified = given.get(key(references));
  if (classified !== undefined)
    return { class: classified, confidence: 'high', why: [`${told}, which is classified so`] };
  const theirs = verdicts.get(key(references));
  if (theirs === undefined) return own;
  const isSurer = own === undefined || own.class === theirs.class;
  return isSurer ? { ...theirs, why: [...(own?.why ?? []), `${told}, for which this class is proposed`] } : own;
}

function proposal(
  { schema, name: table }: SurveyedRelation,
  { name: column, type, domain }: SurveyedColumn,
  verdict: Verdict,
  evidence: ColumnEvidence | undefined,
  classified: string | undefined,
): ClassProposal {
  const shape = evidence?.shape(verdict.class);
  return {
    schema,
    table,
    column,
    type: domain === undefined ? type : `${domain} (${type})`,
    ...verdict,
    values: evidence?.values ?? 0,
    hits: evidence?.hits ?? [],
    ...(shape === undefined ? {} : { shape }),
    ...(classified === undefined ? {} : { classified }),
  };
}

function keyOf({ schema, name }: SurveyedRelation, { name: column }: SurveyedColumn): string {
  return key({ schema, table: name, column });
}

function key({ schema, table, column }: ColumnSource): string {
  return JSON.stringify([schema, table, column]);
}
