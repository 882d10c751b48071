/** The log as others see it: signed, witnessed, and under keys that change. Owns the checkpoints, the alarms, the keys. */
import { Fault } from '../../model/fault.ts';
import type { Limits } from '../../model/limits.ts';
import type { AuditPaths } from '../audit-paths.ts';
import type { Checkpoint } from '../c2sp/checkpoint-text.ts';
import { keyIdText } from '../c2sp/key-text.ts';
import { encodeProof } from '../c2sp/proof-text.ts';
import { quorumHolds } from '../c2sp/quorum.ts';
import { encodeVerifierKey } from '../log/signed-note.ts';
import { subtreeReader } from '../log/tile-log.ts';
import type { TlogPolicy } from '../log/tlog-policy.ts';
import { proveEntry } from '../log/tlog-proof.ts';
import type { LogKeyRing } from '../log-keys.ts';
import { findLastEntry } from '../read/read-log.ts';
import type { LogNote } from '../recorder.ts';
import { type Alarm, Alarms } from './alarms.ts';
import type { Disagreement, WitnessView } from './asked-witness.ts';
import {
  type CheckpointAnchor,
  CheckpointPublisher,
  type SigningStatus,
  witnessedPath,
} from './checkpoint-publisher.ts';
import type { Fetch } from './witness-client.ts';
import { WitnessRounds } from './witness-rounds.ts';
import type { Checkpoints, CoveringCheckpoint } from './witnessed.ts';

export interface WitnessingOptions {
  readonly policy: TlogPolicy;
  readonly fetch: Fetch;
}

/** What is done with runs while an alarm stands that is proven: `refuse` lets nobody new in. */
export type OnAlarm = 'refuse' | 'continue';

export interface PublishingOptions {
  readonly anchor?: CheckpointAnchor;
  /** Absent where no witnesses are asked. */
  readonly witnessing?: WitnessingOptions;
  readonly onAlarm?: OnAlarm;
  /** What went wrong beside the requests, and is tried again: for the operator. */
  readonly onFault?: (fault: Fault) => void;
}

export interface PublishedLogParts extends PublishingOptions {
  readonly paths: AuditPaths;
  readonly keys: LogKeyRing;
  readonly limits: Limits;
  readonly clock: () => number;
  readonly onPublished: (size: number) => void;
}

/** What a log needs of its recorder to write down what happens to itself. */
export interface OwnNotes {
  note(entry: LogNote): Promise<void>;
  sync(): Promise<void>;
}

export interface PublishedStatus {
  readonly signing: SigningStatus;
  readonly keys: readonly LogKeyView[];
  /** Absent where no witnesses are configured. */
  readonly witnessing?: {
    readonly witnesses: readonly WitnessView[];
    /** Entries under the newest checkpoint with the quorum. */
    readonly size: number;
    /** RFC 3339: when the quorum had cosigned it. */
    readonly at?: string;
  };
  readonly alarms: readonly Alarm[];
  /** True while an alarm keeps new runs and sessions out. */
  readonly stopped: boolean;
}

export interface LogKeyView {
  readonly vkey: string;
  readonly state: 'signs' | 'next' | 'signs-beside' | 'retired';
  /** RFC 3339; of one that signs beside its successor. */
  readonly until?: string;
}

export class PublishedLog implements Checkpoints {
  readonly #parts: PublishedLogParts;
  readonly #publisher: CheckpointPublisher;
  readonly #rounds: WitnessRounds | undefined;
  readonly #alarms: Alarms;
  #notes: OwnNotes | undefined;
  #rotation: Promise<string> | undefined;

  /** `head` is the durable tree that the log has now. Throws a `Fault` of code `config-invalid` for an impossible quorum. */
  constructor(parts: PublishedLogParts, head: Pick<Checkpoint, 'size' | 'root'>) {
    this.#parts = parts;
    this.#alarms = new Alarms(parts.paths.alarms);
    this.#rounds = this.#openRounds();
    const { anchor, paths, keys, limits, clock } = parts;
    this.#publisher = new CheckpointPublisher(
      {
        ...(anchor === undefined ? {} : { anchor }),
        ...(this.#rounds === undefined ? {} : { witnesses: this.#rounds }),
        paths,
        keys,
        limits,
        clock,
        onFault: (fault) => parts.onFault?.(fault),
        onPublished: (size) => this.#published(size),
      },
      head,
    );
  }

  get status(): PublishedStatus {
    const rounds = this.#rounds;
    const time = rounds?.newestTime;
    const witnessing = rounds && {
      witnesses: rounds.views,
      size: rounds.newest?.size ?? 0,
      ...(time === undefined ? {} : { at: new Date(time * 1000).toISOString() }),
    };
    return {
      signing: this.#publisher.status,
      keys: this.#keyViews(),
      ...(witnessing === undefined ? {} : { witnessing }),
      alarms: this.#alarms.all,
      stopped: this.refusal !== undefined,
    };
  }

  /** Why nobody new is let in; undefined where nothing stands against it. */
  get refusal(): Fault | undefined {
    const alarm = this.#parts.onAlarm === 'continue' ? undefined : this.#alarms.standing;
    if (alarm === undefined) return undefined;
    return new Fault(
      'log-unavailable',
      `${alarmText(alarm)}. Nobody new is let in before an administrator looked into alarm ${alarm.id}`,
    );
  }

  /** True where witnesses are configured. */
  get isWitnessed(): boolean {
    return this.#rounds !== undefined;
  }

  get verifierKey(): string {
    return this.#parts.keys.verifierKey;
  }

  /** The log can write about itself from now on. Resolves once a rotation that was begun is ended, or could not be. */
  async begin(notes: OwnNotes): Promise<void> {
    this.#notes = notes;
    if (this.#parts.keys.next !== undefined) await this.#continueRotation();
  }

  advance(head: Pick<Checkpoint, 'size' | 'root'>): void {
    this.#publisher.advance(head);
  }

  async settled(): Promise<void> {
    await this.#publisher.settled();
  }

  async witnessed(minSize: number, signal: AbortSignal): Promise<CoveringCheckpoint> {
    return await this.#publisher.witnessed(minSize, signal);
  }

  /** Notes that `by` looked into an alarm, which stops nothing any more; undefined where there is none of this id. */
  async acknowledge(id: string, by: string): Promise<Alarm | undefined> {
    const at = new Date(this.#parts.clock()).toISOString();
    if (this.#alarms.all.every((one) => one.id !== id)) return undefined;
    await this.#notes?.note({ kind: 'operator.action', detail: { action: 'alarm.acknowledge', alarm: id, by } });
    return this.#alarms.acknowledge(id, by, at);
  }

  /**
   * Gives the log a new signing key; resolves to its verifier key. The log says so under both keys. The old one goes on
   * signing beside it for `overlapMs`. Rejects where that cannot be now; a rotation once begun is ended later.
   */
  async rotate(by: string, overlapMs: number): Promise<string> {
    if (this.#rotation !== undefined) return await this.#rotation;
    this.#rotation = this.#rotate(by, overlapMs).finally(() => (this.#rotation = undefined));
    return await this.#rotation;
  }

  async close(): Promise<void> {
    this.#notes = undefined;
    await this.#publisher.close();
    // What it waits for is told to have failed by then.
    await this.#rotation?.catch((cause: unknown) => this.#fault(cause));
  }

  async #rotate(by: string, overlapMs: number): Promise<string> {
    const { keys, paths, clock } = this.#parts;
    const notes = this.#notes;
    if (notes === undefined) throw new Fault('log-unavailable', 'the log is being closed');
    // From here on both keys sign, so no checkpoint that covers the entry is without either.
    const next = keys.begin();
    const vkey = encodeVerifierKey(keys.origin, next.key);
    const until = new Date(clock() + overlapMs).toISOString();
    const detail = { by, what: 'log', from: keyIdText(keys.current), to: keyIdText(next), next: vkey, until };
    const told = (text: string) => text.includes('"kind":"key.rotated"') && text.includes(`"next":"${vkey}"`);
    await notes.sync();
    if ((await findLastEntry(paths.root, told)) === undefined) {
      await notes.note({ kind: 'key.rotated', detail });
      await notes.sync();
    }
    const entry = await findLastEntry(paths.root, told);
    const { newest, signedSize } = this.#publisher;
    if (entry === undefined || entry.index >= signedSize) {
      throw new Fault(
        'signer-unavailable',
        'the log has a new key and could not be signed with both; it is tried again',
      );
    }
    const proof = proveEntry(subtreeReader(paths.log, signedSize), entry.index, signedSize, newest);
    keys.finish(encodeProof(proof), untilOf(entry.text) ?? until);
    keys.dropOld(clock());
    return vkey;
  }

  #published(size: number): void {
    this.#parts.onPublished(size);
    if (this.#parts.keys.next !== undefined && this.#notes !== undefined) void this.#continueRotation();
    else this.#parts.keys.dropOld(this.#parts.clock());
  }

  async #continueRotation(): Promise<void> {
    if (this.#rotation !== undefined) return;
    await this.rotate('gateway', this.#parts.limits.keyOverlapMs).catch((cause: unknown) => this.#fault(cause));
  }

  #fault(cause: unknown): void {
    const fault =
      cause instanceof Fault ? cause : new Fault('internal', `a key could not be rotated: ${String(cause)}`, { cause });
    this.#parts.onFault?.(fault);
  }

  #openRounds(): WitnessRounds | undefined {
    const { witnessing, paths, keys, limits, clock, onFault } = this.#parts;
    if (witnessing === undefined) return undefined;
    const { policy, fetch } = witnessing;
    const reachable = policy.witnesses.filter(({ url }) => url !== undefined).map(({ name }) => name);
    if (policy.quorum.kind === 'none' || !quorumHolds(policy.quorum, new Set(reachable))) {
      throw new Fault(
        'config-invalid',
        'the trust policy has no quorum of witnesses whose addresses it says: none could be asked',
      );
    }
    return new WitnessRounds({
      origin: keys.origin,
      directory: paths.log,
      path: witnessedPath(paths),
      policy,
      verifiers: () => keys.verifiers,
      limits,
      clock,
      fetch,
      onDisagreement: (found) => this.#disagree(found),
      onFault: (fault) => onFault?.(fault),
    });
  }

  #disagree(found: Disagreement): void {
    const { clock, onFault } = this.#parts;
    const alarm = this.#alarms.raise({ ...found, at: new Date(clock()).toISOString() });
    if (alarm === undefined) return;
    onFault?.(new Fault('log-corrupt', `${alarmText(alarm)}: alarm ${alarm.id}`));
    const { id, kind, proven, witness, theirSize } = alarm;
    const detail = {
      alarm: id,
      what: kind,
      proven,
      witness,
      ...(theirSize === undefined ? {} : { theirs: theirSize }),
    };
    this.#notes?.note({ kind: 'log.alarm', detail }).catch((cause: unknown) => this.#fault(cause));
  }

  #keyViews(): readonly LogKeyView[] {
    const { keys, clock } = this.#parts;
    const next = keys.next && { vkey: encodeVerifierKey(keys.origin, keys.next.key), state: 'next' as const };
    const old = keys.old.toReversed().map(({ vkey, signsUntil }): LogKeyView => {
      const isRetired = Date.parse(signsUntil) <= clock();
      return isRetired ? { vkey, state: 'retired' } : { vkey, state: 'signs-beside', until: signsUntil };
    });
    return [...(next ? [next] : []), { vkey: keys.verifierKey, state: 'signs' }, ...old];
  }
}

/** What the entry says, which may be of a start before this one. */
function untilOf(text: string): string | undefined {
  return /"until":"([0-9TZ:.-]{20,30})"/u.exec(text)?.[1];
}

export function alarmText({ kind, proven, witness }: Pick<Alarm, 'kind' | 'proven' | 'witness'>): string {
  const what =
    kind === 'rollback'
      ? 'has seen more entries of this log than it has: the log was rolled back, or is run twice'
      : 'has seen another log under this name: its history was changed, or there are two of it';
  return `witness ${witness} ${what}${proven ? ', and its proof is signed by our own key' : ' (it shows no proof)'}`;
}
