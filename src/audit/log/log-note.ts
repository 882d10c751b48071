/**
 * What a note of the deployment may say. An entry of the log can never be erased, so it names people and tokens by
 * their ids, and holds no login, no address and nothing that somebody typed: each member here is a decision.
 */
import { Fault } from '../../model/fault.ts';
import type { LogNote } from '../recorder.ts';

type Check = (value: string | number | boolean) => boolean;
type Members = Readonly<Record<string, Check>>;

/** Gives the detail back as it is. Throws a `Fault` of code `internal` where a member is not on the list of its kind. */
export function allowedDetail({ kind, detail }: LogNote): LogNote['detail'] {
  const allowed = NOTES[kind];
  for (const [name, value] of Object.entries(detail)) {
    const check = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if (check === undefined) throw new Fault('internal', `a log entry ${kind} has no member ${name}`);
    // The value itself may be what must not be told, so the fault does not repeat it.
    if (!check(value)) throw new Fault('internal', `a log entry ${kind} takes no such ${name}`);
  }
  return detail;
}

/** Of an object that somebody named in a request: where it is no id at all, it is not repeated. */
export function idOrNone(text: string): string {
  return id(text) ? text : 'none';
}

const matching =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value);
const id = matching(/^[a-z]{1,5}_\w{1,80}$/);
const idOrNoneAtAll: Check = (value) => value === 'none' || id(value);
/** A person, a token, or the gateway itself. */
const actor = matching(/^(?:(?:psn|opt)_\w{1,80}|gateway)$/);
/** How they came: a browser, or the token that they used. */
const way = matching(/^(?:browser|opt_\w{1,80})$/);
/** A verifier key of signed notes, or SHA-256 of a public key. */
const publicKey = matching(/^(?:[^\s+]{1,255}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44,100}|[0-9a-f]{64})$/);
const digest = matching(/^\w{1,128}$/);
/** Of a closed list of the program's own. */
const code = matching(/^[a-z][a-z0-9.-]{0,60}$/);
const time = matching(/^(?:\d{4}-\d\d-\d\dT[\d:.]{8,12}Z|never)$/);
const count: Check = (value) => Number.isSafeInteger(value);
const flag: Check = (value) => typeof value === 'boolean';
/** Names of the configuration: targets, rules, groups, roles, channels. */
const names: Check = (value) => typeof value === 'string';

const CONFIGURED: Members = { action: code, by: actor, name: names, what: names };
const APPROVAL: Members = { approval: id, digest, exchange: count, run: id, session: id, target: names };
const ACCESS: Members = { approval: id, digest, grant: id, run: id, target: names };
const ACTION: Members = {
  alarm: idOrNoneAtAll,
  action: code,
  budget: idOrNoneAtAll,
  by: actor,
  channel: names,
  definition: idOrNoneAtAll,
  delivery: idOrNoneAtAll,
  digest,
  disabled: flag,
  entry: count,
  erasure: idOrNoneAtAll,
  expiresAt: time,
  files: count,
  grant: idOrNoneAtAll,
  hold: idOrNoneAtAll,
  how: code,
  inherited: idOrNoneAtAll,
  localGroups: names,
  localHandles: count,
  localRoles: names,
  may: names,
  name: names,
  personal: flag,
  plan: digest,
  reason: code,
  run: idOrNoneAtAll,
  session: idOrNoneAtAll,
  target: names,
  targets: names,
  texts: flag,
  token: idOrNoneAtAll,
  via: way,
  what: names,
  whom: idOrNoneAtAll,
  why: code,
};

/** What a server calls its tools is its own text: the id is derived from it, the digest from all that was told. */
const DEFINITION: Members = { definition: id, digest, kind: code, target: names };

const NOTES: Readonly<Record<LogNote['kind'], Members>> = {
  'policy.activated': { digest, rules: count },
  'target.changed': CONFIGURED,
  'trust.changed': CONFIGURED,
  'grant.revoked': { by: actor, grant: id },
  // A public key, by which verifiers follow: the gateway's name stands in it, and in each checkpoint.
  'key.rotated': { by: actor, from: digest, next: publicKey, to: digest, until: time, what: code },
  // A witness is named as the configuration names it.
  'log.alarm': { alarm: id, proven: flag, theirs: count, what: code, witness: names },
  'operator.action': ACTION,
  'person.action': ACTION,
  // Whoever copied named the columns: which they are stands in the store.
  'class.inherited': { classes: names, columns: count, exchange: count, run: id, session: id, target: names },
  // Why in words stands in the store, where it can be erased itself.
  'bodies.erased': { by: actor, erasure: id, reason: code, rule: names, run: id },
  // A repository is named by whoever places the hold: its name stands in the store, and SHA-256 of it here.
  'hold.placed': { by: actor, hold: id, repository: digest, run: id, since: time, target: names, until: time },
  'hold.lifted': { by: actor, hold: id },
  'retention.swept': { by: actor, erased: count, held: count, kept: count },
  // Where somebody asked for a host that is no target's, SHA-256 of its name: whoever asked chose it.
  'login.refused': { code, grant: id, place: digest, run: id, target: names },
  'approval.requested': { ...APPROVAL, expiresAt: time, groups: names, policy: digest, rules: names },
  // A target beside those of the grant; why it was asked for stands in the store, where it can be erased.
  'access.requested': { ...ACCESS, expiresAt: time, groups: names, rules: names, session: id },
  // Approved, the grant has the target from here on, until `expiresAt` where that is before its end.
  'access.decided': { ...ACCESS, answer: code, by: actor, channel: code, expiresAt: time, state: code },
  'access.revoked': { by: actor, grant: id, run: id, target: names },
  // The SHA-256 of the manifest of a run's evidence (docs/design/0004-evidence-bundle.md).
  'run.manifest': { digest, run: id },
  'approval.decided': { ...APPROVAL, answer: code, by: actor, channel: code, state: code },
  // An SSH host that is trusted from its first connection on, and SHA-256 of its key.
  'host.met': { digest, target: names },
  'definition.met': { ...DEFINITION, run: id, session: id },
  // Of the forms that are accepted, the newest.
  'definition.changed': { ...DEFINITION, from: digest, run: id, session: id },
  // By the gateway itself where the target's declaration accepts what is there first.
  'definition.accepted': { ...DEFINITION, by: actor, run: id, session: id },
  'definition.rejected': { ...DEFINITION, by: actor },
};

/** All kinds of notes that there are. */
export const LOG_NOTE_KINDS: readonly string[] = Object.keys(NOTES);
