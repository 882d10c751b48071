import type { GrantId, RunId, SessionId } from '../../../model/ids.ts';
import type { JsonObject } from '../federation/lossless-json.ts';

/** In whose name a tool works: it sees that run, and nothing of any other. */
export interface Asker {
  readonly grant: GrantId;
  readonly run: RunId;
  /** In which it asks. */
  readonly session: SessionId;
}

/** What a tool answers: data, or why not, in words for the agent. */
export type Answered =
  | { readonly kind: 'data'; readonly data: JsonObject }
  | { readonly kind: 'refused'; readonly why: string; readonly data?: JsonObject };

/** What the gateway does for its own tools. None rejects but with a fault of its own. */
export interface OwnServices {
  listTargets(asker: Asker): Promise<Answered>;
  query(asker: Asker, query: OwnQuery, signal: AbortSignal): Promise<Answered>;
  explain(asker: Asker, question: OwnQuestion): Promise<Answered>;
  /** Asks people for one exact query, and runs nothing. */
  requestStatement(asker: Asker, query: OwnQuery, signal: AbortSignal): Promise<Answered>;
  /** Asks people to let the run into a target. */
  requestTarget(asker: Asker, asked: { readonly target: string; readonly because: string }): Promise<Answered>;
  approval(asker: Asker, id: string): Promise<Answered>;
  run(asker: Asker): Promise<Answered>;
}

export interface OwnQuery {
  readonly target: string;
  /** Of a database. */
  readonly sql?: string;
  /** Of an HTTP target. */
  readonly http?: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  };
}

/** The refusal of an exchange, the last one of the run where none is named, or a statement that is only asked about. */
export interface OwnQuestion {
  readonly session?: string;
  readonly exchange?: number;
  readonly target?: string;
  readonly sql?: string;
}

interface OwnTool {
  readonly name: keyof typeof CALLS;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly annotations: JsonObject;
}

const text = (description: string): JsonObject => ({ type: 'string', description });
const object = (properties: JsonObject, required: readonly string[] = []): JsonObject => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const READS: JsonObject = { readOnlyHint: true, destructiveHint: false, openWorldHint: false };
const TARGET = text('The name of a target, as list_targets says it.');
const QUERIED: JsonObject = {
  sql: text('For a database: one statement, or several with semicolons between.'),
  http: object(
    {
      method: text('GET, POST, …; GET where absent.'),
      path: text('Within the target, with its query: /v1/customers?limit=1'),
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      body: text('What is sent, as text.'),
    },
    ['path'],
  ),
};

/** The tools as clients are told of them; each in the order in which it is listed. */
export const OWN_TOOLS: readonly OwnTool[] = [
  {
    name: 'list_targets',
    title: 'List targets',
    description: 'Says which targets this run may enter, what each is, and how long the grant lasts.',
    inputSchema: object({}),
    annotations: READS,
  },
  {
    name: 'query',
    title: 'Query a target',
    description:
      'Runs SQL on a database target, or one HTTP request on an HTTP target, in a session of this run: decided by its policy, recorded and masked. Long results are cut, and say so.',
    inputSchema: object({ target: TARGET, ...QUERIED }, ['target']),
    annotations: { readOnlyHint: false, openWorldHint: true },
  },
  {
    name: 'explain',
    title: 'Explain a refusal',
    description:
      'Says why the last refused request of this run was refused, or that of an exchange; or, of a statement for a database, how it would be decided, without running it.',
    inputSchema: object({
      session: text('The session of the exchange: ses_…'),
      exchange: { type: 'integer', minimum: 1, description: 'The number of the exchange in its session.' },
      target: text('The database that the statement is for.'),
      sql: text('The statement.'),
    }),
    annotations: READS,
  },
  {
    name: 'request_access',
    title: 'Ask people for access',
    description:
      'Asks people, runs nothing, and answers at once with the approval. With sql or http: for that one exact query, which passes once by `query` after they approved it. With neither: to be let into a target of `mayAskFor` in list_targets; say why in `because`.',
    inputSchema: object({ target: TARGET, ...QUERIED, because: text('Why, for the people who are asked.') }, [
      'target',
    ]),
    annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: true },
  },
  {
    name: 'approval',
    title: 'Show an approval',
    description: 'Says how an approval of this run stands: pending, approved, used, given, denied, expired, cancelled.',
    inputSchema: object({ approval: text('Its id: apr_…') }, ['approval']),
    annotations: READS,
  },
  {
    name: 'run',
    title: 'Show this run',
    description: 'Says what this run did so far: its sessions, refusals, approvals, budgets, and when it ends.',
    inputSchema: object({}),
    annotations: READS,
  },
];

type Call = (services: OwnServices, asker: Asker, given: JsonObject, signal: AbortSignal) => Promise<Answered>;

/** Does what a tool is for; undefined where there is no such tool. */
export function callOwn(
  name: string,
  services: OwnServices,
  asker: Asker,
  given: JsonObject,
  signal: AbortSignal,
): Promise<Answered> | undefined {
  return Object.hasOwn(CALLS, name) ? CALLS[name as keyof typeof CALLS](services, asker, given, signal) : undefined;
}

const CALLS = {
  list_targets: (services, asker) => services.listTargets(asker),
  run: (services, asker) => services.run(asker),
  query: (services, asker, given, signal) => {
    const query = queryOf(given);
    if (query === undefined) return mistaken('query takes a `target`, and either `sql` or `http` with a `path`');
    return services.query(asker, query, signal);
  },
  request_access: (services, asker, given, signal) => {
    const { target, sql, http, because } = given;
    const query = queryOf(given);
    if (query !== undefined) return services.requestStatement(asker, query, signal);
    if (typeof target !== 'string' || typeof because !== 'string' || sql !== undefined || http !== undefined) {
      return mistaken('request_access takes a `target`, and either `sql`, or `http` with a `path`, or `because`');
    }
    return services.requestTarget(asker, { target, because });
  },
  approval: (services, asker, { approval }) =>
    typeof approval === 'string' ? services.approval(asker, approval) : mistaken('approval takes an `approval`: apr_…'),
  explain: (services, asker, { session, exchange, target, sql }) => {
    const statement = typeof target === 'string' && typeof sql === 'string' ? { target, sql } : {};
    const place = typeof session === 'string' && typeof exchange === 'number' ? { session, exchange } : {};
    return services.explain(asker, { ...statement, ...place });
  },
} as const satisfies Readonly<Record<string, Call>>;

function queryOf({ target, sql, http }: JsonObject): OwnQuery | undefined {
  const request = requestOf(http);
  const isSql = typeof sql === 'string' && http === undefined;
  const what = isSql ? { sql } : sql === undefined && request !== undefined ? { http: request } : undefined;
  return typeof target === 'string' && what !== undefined ? { target, ...what } : undefined;
}

function requestOf(http: JsonObject[string]): OwnQuery['http'] {
  if (typeof http !== 'object' || http === null || Array.isArray(http)) return undefined;
  const { method, path, headers, body } = http as JsonObject;
  if (typeof path !== 'string' || !path.startsWith('/')) return undefined;
  const given = Object.entries((headers ?? {}) as JsonObject).filter(([, value]) => typeof value === 'string');
  return {
    method: typeof method === 'string' ? method.toUpperCase() : 'GET',
    path,
    headers: Object.fromEntries(given) as Readonly<Record<string, string>>,
    ...(typeof body === 'string' ? { body } : {}),
  };
}

function mistaken(why: string): Promise<Answered> {
  return Promise.resolve({ kind: 'refused', why });
}
