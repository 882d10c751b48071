/** What is exported, before any format: the record of the log in the words of this program. */
import type { AuditEvent, EventOpening } from '../audit/audit-event.ts';
import type { TraceParent } from '../model/trace-ids.ts';

export type ExportRecord = SessionOpened | ExchangeEnded | SessionClosed | EntryRecord;

/** Where a record stands, and what proves it. */
export interface Evidence {
  /** The log's name. */
  readonly origin: string;
  /** The entry of the log that commits to it. */
  readonly index: number;
  /** `session/seq`, or `entry/index`: with the log's name, one record for good. */
  readonly id: string;
  /** RFC 3339. */
  readonly at: string;
  /** RFC 6962 leaf hash of its line or entry, hex. */
  readonly leaf: string;
  /** That of the line before, hex. */
  readonly prev?: string;
}

export interface SessionOpened extends Evidence {
  readonly kind: 'session.open';
  readonly session: SessionFacts;
}

/** One request and how it ended. */
export interface ExchangeEnded extends Evidence {
  readonly kind: 'exchange';
  readonly session: SessionFacts;
  readonly exchange: number;
  /** Absent where the refusal is of no request that was decided. */
  readonly request?: AuditEvent;
  /** How its wait for people ended, where it waited. */
  readonly approval?: AuditEvent;
  /** Its reply, refusal or gap. */
  readonly end: AuditEvent;
  /** What was sent, every literal replaced; present where the sink asks for it and it can be told. */
  readonly statements?: readonly string[];
}

export interface SessionClosed extends Evidence {
  readonly kind: 'session.close';
  readonly session: SessionFacts;
  readonly outcome: string;
}

/** An entry of the log that stands for itself: a run opened or closed, a happening of the deployment. */
export interface EntryRecord extends Evidence {
  readonly kind: 'entry';
  /** `run.open`, `policy.activated`, … */
  readonly entry: string;
  readonly run?: string;
  readonly members: Readonly<Record<string, string | number | boolean>>;
}

export interface SessionFacts {
  readonly id: string;
  readonly run: string;
  /** Absent where the first line of the session says nothing that can be read. */
  readonly opening?: EventOpening;
  /** Who is behind the run; present where the sink asks for people. */
  readonly person?: PersonFacts;
  /** The trace that the run brought. */
  readonly trace?: TraceParent;
  /** Which agent the client says that it is, where that is one of those that are known by name. */
  readonly agent?: string;
}

/** Out of the body of `session.open`, which can be erased: absent members were not there, or not readable. */
export interface PersonFacts {
  /** As people know them: a login, or a repository and a branch. */
  readonly display?: string;
  /** Whose push or click started the job. */
  readonly actor?: string;
  /** Address of the client. */
  readonly address?: string;
  readonly port?: number;
}

/** A record that cannot be read: its file is cut, or what stands there is no event. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly index: number;
  readonly id: string;
  readonly why: string;
}
