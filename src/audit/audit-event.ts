/** An event as its line says it (docs/concepts/audit-log.md). What a reader sees; the line's bytes are what counts. */
import type { ApprovalRecord, Vote } from '../model/approval.ts';
import type { Decision } from '../model/decision.ts';
import type { Refusal } from '../model/refusal.ts';
import type { ExchangeResult, MaskCount } from '../model/reply.ts';
import type { ForwardedStatement } from '../model/request.ts';
import { type RecordedOperation, unpackOperation } from './record/recorded-operations.ts';
import type { SessionOutcome } from './recorder.ts';

export type EventKind =
  | 'session.open'
  | 'request'
  | 'approval'
  | 'input'
  | 'reply'
  | 'refusal'
  | 'unasked'
  | 'gap'
  | 'session.close';

export interface AuditEvent {
  readonly v: 1;
  readonly run: string;
  readonly session: string;
  /** Dense from 0 within the session. */
  readonly seq: number;
  /** The RFC 6962 leaf hash of the line before: SHA-256(0x00 ‖ line). The empty tree's root in the first. */
  readonly prev: string;
  readonly at: string;
  /** Microseconds on the gateway's monotonic clock. */
  readonly mono?: string;
  readonly kind: EventKind;
  readonly exchange?: number;
  readonly body?: BodyRef;
  readonly decision?: Decision;
  /** How the texts of the body were changed before they were forwarded. */
  readonly forwarded?: readonly ForwardedStatement[];
  readonly op?: readonly RecordedOperation[];
  readonly masked?: readonly MaskCount[];
  readonly result?: Omit<ExchangeResult, 'rows'> & { readonly rows?: string };
  readonly refusal?: Refusal;
  readonly held?: HeldEvent;
  readonly reason?: string;
  readonly opening?: EventOpening;
  readonly closing?: {
    readonly outcome: SessionOutcome;
    readonly bodies: { readonly bytes: string; readonly digest: string; readonly packs: number };
  };
}

/** How the wait of a request for people ended. Who they are, by name, and why they answered so stands in the body. */
export interface HeldEvent extends Omit<ApprovalRecord, 'votes'> {
  readonly votes: readonly Omit<Vote, 'login' | 'reason'>[];
}

/** Where a body stands, and the commitment SHA-256(0x01 ‖ salt ‖ body) to it. */
export interface BodyRef {
  /** Of the whole body. */
  readonly bytes: string;
  readonly digest: string;
  readonly media: string;
  /** The first pack that holds it. */
  readonly pack?: number;
  /** Where it begins in that pack, with its salt; absent for a body that fills packs of its own. */
  readonly offset?: number;
  /** How many packs there are from its first to its last, where it fills packs of its own. */
  readonly packs?: number;
  /** Those among them that hold other bodies, which came while it did. */
  readonly between?: readonly number[];
  /** Bytes that were kept, where not all were, and the commitment to them. */
  readonly stored?: string;
  readonly storedDigest?: string;
  /** A power cut took what was to be kept. */
  readonly lost?: boolean;
}

export interface EventOpening {
  readonly demo: boolean;
  readonly grant: { readonly id: string; readonly rule: string; readonly expiresAt: string };
  readonly principal: { readonly id: string; readonly kind: 'workload' | 'human' };
  readonly recordMode: 'strict' | 'batched';
  readonly storedReplyBytes: string;
  readonly target: {
    readonly name: string;
    readonly protocol: string;
    readonly database?: string;
    readonly tls: string;
  };
  readonly workload: Readonly<Record<string, string>>;
}

/** Reads a line; undefined where it is no event. What a file holds may have been altered, so nothing is taken as given. */
export function parseEvent(line: Buffer): AuditEvent | undefined {
  let event: unknown;
  try {
    event = JSON.parse(line.toString('utf8'));
  } catch {
    return undefined; // not JSON: the caller says where
  }
  return asEvent(event);
}

/** The event that a value is; undefined where it is none. */
export function asEvent(value: unknown): AuditEvent | undefined {
  if (!isEvent(value)) return undefined;
  if (value.op === undefined) return value;
  const op = value.op.map(unpackOperation);
  return op.every((one) => one !== undefined) ? { ...value, op } : undefined;
}

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const optional = (check: (value: unknown) => boolean) => (value: unknown) => value === undefined || check(value);
const listOf = (check: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(check);
const shaped = (shape: Shape) => {
  // Written out as two lists: this runs for every event of a bundle.
  const names = Object.keys(shape);
  const checks = Object.values(shape);
  return (value: unknown) => {
    if (typeof value !== 'object' || value === null) return false;
    for (let i = 0; i < names.length; i++) {
      const member = (value as Readonly<Record<string, unknown>>)[names[i] as string];
      if (!(checks[i] as (member: unknown) => boolean)(member)) return false;
    }
    return true;
  };
};

const isBody = shaped({
  bytes: isText,
  digest: isText,
  media: isText,
  pack: optional(isCount),
  offset: optional(isCount),
  packs: optional(isCount),
  between: optional(listOf(isCount)),
  stored: optional(isText),
  storedDigest: optional(isText),
  lost: optional(isFlag),
});
const isSource = shaped({ schema: isText, table: isText, column: isText });
const isCopy = shaped({ into: isSource, from: (value) => value === 'unknown' || listOf(isSource)(value) });
const isOperation = shaped({
  kind: isText,
  access: isText,
  copies: optional(listOf(isCopy)),
  lock: optional(isText),
  tables: listOf(shaped({ schema: isText, name: isText, use: isText })),
  flags: listOf(isText),
});
const isForwarded = shaped({
  statement: isCount,
  edits: listOf(shaped({ at: isCount, removed: isCount, inserted: isText })),
});
const isHeld = shaped({
  id: isText,
  state: isText,
  digest: isText,
  votes: listOf(shaped({ person: isText, answer: isText, channel: isText, at: isText })),
  waitedMs: isCount,
});
const isOpening = shaped({
  grant: shaped({ id: isText, rule: isText }),
  principal: shaped({ id: isText, kind: isText }),
  target: shaped({ name: isText, protocol: isText }),
  workload: shaped({}),
});
const isClosing = shaped({ outcome: isText, bodies: shaped({ bytes: isText, digest: isText, packs: isCount }) });
const isWhole = shaped({
  v: (value) => value === 1,
  run: isText,
  session: isText,
  seq: isCount,
  prev: isText,
  at: isText,
  kind: isText,
  exchange: optional(isCount),
  body: optional(isBody),
  decision: optional(
    shaped({ effect: isText, rules: listOf(isText), obligations: optional(listOf(shaped({ kind: isText }))) }),
  ),
  forwarded: optional(listOf(isForwarded)),
  op: optional(listOf(isOperation)),
  result: optional(shaped({ status: isText })),
  held: optional(isHeld),
  refusal: optional(shaped({ code: isText, message: isText })),
  opening: optional(isOpening),
  closing: optional(isClosing),
});

function isEvent(value: unknown): value is AuditEvent {
  return isWhole(value);
}
