import type { Permit, SessionObligation } from '../model/decision.ts';
import type { Policy } from './policy.ts';

/** What the policies ask of the target's session together: the shortest times, the fewest rows, every switch. */
export function sessionObligationOf(policies: readonly Policy[]): SessionObligation | undefined {
  const asked = policies.flatMap(({ session }) => session ?? []);
  const least = (pick: (one: NonNullable<Policy['session']>) => number | undefined): number | undefined => {
    const values = asked.flatMap((one) => pick(one) ?? []);
    return values.length === 0 ? undefined : Math.min(...values);
  };
  const told = {
    statementTimeoutMs: least((one) => one.statementTimeoutMs),
    lockTimeoutMs: least((one) => one.lockTimeoutMs),
    idleInTransactionTimeoutMs: least((one) => one.idleInTransactionTimeoutMs),
    readOnly: asked.some(({ readOnly }) => readOnly === true) ? (true as const) : undefined,
    rows: least((one) => one.rows),
    name: asked.some(({ name }) => name === true) ? (true as const) : undefined,
  };
  const members = Object.entries(told).filter(([, value]) => value !== undefined);
  return members.length === 0 ? undefined : { kind: 'session', ...Object.fromEntries(members) };
}

/**
 * True where the rules that apply to a principal in a target can permit nothing that writes, so that its session may be
 * read-only throughout. A rule that says `readOnly: false` takes that back, and so does a protocol without such sessions.
 */
export function permitsReadsAlone(applicable: readonly Policy[], protocol: string): boolean {
  if (!READ_ONLY_PROTOCOLS.has(protocol)) return false;
  const permits = applicable.filter(({ effect }) => effect === 'permit');
  return (
    permits.length > 0 &&
    permits.every(({ operations = ['any'], session }) => session?.readOnly !== false && operations.every(isHarmless))
  );
}

const READ_ONLY_PROTOCOLS: ReadonlySet<string> = new Set(['postgres']);

/** What is asked, for people: `statementTimeout 30s, readOnly`. */
export function sessionWords(obligation: SessionObligation): string {
  const {
    statementTimeoutMs,
    lockTimeoutMs,
    idleInTransactionTimeoutMs,
    readOnly: isReadOnly,
    rows,
    name,
  } = obligation;
  const times = Object.entries({
    statementTimeout: statementTimeoutMs,
    lockTimeout: lockTimeoutMs,
    idleInTransactionTimeout: idleInTransactionTimeoutMs,
  }).flatMap(([word, ms]) => (ms === undefined ? [] : `${word} ${ms} ms`));
  const counts = rows === undefined ? [] : [`rows ${rows}`];
  return [...times, ...(isReadOnly ? ['readOnly'] : []), ...counts, ...(name ? ['name'] : [])].join(', ');
}

/** The permit, its request read-only. */
export function readOnly(permit: Permit): Permit {
  const asked = permit.obligations.find((one) => one.kind === 'session');
  const others = permit.obligations.filter((one) => one.kind !== 'session');
  return { ...permit, obligations: [...others, { ...asked, kind: 'session', readOnly: true }] };
}

function isHarmless(operation: string): boolean {
  return HARMLESS.has(operation);
}

/**
 * The groups and kinds that store nothing in the database, whatever their statement is; what it has inside is an
 * operation of its own.
 */
const HARMLESS: ReadonlySet<string> = new Set(
  `read session transaction select copy-out fetch explain show set reset discard prepare execute deallocate declare
  close move listen unlisten begin commit rollback savepoint release rollback-to`.split(/\s+/),
);
