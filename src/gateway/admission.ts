import { randomBytes, randomInt } from 'node:crypto';
import type { AuditLog, SessionCarrier, SessionRecord } from '../audit/recorder.ts';
import { Fault } from '../model/fault.ts';
import { mintId, type SessionId, type TargetName } from '../model/ids.ts';
import type { Limits } from '../model/limits.ts';
import { Refused } from '../model/refusal.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import type {
  Admission,
  CancelKey,
  Claim,
  Connected,
  Entrances,
  Login,
  Protocol,
  ScramKeys,
  Session,
} from '../protocols/protocol.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { withDeadline } from '../wire/deadline.ts';
import type { Admitted, CarriedClaim, ControlPlane } from './control-plane.ts';
import type { EffectEstimator, Estimates } from './effect-estimator.ts';
import { endWhenDue } from './end-when-due.ts';
import type { GatewayWatch } from './exchange-watch.ts';
import { sessionOutcome, unavailable } from './failure.ts';
import type { LiveSessions } from './live-sessions.ts';
import { GatewaySession } from './session.ts';
import { SessionBudgets } from './session-budgets.ts';
import { SessionClasses } from './session-classes.ts';
import { SessionClient } from './session-client.ts';
import { type Masks, SessionMasks } from './session-masks.ts';
import type { Strays } from './strays.ts';

/** What a gateway is made of; one value, handed to every connection. */
export interface GatewayParts {
  readonly controlPlane: ControlPlane;
  readonly audit: AuditLog;
  readonly live: LiveSessions;
  readonly limits: Limits;
  /** Aborted when the gateway begins to drain. */
  readonly draining: AbortSignal;
  /** What held requests would do, a few asked at once. */
  readonly estimates: Estimates;
  /** Those who asked for what is no target. */
  readonly strays: Pick<Strays, 'note'>;
  /** The key for hashed masks of one run, stable while the run lasts. */
  maskKey(run: string): Uint8Array;
  readonly now: () => number;
  /** Told what happens, by whoever measures it. */
  readonly watch: GatewayWatch;
  /** Told of faults that end a connection; never of refusals. */
  readonly onFault: (fault: unknown, client: string) => void;
}

/** The client's connection as far as its admission and its holds may know it: nothing is read from it here. */
export type ClientStream = Pick<ByteStream, 'signal' | 'onStall' | 'peer'>;

/** How a connection came, as the gateway saw it, and what its client said of it while it was opened. */
export interface Way {
  readonly carrier: SessionCarrier;
  readonly asserted?: Readonly<Record<string, string>>;
  /** True where its sessions ask people and run nothing. */
  readonly askOnly?: boolean;
}

const NATIVE: Way = { carrier: 'native' };

/** By what a session of the gateway's own is judged and masked, in place of the policies in force. */
export interface SessionRules {
  readonly policies: () => PolicySet;
  readonly masks: Masks;
}

/** Lets one connection in; as one session, or as several where its protocol asks for more. */
export class GatewayAdmission<Upstream extends AsyncDisposable, Greeting> implements Admission<Upstream, Greeting> {
  readonly signal: AbortSignal;
  readonly #client: ClientStream;
  readonly #protocol: Protocol<Upstream, Greeting>;
  readonly #gateway: GatewayParts;
  readonly #onAdmitted: () => void;
  readonly #way: Way;

  constructor(
    client: ClientStream,
    protocol: Protocol<Upstream, Greeting>,
    gateway: GatewayParts,
    onAdmitted: () => void,
    way: Way = NATIVE,
  ) {
    this.#way = way;
    this.#client = client;
    this.#protocol = protocol;
    this.#gateway = gateway;
    this.#onAdmitted = onAdmitted;
    this.signal = client.signal;
  }

  scramKeys(user: string): Promise<ScramKeys> {
    return this.#gateway.controlPlane.scramKeys(user);
  }

  async targets(claim: Claim | CarriedClaim): Promise<Entrances> {
    const { controlPlane, draining } = this.#gateway;
    if (draining.aborted) throw new Refused({ code: 'draining', message: 'the gateway is shutting down' });
    const entrances = await controlPlane.targets(claim);
    this.#onAdmitted();
    return entrances;
  }

  cancel(key: CancelKey): Promise<boolean> {
    return this.#gateway.live.cancel(key);
  }

  async stray(claim: Claim | CarriedClaim, place: string): Promise<void> {
    const { controlPlane, strays, watch } = this.#gateway;
    const { run, grant } = await controlPlane.holder(claim);
    watch.turnedAway('target-unknown');
    await strays.note({ run: run.id, grant: grant.id }, place);
  }

  report(fault: unknown): void {
    this.#gateway.onFault(fault, this.#client.peer);
  }

  async admit(claim: Claim | CarriedClaim, target: TargetName, login: Login): Promise<Session<Upstream, Greeting>> {
    try {
      return await this.#admit(claim, target, login);
    } catch (cause) {
      if (cause instanceof Refused) this.#gateway.watch.turnedAway(cause.refusal.code);
      throw cause;
    }
  }

  async #admit(claim: Claim | CarriedClaim, target: TargetName, login: Login): Promise<Session<Upstream, Greeting>> {
    const { controlPlane, draining } = this.#gateway;
    if (draining.aborted) throw new Refused({ code: 'draining', message: 'the gateway is shutting down' });
    const admitted = await controlPlane.admit(claim, target);
    const { name, layers = [] } = this.#protocol;
    if (admitted.target.protocol !== name && !layers.includes(admitted.target.protocol)) {
      throw new Refused({ code: 'target-unknown', message: `"${target}" is not a ${name} target` });
    }
    const session = await this.open(admitted, login);
    this.#onAdmitted();
    return session;
  }

  /** Opens the session of one who was admitted. Throws `Refused` where it cannot be recorded, or the target not reached. */
  async open(admitted: Admitted, login: Login, rules?: SessionRules): Promise<Session<Upstream, Greeting>> {
    const id = mintId('ses', this.#gateway.now(), (bytes) => randomBytes(bytes)) as SessionId;
    const record = await this.#openRecord(id, admitted, login);
    const connected = await this.#connect(admitted, { ...login, session: id }, record);
    return this.#open(id, admitted, connected, record, login, rules);
  }

  /** In the log before the upstream hears of the session. */
  async #openRecord(id: SessionId, { principal, target }: Admitted, { parameters }: Login): Promise<SessionRecord> {
    try {
      return await this.#gateway.audit.openSession({
        id,
        principal,
        target,
        client: this.#client.peer,
        carrier: this.#way.carrier,
        asserted: { ...parameters, ...this.#way.asserted },
      });
    } catch (cause) {
      this.#gateway.onFault(cause, this.#client.peer);
      throw new Refused({
        code: 'record-unavailable',
        message: 'the session could not be recorded, so it was not opened',
      });
    }
  }

  async #connect(admitted: Admitted, login: Login, record: SessionRecord): Promise<Connected<Upstream, Greeting>> {
    const { upstreamConnectDeadlineMs } = this.#gateway.limits;
    const expired = (): Error => new Fault('deadline', 'the target did not answer in time');
    const { run, grant } = admitted.principal;
    const by = { ...login, run: run.id, grant: grant.id };
    try {
      const credential = await admitted.credential();
      return await withDeadline(upstreamConnectDeadlineMs, this.signal, expired, (signal) =>
        this.#protocol.connect(admitted.target, credential, by, signal),
      );
    } catch (cause) {
      await record.close(this.signal.aborted ? sessionOutcome(this.signal.reason) : 'upstreamLost');
      if (cause instanceof Refused) throw cause;
      // Where the client has left meanwhile, that is no fault of ours, or of the target's.
      if (!this.signal.aborted) this.#gateway.onFault(cause, this.#client.peer);
      throw unavailable(cause, admitted.target.name);
    }
  }

  #open(
    id: SessionId,
    admitted: Admitted,
    connected: Connected<Upstream, Greeting>,
    record: SessionRecord,
    login: Login,
    rules: SessionRules | undefined,
  ): GatewaySession<Upstream, Greeting> {
    const { live, controlPlane, now, maskKey, draining, limits, onFault } = this.#gateway;
    const { principal, target } = admitted;
    const ending = new AbortController();
    const client = new SessionClient(this.#client, ending.signal);
    const fault = (cause: unknown): void => onFault(cause, this.#client.peer);
    const runKey = maskKey(principal.run.id);
    const classes = new SessionClasses({ id, principal, target, desk: controlPlane.classes, limits, onFault: fault });
    const session = new GatewaySession<Upstream, Greeting>({
      id,
      principal,
      target,
      client: this.#client.peer,
      openedAt: new Date(now()).toISOString(),
      cancelKey: this.#mintCancelKey(login.cancelKeyBytes),
      protocol: this.#protocol,
      connected,
      record,
      policies: rules?.policies ?? (() => controlPlane.policies()),
      classes,
      runKey,
      masks: rules?.masks ?? new SessionMasks(() => classes.current(), runKey),
      holds: {
        session: id,
        principal,
        target,
        desk: controlPlane.approvals,
        client,
        signal: ending.signal,
        draining,
        limits,
        now,
        onFault,
        askOnly: this.#way.askOnly === true,
        estimator: this.#estimator(admitted, login),
      },
      watch: this.#gateway.watch.session(id, principal, target),
      definitions: controlPlane.definitions,
      budgets: new SessionBudgets({ desk: controlPlane.budgets, principal, target, onFault: fault }),
      // A session counts as live until its end is on record: a shutdown closes the log after that.
      onClosed: (closed) => live.remove(closed),
      goApart: () => client.goApart(),
      ending,
    });
    live.add(session);
    endWhenDue(session, ending.signal, client, this.#gateway);
    return session;
  }

  /** Asks the target on a connection of its own, with the session's credential and what its client chose. */
  #estimator({ target, credential, principal }: Admitted, said: Login): EffectEstimator | undefined {
    const { estimates, onFault } = this.#gateway;
    const protocol = this.#protocol;
    if (protocol.estimate === undefined || protocol.estimates?.(target) === false) return undefined;
    const login = { ...said, run: principal.run.id, grant: principal.grant.id };
    return (request, measureRows, signal) =>
      estimates.run(
        async (inTime) => {
          const question = { target, credential: await credential(), login, request, measureRows };
          if (protocol.estimate === undefined) throw new Fault('internal', 'the protocol has lost its estimates');
          return protocol.estimate(question, inTime);
        },
        signal,
        (fault) => onFault(fault, this.#client.peer),
      );
  }

  #mintCancelKey(bytes: number): CancelKey {
    let processId: number;
    do processId = randomInt(1, 2 ** 31 - 1);
    while (this.#gateway.live.hasProcess(processId));
    return { processId, secret: randomBytes(bytes) };
  }
}
