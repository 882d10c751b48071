import type { Estimate, StatementEstimate } from '../../model/approval.ts';
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import type { EffectQuestion } from '../protocol.ts';
import { cancelUpstream } from './cancel-upstream.ts';
import type { ClientState } from './client-state.ts';
import { runCommand } from './command.ts';
import { commandFor, type HeldStatement, heldStatements, whyNotPlanned } from './estimated-statements.ts';
import { measureRows } from './measure-rows.ts';
import { readPlan } from './plan.ts';
import { PostgresRequest } from './request.ts';
import type { StatementAnalyser } from './statement-text.ts';
import { tellOfTables } from './touched-tables.ts';
import { PostgresUpstream } from './upstream.ts';
import { connectUpstream } from './upstream-login.ts';

/**
 * Tells what a held request would do, on a connection of its own with the session's credential, database, role and
 * search path. Nothing is executed but EXPLAIN, in a transaction that cannot write; and, where a rule allows it, one
 * change of rows in a transaction that is rolled back. Never rejects.
 */
export async function estimateEffect(
  question: EffectQuestion,
  analyser: StatementAnalyser,
  signal: AbortSignal,
): Promise<Estimate> {
  const startedAt = performance.now();
  const tookMs = (): number => Math.round(performance.now() - startedAt);
  const unavailable = (why: string): Estimate => ({ kind: 'unavailable', statements: [], why, tookMs: tookMs() });
  const { request } = question;
  if (!(request instanceof PostgresRequest) || request.session === undefined) return unavailable(NOT_READ);
  const { session } = request;
  const { role, searchPath } = session;
  if (role === undefined || searchPath === undefined) return unavailable("the session's role or path is not known");
  const held = heldStatements(request, session, analyser);
  if (held.length === 0) return unavailable(NOT_READ);
  try {
    await using upstream = await connect(question, signal);
    if (upstream.parameters.get('standard_conforming_strings') !== 'on') return unavailable(NOT_READ);
    const planner = new Planner(upstream, session, { role, searchPath });
    const told = await tell(planner, held, question.measureRows);
    upstream.finish();
    return { ...told, tookMs: tookMs() };
  } catch (fault) {
    // The cause may name the target's address: people who approve learn what kind of fault it was.
    return unavailable(`the target could not be asked (${fault instanceof Fault ? fault.code : 'internal'})`);
  }
}

async function tell(
  planner: Planner,
  held: readonly HeldStatement[],
  measureRows: boolean,
): Promise<Pick<Estimate, 'kind' | 'statements'>> {
  const statements: StatementEstimate[] = [];
  for (const one of held.slice(0, LIMITS.maxEstimatedStatements)) statements.push(await planner.plan(one));
  for (const { text } of held.slice(LIMITS.maxEstimatedStatements)) statements.push({ text, why: TOO_MANY });
  const [only, ...others] = held;
  const [planned] = statements;
  if (!measureRows || only === undefined || planned === undefined || others.length > 0)
    return { kind: 'planned', statements };
  const { kind, statement } = await planner.measure(only, planned);
  return { kind, statements: [statement] };
}

/** One connection that plans for one session. */
class Planner {
  readonly #upstream: PostgresUpstream;
  readonly #session: ClientState;
  readonly #place: { readonly role: string; readonly searchPath: string };

  constructor(
    upstream: PostgresUpstream,
    session: ClientState,
    place: { readonly role: string; readonly searchPath: string },
  ) {
    this.#upstream = upstream;
    this.#session = session;
    this.#place = place;
  }

  /** In a transaction of its own, so that a statement that cannot be planned spoils no other. */
  plan(held: HeldStatement): Promise<StatementEstimate> {
    return this.#undone('BEGIN TRANSACTION READ ONLY', async () => {
      const { text } = held;
      const reason = whyNotPlanned(held, this.#session.catalogue);
      if (reason !== undefined) {
        const unset = await this.#set([['search_path', 'pg_catalog']]);
        const tables = unset === undefined ? await tellOfTables(this.#upstream, held) : undefined;
        return { text, why: tables === undefined ? reason : `${reason}; ${tables}` };
      }
      const unprepared = await this.#prepare(LIMITS.estimateStatementMs);
      if (unprepared !== undefined) return { text, why: unprepared };
      const result = await runCommand(this.#upstream, commandFor('EXPLAIN (FORMAT JSON) ', held));
      if (!result.ok) return { text, why: `the server cannot plan it (${result.code}): ${shown(result.message)}` };
      const plan = readPlan(result.rows.map(([line]) => line ?? '').join('\n'));
      if (plan === undefined) return { text, why: 'the plan could not be read' };
      const { rows, cost } = plan;
      return {
        text,
        plan: plan.text,
        ...(rows === undefined ? {} : { rows }),
        ...(cost === undefined ? {} : { cost }),
      };
    });
  }

  measure(
    held: HeldStatement,
    planned: StatementEstimate,
  ): Promise<{ readonly kind: Estimate['kind']; readonly statement: StatementEstimate }> {
    return this.#undone('BEGIN TRANSACTION READ WRITE', async () => {
      const unprepared = await this.#set([
        ['search_path', 'pg_catalog'],
        ['lock_timeout', String(LIMITS.estimateLockMs)],
        ['idle_in_transaction_session_timeout', String(LIMITS.estimateDeadlineMs)],
      ]);
      if (unprepared !== undefined) return { kind: 'planned', statement: planned };
      const prepare = (): Promise<string | undefined> => this.#prepare(LIMITS.measureStatementMs);
      const measured = await measureRows(this.#upstream, held, this.#session.catalogue, prepare);
      if ('rows' in measured) return { kind: 'measured', statement: { ...planned, rows: measured.rows } };
      const why = `not counted by running it: ${shown(measured.why)}`;
      return { kind: 'planned', statement: { ...planned, why: planned.why ? `${planned.why}; ${why}` : why } };
    });
  }

  /** What is done here is always rolled back; where even that fails, the connection ends, which does it too. */
  async #undone<T>(begin: string, work: () => Promise<T>): Promise<T> {
    await this.#must(begin);
    const done = await work();
    await this.#must('ROLLBACK');
    return done;
  }

  async #must(text: string): Promise<void> {
    const result = await runCommand(this.#upstream, { text });
    if (!result.ok) throw new Fault('upstream-protocol', `the server refused ${text} (${result.code})`);
  }

  /** Brings the open transaction to where the session is; the reason where the server does not let it. */
  #prepare(statementMs: number): Promise<string | undefined> {
    const { role, searchPath } = this.#place;
    return this.#set([
      ['statement_timeout', String(statementMs)],
      ['lock_timeout', String(LIMITS.estimateLockMs)],
      ...(role === 'none' ? [] : ([['role', role]] as const)),
      ['search_path', searchPath === 'default' ? undefined : searchPath],
    ]);
  }

  async #set(settings: readonly (readonly [string, string | undefined])[]): Promise<string | undefined> {
    for (const [name, value] of settings) {
      const parameters = [Buffer.from(name), Buffer.from(value ?? '')];
      const result = await runCommand(
        this.#upstream,
        value === undefined ? { text: `RESET ${name}` } : { text: SET, parameters },
      );
      if (!result.ok) return `${name} could not be set as the session has it (${result.code})`;
    }
    return undefined;
  }
}

const SET = 'SELECT pg_catalog.set_config($1, $2, true)';
const NOT_READ = 'the request could not be read';
const TOO_MANY = `only the first ${LIMITS.maxEstimatedStatements} statements are planned`;
const MAX_SHOWN = 500;

/** What the client chose of how values are read; nothing that changes what a statement does. */
const KEPT_PARAMETERS = ['datestyle', 'intervalstyle', 'timezone'];

async function connect({ target, credential, login }: EffectQuestion, signal: AbortSignal): Promise<PostgresUpstream> {
  const database = login.database ?? target.database;
  const kept = KEPT_PARAMETERS.flatMap((name) => {
    const value = login.parameters[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const options = {
    address: target.address,
    tls: target.tls,
    credential,
    parameters: { ...Object.fromEntries(kept), client_encoding: 'UTF8', application_name: 'chaperone estimate' },
    ...(database === undefined ? {} : { database }),
  };
  const { socket, leftover, transactionStatus, parameters, processId, secretKey } = await connectUpstream(
    options,
    signal,
  );
  const cancel = (): Promise<void> =>
    cancelUpstream(options, processId, secretKey, AbortSignal.timeout(LIMITS.upstreamConnectDeadlineMs));
  const upstream = new PostgresUpstream({ socket, leftover, status: transactionStatus, cancel }, parameters);
  upstream.begin(signal);
  return upstream;
}

function shown(message: string): string {
  return message.length <= MAX_SHOWN ? message : `${message.slice(0, MAX_SHOWN)}…`;
}
