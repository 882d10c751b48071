/** The files of a pack that follow from the entries alone, as text by path: a verifier makes them again to the byte. */
import { canonicalJson, type Json } from '../canonical-json.ts';
import { csv } from './csv.ts';
import { DERIVED, type PackManifest } from './pack.ts';
import type { PackEntry, PackFacts, PackRun } from './pack-facts.ts';

export type PackHead = Pick<PackManifest, 'origin' | 'span'>;

export function derivedFiles(facts: PackFacts, head: PackHead): ReadonlyMap<string, string> {
  const runs = [...facts.runs.values()];
  const open = runs.filter(({ close }) => close === undefined);
  return new Map([
    [DERIVED.populationCsv, populationCsv(runs, facts)],
    [DERIVED.populationJson, populationJson(runs, facts, head)],
    [DERIVED.listed, listedCsv(runs)],
    [DERIVED.unterminated, csv(['run', 'opened_at', 'open_index', 'sessions', 'targets'], open.map(unterminated))],
    [DERIVED.withheld, withheldCsv(facts)],
    [DERIVED.operators, operatorsCsv(facts)],
    [DERIVED.gaps, gapsCsv(facts)],
    [DERIVED.keys, keysJson(facts)],
    [DERIVED.policies, policiesJson(facts)],
  ]);
}

/** Runs that a sample is drawn from. */
export function terminatedRuns(facts: PackFacts): readonly string[] {
  return [...facts.runs.values()].filter(({ close }) => close !== undefined).map(({ id }) => id);
}

/** Digests of the policy sets in force in the span. */
export function activatedPolicies(facts: PackFacts): readonly string[] {
  return [...new Set(facts.activations.map(({ members }) => word(members['digest'])))].filter((digest) =>
    /^[0-9a-f]{64}$/u.test(digest),
  );
}

const UNTERMINATED = 'unterminated';

function facet(run: PackRun) {
  const { close, sessions } = run;
  const distinct = (values: readonly string[]) => [...new Set(values)].sort();
  return {
    run: run.id,
    openedAt: run.openedAt,
    openIndex: String(run.openIndex),
    closedAt: close?.at ?? '',
    closeIndex: close === undefined ? '' : String(close.index),
    termination: close === undefined ? UNTERMINATED : word(close.members['termination']),
    sessions: String(sessions.length),
    targets: distinct(sessions.map(({ target }) => target)),
    principals: distinct(sessions.map(({ principal }) => principal)),
    token: run.token,
    held: String(run.held),
  };
}

function erasedRuns({ erasures }: PackFacts): ReadonlySet<string> {
  return new Set(erasures.map(({ members }) => word(members['run'])));
}

function populationCsv(runs: readonly PackRun[], facts: PackFacts): string {
  const erased = erasedRuns(facts);
  const heading =
    'run,opened_at,open_index,closed_at,close_index,termination,sessions,targets,principal_class,ci_token_sha256,held,bodies';
  const rows = runs.map((run) => {
    const { targets, principals, ...one } = facet(run);
    const { openedAt, openIndex, closedAt, closeIndex, termination, sessions, token, held } = one;
    const times = [run.id, openedAt, openIndex, closedAt, closeIndex, termination, sessions];
    return [...times, targets.join(' '), principals.join(' '), token, held, erased.has(run.id) ? 'erased' : 'kept'];
  });
  return csv(heading.split(','), rows);
}

function populationJson(runs: readonly PackRun[], facts: PackFacts, { origin, span }: PackHead): string {
  const erased = erasedRuns(facts);
  const listed = runs.map((run) => ({ ...facet(run), bodies: erased.has(run.id) ? 'erased' : 'kept' }));
  return json({ v: 1, origin, span: { ...span }, runs: listed });
}

function unterminated(run: PackRun): readonly string[] {
  const { openedAt, openIndex, sessions, targets } = facet(run);
  return [run.id, openedAt, openIndex, sessions, targets.join(' ')];
}

/** What is listed whether it was drawn or not. */
function listedCsv(runs: readonly PackRun[]): string {
  const rows = runs.flatMap((run) => {
    const why = [
      ...(run.close === undefined ? [UNTERMINATED] : []),
      ...(run.held > 0 ? ['held'] : []),
      ...(run.refused > 0 ? ['login-refused'] : []),
    ];
    return why.length === 0 ? [] : [[run.id, run.openedAt, why.join(' '), String(run.held), String(run.refused)]];
  });
  return csv(['run', 'opened_at', 'why', 'held', 'logins_refused'], rows);
}

/** Erasures of this population's bodies and others, and what keeps bodies from being erased. */
function withheldCsv({ erasures, holds, runs }: PackFacts): string {
  const heading = 'at,index,kind,run,in_population,by,why,rule,hold,target,until';
  const rows = [...erasures, ...holds]
    .sort((one, other) => one.index - other.index)
    .map(({ at, index, kind, members }) => {
      const of = (name: string) => word(members[name]);
      const isOurs = runs.has(of('run')) ? 'yes' : 'no';
      const what = [at, String(index), kind, of('run'), of('run') === '' ? '' : isOurs, of('by'), of('reason')];
      return [...what, of('rule'), of('hold'), of('target'), of('until')];
    });
  return csv(heading.split(','), rows);
}

const OPERATOR_COLUMNS: ReadonlySet<string> = new Set(['by', 'action', 'via', 'run', 'session', 'target', 'grant']);

function operatorsCsv({ operators }: PackFacts): string {
  const rows = operators.map(({ at, index, kind, members }) => {
    const rest = Object.entries(members)
      .filter(([name, value]) => !OPERATOR_COLUMNS.has(name) && !OWN.has(name) && value !== undefined)
      .map(([name, value]) => `${name}=${word(value)}`);
    const known = [...OPERATOR_COLUMNS].map((name) => word(members[name]));
    return [at, String(index), kind, ...known, rest.sort().join(' ')];
  });
  return csv(['at', 'index', 'kind', ...OPERATOR_COLUMNS, 'more'], rows);
}

/** Members of every entry. */
const OWN: ReadonlySet<string> = new Set(['at', 'kind', 'v', 'detail']);

function gapsCsv({ gaps }: PackFacts): string {
  const rows = gaps.map(({ after, before }) => {
    const seconds = Math.round((Date.parse(before.at) - Date.parse(after.at)) / 1000);
    return [after.at, before.at, String(seconds), String(after.index), String(before.index)];
  });
  return csv(['silent_from', 'silent_to', 'seconds', 'index_before', 'index_after'], rows);
}

function keysJson({ rotations }: PackFacts): string {
  return json({
    v: 1,
    rotations: rotations.toSorted((one, other) => one.index - other.index).map(told),
    log: 'trust/log.vkey',
    statement: 'trust/statement.pub.pem',
  });
}

/**
 * Each activation, and what operators did to policies before it: the gateway activates what it finds changed, a moment
 * later, and at each start. A change that the log has only after its activation is told with that one.
 */
function policiesJson({ activations, operators }: PackFacts): string {
  const changes = operators.filter(({ members }) => members['what'] === 'policy');
  const sorted = activations.toSorted((one, other) => one.index - other.index);
  const history = sorted.map((entry, at) => {
    const between = (low: number, high: number) => changes.filter(({ index }) => index > low && index < high);
    const before = between(sorted[at - 1]?.index ?? -1, entry.index);
    const after = between(entry.index, sorted[at + 1]?.index ?? Number.POSITIVE_INFINITY);
    return { ...told(entry), changes: (before.length > 0 ? before : after).map(told) };
  });
  return json({ v: 1, activations: history });
}

function told({ at, index, kind, members }: PackEntry): { readonly [name: string]: Json } {
  const said = Object.entries(members).filter(([name]) => !OWN.has(name));
  return { ...Object.fromEntries(said.map(([name, value]) => [name, word(value)])), at, index: String(index), kind };
}

function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function json(value: Json): string {
  return `${canonicalJson(value)}\n`;
}
