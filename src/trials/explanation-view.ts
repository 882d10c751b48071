import type { ColumnPreview } from '../masking/column-preview.ts';
import type { HttpFacts } from '../model/http.ts';
import type { KubernetesFacts } from '../model/kubernetes.ts';
import type { ColumnUse, Operation } from '../model/request.ts';
import type { ProgramFacts } from '../model/ssh.ts';
import { COLUMN_KEYS, type ColumnFacts } from '../policy/column-facts.ts';
import type { ConsideredRule, Explanation } from '../policy/explain-decision.ts';
import { obligationWords } from '../policy/obligation-words.ts';

/** An explanation as people read it: in a terminal, in the browser, in JSON. */
export interface ExplanationView {
  readonly effect: 'permit' | 'deny';
  /** Of a denial. */
  readonly code?: string;
  readonly reason?: string;
  readonly hint?: string;
  /** The rules that decided. */
  readonly rules: readonly string[];
  /** What a permit asks for, in words. */
  readonly obligations: readonly string[];
  readonly operations: readonly OperationView[];
  /** The columns of each result; null where they cannot be told. */
  readonly results: readonly (readonly ColumnPreview[] | null)[];
  /** Detectors at work on every reply. */
  readonly detectors: readonly string[];
}

export interface OperationView {
  /** `delete on public.users`. */
  readonly name: string;
  readonly outcome: string;
  /** What it does, a line each, as far as a rule can see it. */
  readonly facts: readonly string[];
  readonly rules: readonly ConsideredRule[];
}

export function explanationView(
  { decision, operations }: Explanation,
  shown: {
    readonly results: readonly (readonly ColumnPreview[] | undefined)[];
    readonly detectors: readonly string[];
  },
): ExplanationView {
  const denial =
    decision.effect === 'deny'
      ? {
          code: decision.code,
          reason: decision.reason,
          ...(decision.hint === undefined ? {} : { hint: decision.hint }),
        }
      : {};
  return {
    effect: decision.effect,
    ...denial,
    rules: decision.rules,
    obligations: decision.effect === 'permit' ? decision.obligations.map(obligationWords) : [],
    operations: operations.map(({ name, outcome, operation, columns, rules }) => {
      return { name, outcome, facts: factsOf(operation, columns), rules };
    }),
    results: shown.results.map((columns) => columns ?? null),
    detectors: shown.detectors,
  };
}

/** Kind, flags, columns, copies and lock. */
function factsOf(operation: Operation, columns: ColumnFacts): readonly string[] {
  const { access, flags, functions, hasWhere, lock, reason, copies = [] } = operation;
  const lines = [`${access}${hasWhere ? '' : ', of every row'}${lock === undefined ? '' : `, lock ${lock}`}`];
  if (flags.length > 0) lines.push(`flags: ${flags.join(', ')}`);
  if (operation.http !== undefined) lines.push(...httpLines(operation.http));
  if (operation.ssh !== undefined) lines.push(...programLines(operation.ssh));
  if (operation.kubernetes !== undefined) lines.push(...clusterLines(operation.kubernetes));
  if (functions.length > 0) lines.push(`calls: ${functions.join(', ')}`);
  lines.push(...columnLines(operation.columns));
  for (const { into, from } of copies) {
    const what = from === 'unknown' ? 'not known' : from.map(columnName).join(', ');
    lines.push(`copies: ${what || 'nothing that is stored'} into ${columnName(into)}`);
  }
  for (const key of COLUMN_KEYS) {
    const perhaps = columns.known ? '' : 'perhaps ';
    // What a reply of HTTP has is not known by columns.
    if (columns[key].length > 0 && operation.http === undefined)
      lines.push(`${key} ${perhaps}${columns[key].join(', ')} (classes)`);
  }
  return reason === undefined ? lines : [...lines, reason];
}

/** What rules see of a command, or of what is done to a file. */
function programLines(facts: ProgramFacts): readonly string[] {
  const { program, through = [], arguments: words, files = [], filesUnknown, environment = [] } = facts;
  const named = files.map(({ path, use, recursive }) => `${use} ${path}${recursive === true ? ' and below' : ''}`);
  return [
    ...(words === undefined ? [] : [`program: ${[...through, program ?? 'not known'].join(' > ')}`]),
    ...(words === undefined || words.length === 0 ? [] : [`words: ${words.map((word) => word ?? '…').join(' ')}`]),
    ...(named.length === 0 && filesUnknown !== true
      ? []
      : [`files: ${[...named, ...(filesUnknown === true ? ['others that are not known'] : [])].join(', ')}`]),
    ...(environment.length === 0 ? [] : [`sets: ${environment.join(', ')}`]),
  ];
}

function clusterLines({
  verb,
  group,
  resource,
  subresource,
  namespace,
  name,
  path,
  runs,
}: KubernetesFacts): readonly string[] {
  const what = resource === undefined ? path : `${resource}${subresource === undefined ? '' : `/${subresource}`}`;
  const of = group === undefined || group === '' ? '' : ` of ${group}`;
  const place = [namespace === undefined ? '' : `in ${namespace}`, name ?? ''].filter((one) => one !== '').join(', ');
  return [
    `cluster: ${verb} ${what ?? ''}${of}${place === '' ? '' : ` ${place}`}`,
    ...(runs === undefined ? [] : programLines(runs)),
  ];
}

/** What rules see of a request beside its method. */
function httpLines({ path, query, headers, mediaType, body, ...known }: HttpFacts): readonly string[] {
  const { template, operationId, declared, action, resources = [], graphql } = known;
  const names = (from: object): string => Object.keys(from).join(', ') || 'none';
  const lines = [`path: ${path}`, `query: ${names(query)}`, `fields: ${names(headers)}`];
  if (body.kind !== 'none') {
    const what = { fields: 'read', unread: 'not looked into', unknown: 'not known' }[body.kind];
    lines.push(
      `body: ${what}${mediaType === '' ? '' : `, ${mediaType}`}${body.kind === 'unknown' ? `; ${body.why}` : ''}`,
    );
  }
  if (template !== undefined) lines.push(`operation: ${operationId ?? 'without a name'}, ${template}`);
  if (declared === false) lines.push('operation: not in the document of the target');
  if (action !== undefined)
    lines.push(`action: ${action}${resources.length === 0 ? '' : ` on ${resources.join(', ')}`}`);
  if (graphql !== undefined) lines.push(`graphql: ${graphql.type} of ${graphql.fields.join(', ')}`);
  return lines;
}

function columnLines(columns: Operation['columns']): readonly string[] {
  if (columns === undefined) return [];
  if (columns === 'unknown') return ['columns: not known'];
  return (['output', 'filter', 'write'] as const).flatMap((use) => {
    const names = columns.filter((one) => one.use === use).map(columnName);
    return names.length === 0 ? [] : [`${USES[use]}: ${[...new Set(names)].join(', ')}`];
  });
}

const USES = { output: 'shows', filter: 'filters by', write: 'assigns' } as const satisfies Record<
  ColumnUse['use'],
  string
>;

function columnName({ schema, table, column }: Pick<ColumnUse, 'schema' | 'table' | 'column'>): string {
  return [...(schema === '' ? [] : [schema]), table, column].join('.');
}
