import { timingSafeEqual } from 'node:crypto';
import type { GrantId, RunId, SessionId, TargetName } from '../model/ids.ts';
import type { Principal } from '../model/principal.ts';
import { Refused } from '../model/refusal.ts';
import type { Target } from '../model/target.ts';
import type { CancelKey } from '../protocols/protocol.ts';

/** A session that is being served by this gateway. */
export interface LiveSession {
  readonly id: SessionId;
  readonly principal: Principal;
  readonly target: Target;
  readonly client: string;
  /** RFC 3339. */
  readonly openedAt: string;
  readonly cancelKey: CancelKey;
  /** Exchanges so far. */
  readonly exchanges: number;
  /** True while an exchange is under way. */
  readonly busy: boolean;
  /** Cancels the exchange under way, as the protocol's own cancel does. */
  cancel(): Promise<void>;
  /** Ends the session at once; the reason is what the client is told and what is recorded. */
  end(reason: Error): void;
}

/** The sessions of this gateway: who may be cancelled, ended, counted. The one owner of that state. */
export class LiveSessions {
  readonly #byId = new Map<SessionId, LiveSession>();
  readonly #byProcess = new Map<number, LiveSession>();
  #emptied: (() => void) | undefined;

  add(session: LiveSession): void {
    this.#byId.set(session.id, session);
    this.#byProcess.set(session.cancelKey.processId, session);
  }

  remove(session: LiveSession): void {
    this.#byId.delete(session.id);
    this.#byProcess.delete(session.cancelKey.processId);
    if (this.#byId.size === 0) this.#emptied?.();
  }

  get size(): number {
    return this.#byId.size;
  }

  find(id: SessionId): LiveSession | undefined {
    return this.#byId.get(id);
  }

  list(): readonly LiveSession[] {
    return [...this.#byId.values()];
  }

  /** Whether a cancel key's number is free for a new session. */
  hasProcess(processId: number): boolean {
    return this.#byProcess.has(processId);
  }

  /** Cancels what the holder of this key is doing. The key was given to that session's own client only. */
  async cancel(key: CancelKey): Promise<boolean> {
    const session = this.#byProcess.get(key.processId);
    if (session === undefined || !equal(session.cancelKey.secret, key.secret)) return false;
    await session.cancel();
    return true;
  }

  endGrant(grant: GrantId): number {
    const sessions = this.list().filter((session) => session.principal.grant.id === grant);
    for (const session of sessions) {
      session.end(new Refused({ code: 'grant-revoked', message: 'the grant of this session was revoked' }));
    }
    return sessions.length;
  }

  /** Ends what a grant does in one target, which was taken back from it. */
  endInTarget(grant: GrantId, target: TargetName): number {
    const sessions = this.list().filter((one) => one.principal.grant.id === grant && one.target.name === target);
    const message = `the target ${target} was taken back from the grant of this session`;
    for (const session of sessions) session.end(new Refused({ code: 'grant-revoked', message }));
    return sessions.length;
  }

  ofRun(run: RunId): readonly LiveSession[] {
    return this.list().filter((session) => session.principal.run.id === run);
  }

  /** Ends idle sessions at once and busy ones after their exchange; resolves when none is left or `signal` aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    const draining = new Refused({ code: 'draining', message: 'the gateway is shutting down' });
    const sweep = (): void => {
      for (const session of this.list()) if (!session.busy) session.end(draining);
    };
    const timer = setInterval(sweep, 20);
    try {
      sweep();
      if (this.size > 0 && !signal.aborted) await this.#empty(signal);
      for (const session of this.list()) session.end(draining);
      if (this.size > 0) await this.#empty(AbortSignal.timeout(1_000));
    } finally {
      clearInterval(timer);
    }
  }

  #empty(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#emptied = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
