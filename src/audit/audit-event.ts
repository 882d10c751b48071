/** An event as its line says it (docs/concepts/audit-log.md). What a reader sees; the line's bytes are what counts. */
import type { Decision } from '../model/decision.ts';
import type { ExchangeResult, MaskCount } from '../model/reply.ts';
import type { Refusal } from '../model/refusal.ts';
import type { Operation } from '../model/request.ts';
import type { SessionOutcome } from './recorder.ts';

export type EventKind =
  | 'session.open'
  | 'request'
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
  readonly op?: readonly Omit<Operation, 'outputs'>[];
  readonly masked?: readonly MaskCount[];
  readonly result?: Omit<ExchangeResult, 'rows'> & { readonly rows?: string };
  readonly refusal?: Refusal;
  readonly reason?: string;
  readonly opening?: EventOpening;
  readonly closing?: {
    readonly outcome: SessionOutcome;
    readonly bodies: { readonly bytes: string; readonly digest: string; readonly packs: number };
  };
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
  /** How many packs a large body fills. */
  readonly packs?: number;
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

/** Reads a line; undefined where it is no event. */
export function parseEvent(line: Buffer): AuditEvent | undefined {
  try {
    const event = JSON.parse(line.toString('utf8')) as AuditEvent;
    return event.v === 1 && typeof event.kind === 'string' && typeof event.seq === 'number' ? event : undefined;
  } catch {
    return undefined; // not JSON: the caller says where
  }
}
