/**
 * What the REST API answers, as its OpenAPI document says it (`/openapi.json`); `npm run check` holds the two together.
 * Times are RFC 3339 in UTC. Fields that are not there are absent, never null.
 */

export interface Page<Item> {
  items: Item[];
  /** Hand it back as `cursor` for what follows; absent at the end. */
  next?: string;
}

/** Problem details (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  code?: string;
  hint?: string;
}

export type Role = 'admin' | 'operator' | 'auditor' | 'approver';

/** `GET /v1/me` */
export interface Me {
  kind: 'person' | 'token';
  name: string;
  scopes: string[];
  person?: Person;
  /** Sent back as `x-csrf-token` with everything but GET, where the caller came with a cookie. */
  csrf?: string;
}

/**
 * `GET /v1/people?cursor=&limit=`: `Page<Person>`; `GET /v1/people/:person` with an ETag; `PATCH /v1/people/:person
 * {localGroups?, localRoles?, localHandles?, disabled?}` with `If-Match` → the `Person`;
 * `DELETE /v1/people/:person/sessions` → `{ended}`.
 */
export interface Person {
  id: string;
  login: string;
  name?: string;
  email?: string;
  issuer: string;
  /** Groups of the login provider, as of the last login. */
  claimedGroups: string[];
  /** Groups given here. */
  localGroups: string[];
  groups: string[];
  claimedRoles: Role[];
  localRoles: Role[];
  roles: Role[];
  /** Claimed and local. */
  handles: string[];
  localHandles: string[];
  createdAt: string;
  lastSeenAt?: string;
  disabled: boolean;
}

/**
 * `GET /v1/login` (open to everybody): how one can log in here. The pages `/login`, `/login/first?code=` and
 * `/device?code=` are the web's own; they lead to
 * - `GET /v1/login/start?return_to=/path`, a navigation: to the provider, back by `/login/callback`, and on to the path,
 *   or to `/login?problem=REASON` (a `LoginProblem`) where it did not succeed;
 * - `POST /v1/login/first {code}` → 204 with the cookie of a session, once for each code. Looking uses nothing up:
 *   `GET /v1/login/first?code=` → `{good}`;
 * - `POST /v1/logout` → 204.
 */
export interface LoginWays {
  /** Name of the provider, for the button; absent where none is configured. */
  provider?: string;
  demo: boolean;
}

/** Why a login did not succeed. */
export type LoginProblem =
  | 'not-configured'
  | 'provider-unavailable'
  | 'provider-refused'
  | 'attempt-unknown'
  | 'answer-invalid'
  | 'claims-unusable'
  | 'login-taken'
  | 'disabled'
  | 'code-unknown'
  | 'too-many';

/** `GET /v1/gateway` (open to everybody) */
export interface Gateway {
  version: string;
  demo: boolean;
  audience: string;
  url: string;
  ssh?: { hostKey: string; userAuthority: string };
}

/** `GET /v1/overview` */
export interface Overview {
  at: string;
  liveSessions: number;
  /** Approvals that the caller can answer now. */
  waitingForMe: number;
  waiting: number;
  /** Definitions of MCP targets that nobody decided on. */
  definitionsWaiting: number;
  today: { runs: number; sessions: number; permitted: number; denied: number; masked: number; approvals: number };
  /** The last 24 hours, an hour each, oldest first; the last one is not over. */
  hours: { at: string; sessions: number; permitted: number; denied: number; masked: number }[];
  log: LogHealth;
}

export interface LogHealth {
  origin: string;
  size: number;
  /** Of the last signed checkpoint. */
  checkpointAt?: string;
  ok: boolean;
  fault?: string;
  /** Entries that are durable, and those under a signed checkpoint. */
  signing: { place: string; durable: number; signed: number; fault?: string };
  /** Entries that a quorum of witnesses cosigned; absent where none are configured. */
  witnessed?: { size: number; at?: string };
  /** Alarms of witnesses that nobody has looked into. */
  openAlarms: number;
  /** True while one of them keeps new runs and sessions out. */
  stopped: boolean;
  /** The last verification that somebody ran on the gateway. */
  verified?: { at: string; verdict: 'PASS' | 'FAIL' | 'INCOMPLETE'; by: string };
}

export type ApprovalState = 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled';

/** `GET /v1/approvals?state=&mine=true&run=&session=&cursor=&limit=` lists these, newest first. */
export interface ApprovalSummary {
  id: string;
  /** `access`: it gives its run the target, and is used up as it is approved. */
  kind: 'request' | 'access';
  state: ApprovalState;
  /** Whether the caller can answer it now. */
  mine: boolean;
  target: string;
  protocol: string;
  /** What kinds of statement: `alter`, `delete`. */
  kinds: string[];
  tables: string[];
  /** The first 300 characters. */
  text: string;
  /** In a line, as people say it, where that is not the text: `kubectl delete pods/web`, `POST /orders`, a command. */
  line?: string;
  run: RunReference;
  session: string;
  requirements: { group: string; quorum: number; approvals: number }[];
  rules: string[];
  requestedAt: string;
  expiresAt: string;
  decidedAt?: string;
  usedAt?: string;
}

export interface RunReference {
  id: string;
  display: string;
  repository?: string;
  ref?: string;
  commit?: string;
  workflow?: string;
  /** The CI system's own page of the job. */
  url?: string;
  actor?: string;
  agent?: string;
  demo: boolean;
}

/** `GET /v1/approvals/:approval` */
export interface Approval extends ApprovalSummary {
  /** The full text, or a batch's texts with their parameters. */
  statements: ApprovalStatement[];
  /** SHA-256 of what is approved, hex; sent back with the answer. */
  digest: string;
  policy: string;
  gateway?: string;
  operations: OperationView[];
  /** What the text's meaning hangs on: `database`, `role`, `search_path`. */
  context: { name: string; value: string }[];
  estimate?: EstimateView;
  votes: VoteView[];
  /** Why the caller cannot answer: `not in the group dba`. Absent where they can. */
  notMine?: string;
  /** What the run did before in this target, newest first; texts only where the caller may read recordings. */
  before: StatementView[];
  /** Whether the client still holds its connection for the answer. */
  held: boolean;
  reason?: string;
}

export interface ApprovalStatement {
  text: string;
  parameters: (string | null)[];
}

export interface OperationView {
  kind: string;
  access: string;
  /** As people say it: `sudo rm`, `delete pods`; the kind where that says it. */
  title: string;
  /** What a rule sees of it beside tables and columns: words and files of a program, refs, the name of an object. */
  facts: { name: string; values: string[] }[];
  tables: { name: string; use: 'read' | 'write' }[];
  /** Whose values can be read in the reply; `?` where that is not known. */
  columns: string[];
  /** Columns that decide which rows or values come out. */
  filters: string[];
  writes: string[];
  copies: { into: string; from: string[]; temporary: boolean }[];
  lock?: string;
  functions: string[];
  hasWhere: boolean;
  flags: string[];
  reason?: string;
}

export interface EstimateView {
  kind: 'planned' | 'measured' | 'unavailable';
  statements: { text: string; rows?: number; cost?: number; plan?: string; why?: string }[];
  why?: string;
  tookMs: number;
}

export interface VoteView {
  login: string;
  name?: string;
  answer: 'approve' | 'deny';
  reason?: string;
  channel: string;
  at: string;
}

/** `POST /v1/approvals/:approval/answer`; answers with the `Approval`. */
export interface ApprovalAnswer {
  answer: 'approve' | 'deny';
  digest: string;
  reason?: string;
}

/** `GET /v1/runs?who=&repository=&since=&until=&cursor=&limit=` */
export interface RunSummary extends RunReference {
  kind: 'ci' | 'human';
  openedAt: string;
  closedAt?: string;
  termination?: string;
  sessions: number;
  permitted: number;
  denied: number;
  masked: number;
  approvals: number;
}

/** `GET /v1/runs/:run` */
export interface Run extends RunSummary {
  workload: { name: string; value: string; class: 'verified' | 'derived' }[];
  asserted: { name: string; value: string }[];
  grants: GrantView[];
  sessionList: SessionView[];
  approvalList: ApprovalSummary[];
  erasure?: ErasureView;
  holds: HoldView[];
  evidence: { tokenDigest?: string; jwksDigest?: string };
}

/** Somebody, by their id and as people know them. */
export interface Who {
  id: string;
  name?: string;
}

/** `DELETE /v1/runs/:run/bodies` with `{reason, note?}`; `GET /v1/erasures?state=`: `{items, next?}`. */
export interface ErasureView {
  id: string;
  run: string;
  state: 'pending' | 'ordered' | 'done';
  reason: 'data-subject' | 'retention' | 'contract' | 'mistake' | 'order' | 'other';
  note?: string;
  by: Who;
  rule?: string;
  hold?: string;
  askedAt: string;
  doneAt?: string;
  gateways: { gateway: string; state: 'waiting' | 'erasing' | 'done' | 'absent'; at?: string }[];
}

/** `GET /v1/holds?lifted=`: `{holds}`; `POST /v1/holds`; `DELETE /v1/holds/:hold` with `{reason}`. */
export interface HoldView {
  id: string;
  run?: string;
  repository?: string;
  target?: string;
  since?: string;
  until?: string;
  reason: string;
  placedBy: Who;
  placedAt: string;
  lifted?: { by: Who; at: string; because: string };
}

/** `GET /v1/budgets?run=&target=&limit=`: `{budgets}`; `DELETE /v1/budgets/:budget` begins one anew. */
export interface BudgetView {
  id: string;
  rule: string;
  measure: 'rowsRead' | 'rowsChanged' | 'bytes' | 'statements' | 'tables';
  per: 'run' | 'target';
  run?: string;
  target?: string;
  /** The time before now that counts. */
  withinMs?: number;
  spent: number;
  most: number;
  /** What people allowed beyond that. */
  granted: number;
  updatedAt: string;
}

export interface GrantView {
  id: string;
  run: string;
  principal: string;
  targets: string[];
  rules: string[];
  issuedAt: string;
  expiresAt: string;
  state: 'active' | 'expired' | 'revoked';
  /** Targets that people gave it since; `targets` has those that it may enter now. */
  given: { target: string; approval: string; givenAt: string; expiresAt?: string; revokedAt?: string }[];
}

/** `GET /v1/sessions?who=&run=&repository=&target=&since=&until=&live=true&cursor=&limit=`: `{sessions, next}`; `GET /v1/sessions/:session` */
export interface SessionView {
  id: string;
  run: string;
  principal: string;
  repository?: string;
  target: string;
  gateway?: string;
  openedAt: string;
  closedAt?: string;
  outcome?: string;
  permitted: number;
  denied: number;
  masked: number;
  /** True while it is being served. */
  live: boolean;
  /** True where its recording is on this gateway. */
  here: boolean;
}

/** `GET /v1/statements?…&session=&table=&kind=&decision=&text=`: `{statements, next}` */
export interface StatementView {
  session: string;
  exchange: number;
  at: string;
  run: string;
  principal: string;
  repository?: string;
  target: string;
  kinds: string[];
  tables: string[];
  decision: 'permit' | 'deny';
  rules: string[];
  /** Empty where the caller may not read recordings. */
  text: string;
  /** In a line, as people say it, where that is not the text: `kubectl delete pods/web`, `POST /orders`, a command. */
  line?: string;
  status?: string;
  /** The protocol's own word for how it ended: an SQLSTATE, an HTTP status. */
  code?: string;
  rows?: number;
  masked?: number;
  approval?: string;
}

/**
 * `GET /v1/sessions/:session/recording`: JSON lines, an event each, as the log has it, with its body opened. While the
 * session lives, `GET /v1/sessions/:session/follow` sends the same events as server-sent events named `event`, from the
 * first on, and `end` when it closes.
 */
export interface RecordedEvent {
  kind: string;
  at: string;
  /** Its place in the session, from 0. */
  seq: number;
  /** Microseconds on the gateway's own clock, as a decimal. */
  mono?: string;
  exchange?: number;
  decision?: { effect: 'permit' | 'deny'; rules: string[]; reason?: string; code?: string };
  op?: unknown[];
  /** How statements of the body were changed before they were forwarded, because a rule limits their rows. */
  forwarded?: { statement: number; edits: { at: number; removed: number; inserted: string }[] }[];
  result?: { status: string; code?: string; rows: string | number; tags?: string[] };
  refusal?: { code: string; message: string; rule?: string; hint?: string };
  /** `order`: which of all findings are this detector's, from 0, in the order in which they stand. */
  masked?: { by: string; name: string; count: number; order?: number[] }[];
  /** Of `approval`: who the voters are, and why they answered so, is in the body: `{votes: [{person, login, name?, reason?}]}`. */
  held?: { id: string; state: string; votes: RecordedVote[]; waitedMs: number };
  body?: { media: string; bytes: number | string; base64?: string; complete?: boolean; withheld?: string };
  /** Replies, decoded for people: `GET …/recording?decoded=true` adds it to reply events. */
  decoded?: DecodedReply;
  /** Messages of gRPC of what is sent and answered, by the target's descriptors; with `decoded`. */
  messages?: DecodedMessages;
  [more: string]: unknown;
}

export interface RecordedVote {
  person: string;
  answer: 'approve' | 'deny';
  channel: string;
  at: string;
}

/** Messages of a binary form as text: JSON, or why one cannot be shown. */
export interface DecodedMessages {
  type: string;
  messages: ({ text: string } | { why: string })[];
  more: number;
}

/** A reply as tables and words. */
export interface DecodedReply {
  results: {
    columns: { name: string; type: string }[];
    /** At most 1,000 rows; null is NULL, `{hex}` bytes that are no text. */
    rows: (string | null | { hex: string })[][];
    moreRows: number;
    tag?: string;
  }[];
  notices: { severity: string; code?: string; message: string; detail?: string; hint?: string }[];
}

/** `GET /v1/sessions/:session/evidence`: all that a browser needs to check a session by itself. */
export interface SessionEvidence {
  /** The session's lines as they stand on disk, and for each the salted body it commits to (base64), where readable. */
  lines: {
    line: string;
    salted?: string;
    /** Why its body is not there. */
    missing?: 'erased' | 'altered' | 'absent' | 'large' | 'forbidden';
  }[];
  /** The newest entry that seals the session (open, head or close), as canonical JSON; the path in hex. */
  entry?: { index: number; text: string; proof: string[] };
  /** The signed checkpoint that the proof leads to (C2SP tlog-checkpoint). */
  checkpoint: string;
  /** C2SP signed-note verifier key; compare it with one that you got on another way. */
  verifierKey: string;
}

/** `GET /v1/targets`: `{targets}`; `POST /v1/targets/:target/check`; `DELETE /v1/targets/:target/inherited/:id` */
export interface TargetView {
  name: string;
  protocol: string;
  address: string;
  database?: string;
  tls: string;
  labels: Record<string, string>;
  classified: { column: string; class: string }[];
  /** Columns that have their class from others, whose values an exchange copied into them. */
  inherited: {
    id: string;
    column: string;
    class: string;
    from: string[];
    run: string;
    session: string;
    exchange: number;
    at: string;
  }[];
  recordMode: string;
}

export interface TargetCheck {
  target: string;
  ok: boolean;
  steps: {
    step: 'credential' | 'address' | 'tls' | 'login';
    status: 'ok' | 'failed' | 'skipped';
    detail: string;
    hint?: string;
  }[];
}

/** A class for a column, and why. Nothing of it shows a value. */
export interface ClassProposal {
  schema: string;
  table: string;
  column: string;
  type: string;
  class: string;
  confidence: 'low' | 'medium' | 'high';
  why: string[];
  /** Sampled values that were neither null nor empty. */
  values: number;
  hits: { detector: string; whole: number; any: number }[];
  /** What its values look like: `a***@***.com`. */
  shape?: string;
  /** The class that the target gives it already. */
  classified?: string;
}

/** `POST /v1/targets/:name/classify?all=` */
export interface Classification {
  target: string;
  session: string;
  run: string;
  sampled: { table: string; rows: number }[];
  notSampled: { table: string; code: string; why: string }[];
  /** False where the target has more columns than are looked at. */
  complete: boolean;
  proposals: ClassProposal[];
}

/**
 * `GET /v1/configuration?kind=`: `{objects}`; `GET /v1/configuration/:kind/:name` with an ETag;
 * `PUT /v1/configuration/:kind/:name {text}` and `DELETE` with `If-Match` (or `If-None-Match: *` for a new one), and with
 * `?plan=true` to be told only what would change. The text is YAML as `chaperone apply` takes it, one object.
 */
export interface ConfigurationObject {
  kind: 'target' | 'issuer' | 'trust' | 'policy' | 'channel' | 'export' | 'retention';
  name: string;
  text: string;
  updatedAt: string;
  etag: string;
}

export interface ConfigurationPlan {
  digest: string;
  changes: { action: 'create' | 'update' | 'delete'; kind: string; name: string; details: string[] }[];
}

/** `POST /v1/policies/check {files: [{name, text}]}` */
export interface PolicyCheck {
  ok: boolean;
  digest?: string;
  problems: { file: string; line: number; column?: number; message: string }[];
  policies: { name: string; effect: 'permit' | 'deny' }[];
}

/** `POST /v1/policies/try {text, name?, since?, limit?}`: recent requests under the policies in force with this one in place. */
export interface PolicyTrial {
  looked: number;
  same: number;
  changed: { statement: StatementView; before: string; after: string }[];
  problems: { line: number; column?: number; message: string }[];
}

/** `POST /v1/policies/explain {session, exchange} | {approval} | {statement, target, as?}`: why it is decided so. */
export interface PolicyExplanation {
  effect: 'permit' | 'deny';
  code?: string;
  reason?: string;
  hint?: string;
  rules: string[];
  obligations: string[];
  operations: {
    name: string;
    outcome: string;
    facts: string[];
    rules: {
      name: string;
      effect: 'permit' | 'deny';
      result: 'matched' | 'binds' | 'not-matched' | 'error';
      why?: string;
    }[];
  }[];
  results: (
    | { name: string; mask?: { kind: 'redact' | 'partial' | 'hash' | 'null'; class: string; name: string } }[]
    | null
  )[];
  detectors: string[];
  target: string;
  principal: string;
  at: string;
  text?: string;
  recorded?: string;
  analysis: 'recorded' | 'catalogue' | 'text' | 'request';
}

/** `POST /v1/trust/check {token}`: each step, and which rules a CI token would meet, or why none. The token is not kept. */
export interface TrustCheck {
  ok: boolean;
  issuer?: string;
  steps: { name: TrustStep; outcome: 'passed' | 'failed' | 'skipped'; detail: string }[];
  claims: { name: string; value: string; class: 'verified' | 'derived' }[];
  unknownClaims: string[];
  rules: { name: string; matches: boolean; why?: string; note?: string }[];
  targets: string[];
  reason?: string;
  problem?: string;
}

export type TrustStep =
  | 'form'
  | 'issuer'
  | 'keys'
  | 'signature'
  | 'audience'
  | 'times'
  | 'claims'
  | 'review'
  | 'traps'
  | 'rules'
  | 'use';

/** `GET /v1/runs/:run/evidence/state`; the bundle itself is at `GET /v1/runs/:run/evidence` */
export interface RunEvidenceState {
  run: string;
  /** `open`: the run goes on. `making`: it closed a moment ago. `made`: its evidence stands, and stays. */
  state: 'open' | 'making' | 'made';
  complete: boolean;
  /** Why it is not complete, a sentence each. */
  why: string[];
  /** SHA-256 of the manifest. */
  digest?: string;
  /** Of the manifest's entry in the log. */
  index?: number;
  witnessed: boolean;
  timestamps: { authority: string; at?: string }[];
  bodies: 'kept' | 'erased';
  sessions: number;
}

/** `GET /v1/log`, `GET /v1/log/entries?start=&limit=`: `{entries}`, those from `start` on, at most 256 */
/** What a witness found wrong with the log. */
export interface LogAlarm {
  id: string;
  kind: 'rollback' | 'split-view';
  proven: boolean;
  witness: string;
  at: string;
  ours: string;
  theirs?: string;
  theirSize?: number;
  acknowledged?: { at: string; by: string };
}

export interface LogKey {
  vkey: string;
  state: 'signs' | 'next' | 'signs-beside' | 'retired';
  until?: string;
}

export interface LogWitness {
  name: string;
  key: string;
  url: string;
  size?: number;
  at?: string;
  fault?: string;
}

export interface LogStatus extends LogHealth {
  keys: LogKey[];
  witnesses: LogWitness[];
  alarms: LogAlarm[];
  checkpoint: string;
  verifierKey: string;
  root: string;
}

export interface LogEntry {
  index: number;
  kind: string;
  at: string;
  /** The leaf as it stands in the log: canonical JSON. */
  text: string;
  /** What people and tokens in it are called now, by id. */
  names?: Record<string, string>;
}

/** `POST /v1/log/verify`: the gateway verifies its own directory; `web/` also verifies by itself. */
export interface LogVerification {
  verdict: 'PASS' | 'FAIL' | 'INCOMPLETE';
  at: string;
  findings: string[];
  sessions: number;
  entries: number;
}

/**
 * `GET /v1/operator-tokens`: `{tokens}`; `POST /v1/operator-tokens {name, role | scopes, expiresAt, personal?}` →
 * `{id, token}`; `DELETE /v1/operator-tokens/:token`. With `personal`, and without the scope tokens:write, it is about the
 * caller's own: those die with their person and never do more than they may.
 */
export interface OperatorToken {
  id: string;
  name: string;
  role?: 'admin' | 'auditor';
  scopes: string[];
  person?: string;
  createdAt: string;
  expiresAt?: string;
  state: 'active' | 'expired' | 'revoked';
}

/** `GET /v1/exports`: where the record goes besides the log, from the gateway that answers. */
export interface ExportList {
  gateway: string;
  exports: ExportStatus[];
}

export interface ExportStatus {
  name: string;
  kind: 'file' | 'stdout' | 'webhook' | 'syslog' | 's3';
  format: 'ocsf' | 'ecs' | 'cef';
  /** Tells logins and addresses. */
  people: boolean;
  /** Tells statements, without their literals. */
  statements: boolean;
  state: 'ok' | 'failing' | 'off';
  index: number;
  behind: number;
  behindMs: number;
  delivered: number;
  aside: number;
  lastDeliveredAt?: string;
  lastFault?: string;
  nextTryAt?: string;
}

/** `GET /v1/channels`: `{channels}` */
export interface Channel {
  name: string;
  kind: 'slack' | 'webhook' | 'email';
  groups: string[];
  state: 'ok' | 'failing' | 'off';
  lastDeliveredAt?: string;
  lastFault?: string;
  waiting: number;
  dead: number;
}

/** `POST /v1/channels/:name/test`: whether a message that says it is a test arrived, and where, or why not. */
export interface ChannelTest {
  channel: string;
  ok: boolean;
  detail: string;
}

/** `GET /v1/deliveries?state=dead&channel=&cursor=`; `POST /v1/deliveries/:delivery/retry` */
export interface Delivery {
  id: string;
  channel: string;
  event: string;
  approval?: string;
  state: 'waiting' | 'delivered' | 'dead';
  attempts: number;
  nextAt?: string;
  createdAt: string;
  lastFault?: string;
}

/** Something in a definition that looks like a trap for the agent that reads it. */
export interface DefinitionFinding {
  code:
    | 'hidden-text'
    | 'invisible-characters'
    | 'text-direction'
    | 'control-characters'
    | 'hidden-comment'
    | 'instruction'
    | 'keeps-from-user'
    | 'secret-file'
    | 'asks-for-context'
    | 'sends-elsewhere'
    | 'remote-image'
    | 'encoded-text'
    | 'names-other-tool'
    | 'looks-alike'
    | 'unreadable';
  /** A JSON pointer; `#` behind it where the name of the member is meant. */
  where: string;
  snippet: string;
}

export interface DefinitionForm {
  digest: string;
  answer?: 'accepted' | 'rejected';
  findings: DefinitionFinding[];
  listed: boolean;
  firstMetAt: string;
  firstRun: string;
  firstSession: string;
  metAt: string;
  metRun: string;
  decided?: { at: string; by: string; name?: string; reason?: string };
}

/** `GET /v1/definitions?target=&kind=&standing=&waits=&cursor=&limit=`: `Page<DefinitionSummary>`, what waits first. */
export interface DefinitionSummary {
  id: string;
  target: string;
  kind: 'tool' | 'prompt' | 'resource' | 'template' | 'server';
  /** In characters that show. */
  name: string;
  standing: 'accepted' | 'new' | 'changed' | 'rejected';
  /** False where the target tells of it no more. */
  listed: boolean;
  /** True where the target tells of it and nobody decided. */
  waits: boolean;
  current: DefinitionForm;
  /** The form that was accepted last, where it is another one. */
  accepted?: DefinitionForm;
}

/**
 * `GET /v1/definitions/:definition`; `POST /v1/definitions/:definition/accept` and `/reject` `{digest, reason?}` → this;
 * `GET /v1/definitions/:definition/diff?from=&to=` → `{id, from, to, differences}`;
 * `POST /v1/definitions/accept {forms: [{definition, digest}], reason?}` → `{accepted, missing}`.
 */
export interface DefinitionDetails extends DefinitionSummary {
  forms: (DefinitionForm & {
    /** Canonical JSON: hostile. */
    text: string;
    /** The same on lines of its own, in characters that show. */
    shown: string;
  })[];
  /** Between the accepted form and the current one. */
  differences: { where: string; before?: string; after?: string }[];
}

/**
 * `GET /v1/events`: server-sent events; each `data` is one of these, told to those who may see what it names. After a
 * gap (`Last-Event-ID` unknown) comes `refresh`: load anew what is shown.
 */
export type LiveEvent =
  | { type: 'approval'; id: string; state: ApprovalState }
  | { type: 'session'; id: string; run: string; state: 'open' | 'closed' | 'progress' }
  | { type: 'configuration' }
  /** What MCP targets say, or what people said of it. */
  | { type: 'definitions' }
  | { type: 'refresh' };

/**
 * RFC 8628: `POST /v1/login/device {name}`, `POST /v1/login/device/token {grant_type, device_code}`;
 * `GET /v1/login/device/:userCode` and `POST /v1/login/device/:userCode {answer: 'approve' | 'deny'}` → this, for people.
 */
export interface DeviceLogin {
  userCode: string;
  name: string;
  requestedAt: string;
  from: string;
  state: 'pending' | 'approved' | 'denied' | 'expired';
}
