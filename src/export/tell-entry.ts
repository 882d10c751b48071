import { runTraceId } from '../model/trace-ids.ts';
import type { EntryRecord } from './export-record.ts';
import type { Family, Severity, Subject, ToldEvent, Verb } from './told-event.ts';

/** An entry of the log that stands for itself. Its members name ids and the configuration, and nobody. */
export function tellEntry(record: EntryRecord): ToldEvent {
  const { entry, members, id, origin, index, leaf, at, run } = record;
  const meaning = (Object.hasOwn(MEANINGS, entry) && MEANINGS[entry]) || UNKNOWN;
  const { family, severity = 'info' } = meaning;
  const action = textOf(members['action']) ?? entry;
  const { entity, verb } = { verb: meaning.verb ?? verbOf(action), entity: meaning.entity?.(members) };
  const target = textOf(members['target']);
  const code = textOf(members['answer']) ?? textOf(members['termination']) ?? textOf(members['code']);
  return {
    id,
    origin,
    index,
    leaf,
    atMs: Date.parse(at),
    kind: entry,
    action,
    family,
    verb,
    message: meaning.message(members, entry),
    severity: typeof severity === 'function' ? severity(members) : severity,
    outcome: meaning.outcome ?? 'success',
    ...(code !== undefined && { code }),
    ...(run !== undefined && { run, trace: { traceId: runTraceId(run), spanId: '' } }),
    ...(textOf(members['session']) !== undefined && { session: textOf(members['session']) as string }),
    subject: subjectOf(members, run),
    source: { id: textOf(members['via']) ?? run ?? 'gateway' },
    ...(target !== undefined && { target: { name: target, protocol: '' } }),
    ...(entity && { entity }),
    tables: [],
    more: members,
  };
}

type Members = EntryRecord['members'];

interface Meaning {
  readonly family: Family;
  /** Told by the action where absent. */
  readonly verb?: Verb;
  readonly severity?: Severity | ((members: Members) => Severity);
  readonly outcome?: 'failure';
  readonly entity?: (members: Members) => NonNullable<ToldEvent['entity']>;
  readonly message: (members: Members, entry: string) => string;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const said = (members: Members, name: string): string => String(members[name] ?? '');

/** An entity by the members that hold its id and its name, where there are such. */
function entityOf(type: string, uid?: string, name?: string) {
  return (members: Members) => {
    const id = uid === undefined ? undefined : textOf(members[uid]);
    const called = name === undefined ? undefined : textOf(members[name]);
    return {
      type,
      ...(id !== undefined && { uid: id }),
      ...(called !== undefined && { name: called }),
      ...(id === undefined && called === undefined && { name: type }),
    };
  };
}

const declared = (members: Members) => ({
  type: said(members, 'what') || 'configuration',
  name: said(members, 'name') || '-',
});
const changed = (members: Members) => `${said(members, 'what')} ${said(members, 'name')}: ${said(members, 'action')}`;
const done = (members: Members, entry: string) => `${entry}: ${said(members, 'action')}`;

/** What each kind of entry means. docs/reference/export-formats.md has the same table. */
export const MEANINGS: Readonly<Record<string, Meaning>> = {
  'run.open': {
    family: 'authentication',
    verb: 'logon',
    message: (members) => `run ${said(members, 'run')} was opened`,
  },
  'run.close': {
    family: 'authentication',
    verb: 'logoff',
    severity: ({ termination }) => (termination === 'completed' ? 'info' : 'low'),
    message: (members) => `run ${said(members, 'run')} ended: ${said(members, 'termination')}`,
  },
  'run.manifest': {
    family: 'entity',
    verb: 'create',
    entity: entityOf('evidence manifest', 'digest'),
    message: (members) => `the evidence of run ${said(members, 'run')} was made`,
  },
  'bodies.erased': {
    family: 'entity',
    verb: 'delete',
    severity: 'medium',
    entity: entityOf('recorded bodies', 'run'),
    message: (members) => `the bodies of run ${said(members, 'run')} were erased`,
  },
  'policy.activated': {
    family: 'entity',
    verb: 'activate',
    entity: entityOf('policy set', 'digest'),
    message: (members) => `a policy set of ${said(members, 'rules')} rules came into force`,
  },
  'target.changed': { family: 'entity', entity: declared, message: changed },
  'trust.changed': { family: 'entity', severity: 'low', entity: declared, message: changed },
  'grant.revoked': {
    family: 'entity',
    verb: 'delete',
    severity: 'low',
    entity: entityOf('grant', 'grant'),
    message: (members) => `grant ${said(members, 'grant')} was revoked`,
  },
  'class.inherited': {
    family: 'entity',
    verb: 'update',
    severity: 'low',
    entity: entityOf('column classes', undefined, 'target'),
    message: (members) =>
      `${said(members, 'columns')} columns of ${said(members, 'target')} inherited: ${said(members, 'classes')}`,
  },
  'approval.requested': {
    family: 'entity',
    verb: 'create',
    severity: 'low',
    entity: entityOf('approval', 'approval'),
    message: (members) => `a request of run ${said(members, 'run')} waits for ${said(members, 'groups')}`,
  },
  'approval.decided': {
    family: 'entity',
    verb: 'update',
    severity: ({ answer }) => (answer === 'deny' ? 'medium' : 'low'),
    entity: entityOf('approval', 'approval'),
    message: (members) =>
      `approval ${said(members, 'approval')}: ${said(members, 'answer')}, ${said(members, 'state')}`,
  },
  'access.requested': {
    family: 'entity',
    verb: 'create',
    severity: 'low',
    entity: entityOf('approval', 'approval'),
    message: (members) => `run ${said(members, 'run')} asks ${said(members, 'groups')} for ${said(members, 'target')}`,
  },
  'access.decided': {
    family: 'entity',
    verb: 'update',
    severity: 'medium',
    entity: entityOf('grant', 'grant'),
    message: (members) =>
      `run ${said(members, 'run')} asked for ${said(members, 'target')}: ${said(members, 'answer')}, ${said(members, 'state')}`,
  },
  'access.revoked': {
    family: 'entity',
    verb: 'delete',
    severity: 'low',
    entity: entityOf('grant', 'grant'),
    message: (members) => `${said(members, 'target')} was taken back from grant ${said(members, 'grant')}`,
  },
  'key.rotated': {
    family: 'entity',
    verb: 'update',
    severity: 'medium',
    entity: entityOf('log key'),
    message: ({ what }) =>
      what === 'statement' ? 'the key of statements was rotated' : 'the key of the log was rotated',
  },
  'log.alarm': {
    family: 'entity',
    verb: 'update',
    severity: 'high',
    entity: entityOf('alarm of the log', 'alarm', 'witness'),
    message: (members) => `the log raised an alarm: ${said(members, 'what')}`,
  },
  'hold.placed': {
    family: 'entity',
    verb: 'create',
    entity: entityOf('legal hold', 'hold'),
    message: (members) => `legal hold ${said(members, 'hold')} was placed`,
  },
  'hold.lifted': {
    family: 'entity',
    verb: 'delete',
    severity: 'low',
    entity: entityOf('legal hold', 'hold'),
    message: (members) => `legal hold ${said(members, 'hold')} was lifted`,
  },
  'retention.swept': {
    family: 'entity',
    verb: 'update',
    entity: entityOf('retention'),
    message: (members) => `retention erased ${said(members, 'erased')} runs; ${said(members, 'held')} are held`,
  },
  'login.refused': {
    family: 'authentication',
    verb: 'logon',
    severity: 'medium',
    outcome: 'failure',
    message: (members) => `a login to ${said(members, 'target')} was refused: ${said(members, 'code')}`,
  },
  'host.met': {
    family: 'entity',
    verb: 'create',
    severity: 'medium',
    entity: entityOf('host', 'target'),
    message: (members) => `the key of the host of ${said(members, 'target')} is trusted from its first connection on`,
  },
  'definition.met': {
    family: 'entity',
    verb: 'create',
    severity: 'low',
    entity: entityOf('definition', 'definition', 'target'),
    message: (members) => `${said(members, 'target')} tells of a ${said(members, 'kind')} that nobody has accepted`,
  },
  'definition.changed': {
    family: 'entity',
    verb: 'update',
    severity: 'high',
    entity: entityOf('definition', 'definition', 'target'),
    message: (members) => `${said(members, 'target')} tells otherwise of a ${said(members, 'kind')} that was accepted`,
  },
  'definition.accepted': {
    family: 'entity',
    verb: 'activate',
    severity: 'low',
    entity: entityOf('definition', 'definition', 'target'),
    message: (members) => `a ${said(members, 'kind')} of ${said(members, 'target')} was accepted`,
  },
  'definition.rejected': {
    family: 'entity',
    verb: 'update',
    severity: 'medium',
    entity: entityOf('definition', 'definition', 'target'),
    message: (members) => `a ${said(members, 'kind')} of ${said(members, 'target')} was rejected`,
  },
  'operator.action': { family: 'api', message: done },
  'person.action': { family: 'api', message: done },
};

/** An entry that came after this table: told as it stands, never left out. */
const UNKNOWN: Meaning = { family: 'api', verb: 'other', message: (_members, entry) => entry };

/** The last word of an action says what it does: `token.create`, `recording.read`. */
function verbOf(action: string): Verb {
  const word = action.slice(action.lastIndexOf('.') + 1);
  if (/^(?:create|add|write|apply)$/.test(word)) return 'create';
  if (/^(?:read|follow|search|verify|check|explain|try|replay|test|list)$/.test(word)) return 'read';
  if (/^(?:update|edit|reset|retry|classify)$/.test(word)) return 'update';
  return /^(?:delete|revoke|end|remove|erase)$/.test(word) ? 'delete' : 'other';
}

/** A person or token who did it; the run where nobody did. */
function subjectOf(members: Members, run: string | undefined): Subject {
  const by = textOf(members['by']);
  if (by === undefined) return run === undefined ? { id: 'gateway', kind: 'gateway' } : { id: run, kind: 'workload' };
  return { id: by, kind: by === 'gateway' ? 'gateway' : 'operator' };
}
