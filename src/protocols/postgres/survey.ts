import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import { type Refusal, Refused } from '../../model/refusal.ts';
import type { SampleOutcome, Survey, SurveyedColumn, SurveyedRelation } from '../../model/survey.ts';
import type { Session } from '../protocol.ts';
import type { PostgresGreeting } from './greeting.ts';
import { OwnQueries, type OwnReply } from './own-queries.ts';
import type { StatementAnalyser } from './statement-text.ts';
import { SURVEY_QUERY } from './survey-query.ts';
import type { PostgresUpstream } from './upstream.ts';

/**
 * Asks a database what tables it has, and for samples of them. Each text is a transaction of its own that cannot write,
 * with a time for each statement and for each lock; what is set in it goes with it, so that a pool behind the target
 * never hands it on.
 */
export function surveyOf(session: Session<PostgresUpstream, PostgresGreeting>, analyser: StatementAnalyser): Survey {
  const queries = new OwnQueries(session, analyser);
  return {
    relations: async () => {
      const { rows, result, refusal } = await undone(queries, SURVEY_QUERY, LIMITS.classifyCatalogueBytes);
      if (refusal !== undefined) throw new Refused(refusal);
      if (result.status !== 'ok') {
        throw new Fault('upstream-protocol', `the server refused to describe its tables (${result.code ?? 'no code'})`);
      }
      const complete = rows.length <= LIMITS.classifyColumns;
      return { relations: relationsOf(rows.slice(0, LIMITS.classifyColumns)), complete };
    },
    sample: (relation) => sample(queries, relation),
  };
}

/** TABLESAMPLE takes whole pages, so a small share of a table may be none of it: then its first rows are taken. */
async function sample(queries: OwnQueries, relation: SurveyedRelation): Promise<SampleOutcome> {
  const columns = relation.columns.filter(({ readable }) => readable);
  if (columns.length === 0) return notSampled('42501');
  const share = sampledShare(relation, rowsOf(columns.length));
  if (share !== undefined) {
    const sampled = outcomeOf(await undone(queries, sampleQuery(relation, columns, share)));
    if (sampled.status !== 'sampled' || sampled.rows > 0) return sampled;
  }
  return outcomeOf(await undone(queries, sampleQuery(relation, columns, undefined)));
}

function outcomeOf({ result, refusal }: OwnReply): SampleOutcome {
  if (refusal !== undefined) return refused(refusal);
  return result.status === 'ok' ? { status: 'sampled', rows: result.rows } : notSampled(result.code ?? 'no code');
}

function refused({ code, message }: Refusal): SampleOutcome {
  return { status: 'not-sampled', code, why: message };
}

/** The server's own words may quote what they stumbled on, so its code is told in ours. */
function notSampled(code: string): SampleOutcome {
  return { status: 'not-sampled', code, why: REASONS[code] ?? `the server refused it (${code})` };
}

/** SQLSTATE (manual, appendix A). */
const REASONS: Readonly<Record<string, string>> = {
  '42501': 'the gateway’s role may not read it',
  '57014': `it took longer than ${LIMITS.classifyStatementMs} ms`,
  '55P03': `it was locked for longer than ${LIMITS.classifyLockMs} ms`,
  '42P01': 'it is not there any more',
};

async function undone(queries: OwnQueries, query: string, keepBytes?: number): Promise<OwnReply> {
  const reply = await queries.run(`${BEGIN}; ${query}`, keepBytes);
  const { result, refusal } = await queries.run('ROLLBACK');
  if (refusal !== undefined) throw new Refused(refusal);
  if (result.status !== 'ok') throw new Fault('upstream-protocol', 'the server refused to end a transaction');
  return reply;
}

const BEGIN = [
  'BEGIN TRANSACTION READ ONLY',
  `SET LOCAL statement_timeout = ${LIMITS.classifyStatementMs}`,
  `SET LOCAL lock_timeout = ${LIMITS.classifyLockMs}`,
  'SET LOCAL search_path = pg_catalog',
].join('; ');

/** So many rows that a table's sample stays within its bytes, at most four for each character. */
function rowsOf(columns: number): number {
  const perRow = columns * LIMITS.classifyValueCharacters * 4;
  return Math.max(10, Math.min(LIMITS.classifyRows, Math.floor(LIMITS.classifyTableBytes / perRow)));
}

/** Percent of a large table's pages, for some four times the rows that are wanted; undefined for a small one. */
function sampledShare({ kind, estimatedRows = 0 }: SurveyedRelation, rows: number): string | undefined {
  if (kind === 'foreign' || estimatedRows < rows * 20) return undefined;
  return Math.min(100, (rows * 400) / estimatedRows).toFixed(6);
}

function sampleQuery(
  { schema, name }: SurveyedRelation,
  columns: readonly SurveyedColumn[],
  share: string | undefined,
): string {
  const values = columns.map((column) => `${cut(column)} AS ${quoted(column.name)}`);
  const from = `${quoted(schema)}.${quoted(name)}${share === undefined ? '' : ` TABLESAMPLE SYSTEM (${share})`}`;
  return `SELECT ${values.join(', ')} FROM ${from} LIMIT ${rowsOf(columns.length)}`;
}

/**
 * A value as text, of bounded length. Bytes are shown as the text that they may be. `format` writes a value as its type
 * does; a cast would run what somebody made a cast to text of.
 */
function cut({ name, type }: SurveyedColumn): string {
  const most = LIMITS.classifyValueCharacters;
  if (type === 'bytea') return `encode(substr(${quoted(name)}, 1, ${most}), 'escape')`;
  return `"left"(format('%s', ${quoted(name)}), ${most})`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function relationsOf(rows: OwnReply['rows']): readonly SurveyedRelation[] {
  const relations = new Map<string, SurveyedRelation & { columns: SurveyedColumn[] }>();
  for (const row of rows) {
    const [schema = '', name = '', kind = '', estimate = null, comment = null] = row;
    const key = `${schema}\0${name}`;
    let relation = relations.get(key);
    if (relation === undefined) {
      relation = {
        schema: schema ?? '',
        name: name ?? '',
        kind: KINDS[kind ?? ''] ?? 'table',
        ...(comment === null ? {} : { comment }),
        ...(estimate === null || Number(estimate) < 0 ? {} : { estimatedRows: Number(estimate) }),
        columns: [],
      };
      relations.set(key, relation);
    }
    relation.columns.push(columnOf(row));
  }
  return [...relations.values()];
}

/** pg_class.relkind. */
const KINDS: Readonly<Record<string, SurveyedRelation['kind']>> = {
  r: 'table',
  p: 'partitioned',
  m: 'matview',
  f: 'foreign',
};

function columnOf(row: OwnReply['rows'][number]): SurveyedColumn {
  const [name, type, domain, comment, unique, schema, table, column, readable] = row.slice(5);
  return {
    name: name ?? '',
    type: type ?? '',
    ...(domain == null ? {} : { domain }),
    ...(comment == null ? {} : { comment }),
    unique: unique === 't',
    ...(schema == null || table == null || column == null ? {} : { references: { schema, table, column } }),
    readable: readable === 't',
  };
}
