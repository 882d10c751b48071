import type { SessionCarrier } from '../audit/recorder.ts';
import type { GrantId, TargetName } from '../model/ids.ts';
import { Refused } from '../model/refusal.ts';
import type {
  Admission,
  CancelKey,
  Claim,
  Entrances,
  Login,
  Protocol,
  ScramKeys,
  Session,
} from '../protocols/protocol.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { GatewayAdmission, type GatewayParts } from './admission.ts';
import { CarriedPasswords } from './carried-passwords.ts';
import type { Connections } from './connections.ts';
import type { CarriedClaim } from './control-plane.ts';

/** What was proved when a carrier was opened: a grant (with its key) and the one target that the bytes are for. */
export interface Carried {
  readonly grant: GrantId;
  readonly keyThumbprint: string | undefined;
  readonly target: TargetName;
  /** True where the bytes are for the places of the port that are no one target's, and `target` is their name only. */
  readonly place?: boolean;
  /** Of the password that a client of the local listener must prove; the password itself stays where it was made. */
  readonly keys: ScramKeys;
  /** Of the SSH key that a client of the listener may prove instead, `SHA256:…`. */
  readonly sshKey?: string | undefined;
  /** What it came in: a WebSocket where absent. */
  readonly carrier?: SessionCarrier;
  /** True where people are only asked for approvals, and nothing is ever forwarded. */
  readonly askOnly?: boolean;
  /** What the wrapper says of its listener. */
  readonly asserted: Readonly<Record<string, string>>;
  /** Told of a login that was refused. */
  readonly onRefused: (refused: Refused) => void;
}

/** Serves connections that came inside another one, as if each had come on its target's native port. */
export class Carriers<Upstream extends AsyncDisposable, Greeting> {
  readonly #protocol: Protocol<Upstream, Greeting>;
  readonly #gateway: GatewayParts;
  readonly #connections: Connections;

  /** `protocol` is the one without TLS of its own: what carries the bytes has it. */
  constructor(protocol: Protocol<Upstream, Greeting>, gateway: GatewayParts, connections: Connections) {
    this.#protocol = protocol;
    this.#gateway = gateway;
    this.#connections = connections;
  }

  /** Throws `Refused` where one more connection would be one too many, or none is taken any more. */
  checkRoom(): void {
    if (this.#gateway.draining.aborted) {
      throw new Refused({ code: 'draining', message: 'The gateway is shutting down.' });
    }
    if (this.#connections.haveRoom) return;
    throw new Refused({ code: 'connection-limit', message: 'The gateway has as many connections as it takes.' });
  }

  /** Serves until the connection ends. Never rejects. */
  serve(stream: ByteStream, carried: Carried): Promise<void> {
    return this.#connections.serve(stream, this.#protocol, (onAdmitted) => {
      const { carrier = 'websocket', asserted, askOnly = false } = carried;
      const way = { carrier, asserted, askOnly };
      const inner = new GatewayAdmission(stream, this.#protocol, this.#gateway, onAdmitted, way);
      return new CarriedAdmission(inner, carried);
    });
  }
}

/** Lets in whoever knows the password of the listener that the bytes came from, into its one target. */
class CarriedAdmission<Upstream extends AsyncDisposable, Greeting> implements Admission<Upstream, Greeting> {
  readonly #inner: GatewayAdmission<Upstream, Greeting>;
  readonly #carried: Carried;
  readonly #passwords: CarriedPasswords;

  constructor(inner: GatewayAdmission<Upstream, Greeting>, carried: Carried) {
    this.#inner = inner;
    this.#carried = carried;
    this.#passwords = new CarriedPasswords(carried.keys);
  }

  get target(): TargetName | undefined {
    return this.place ? undefined : this.#carried.target;
  }

  get place(): boolean {
    return this.#carried.place === true;
  }

  get signal(): AbortSignal {
    return this.#inner.signal;
  }

  /** Whoever names another user gets the same keys, and is refused with their proof. */
  scramKeys(): Promise<ScramKeys> {
    return Promise.resolve(this.#carried.keys);
  }

  cancel(key: CancelKey): Promise<boolean> {
    return this.#inner.cancel(key);
  }

  report(fault: unknown): void {
    this.#inner.report(fault);
  }

  async admit(claim: Claim, target: TargetName, login: Login): Promise<Session<Upstream, Greeting>> {
    try {
      return await this.#admit(claim, target, login);
    } catch (error) {
      if (error instanceof Refused) this.#carried.onRefused(error);
      throw error;
    }
  }

  /** A listener is for one target, whatever else its grant is for; or for a place, which asks all that it knows of. */
  async targets(claim: Claim): Promise<Entrances> {
    const { principal, targets } = await this.#inner.targets(await this.#carriedClaim(claim));
    if (this.place) return { principal, targets };
    return { principal, targets: targets.filter(({ name }) => name === this.#carried.target) };
  }

  async stray(claim: Claim, place: string): Promise<void> {
    try {
      await this.#inner.stray(await this.#carriedClaim(claim), place);
    } catch (error) {
      if (error instanceof Refused) this.#carried.onRefused(error);
      throw error;
    }
  }

  async #admit(claim: Claim, target: TargetName, login: Login): Promise<Session<Upstream, Greeting>> {
    const carried = await this.#carriedClaim(claim);
    if (!this.place && target !== this.#carried.target) {
      throw new Refused({
        code: 'target-not-granted',
        message: 'this listener is for another target than the one that was named',
        hint: 'Each target of a run has a listener of its own.',
      });
    }
    return this.#inner.admit(carried, target, login);
  }

  async #carriedClaim(claim: Claim): Promise<CarriedClaim> {
    const { grant: user, keyThumbprint, keys, sshKey } = this.#carried;
    if (claim.kind === 'key') {
      return { kind: 'carried', user, proof: { fingerprint: claim.fingerprint }, keys, keyThumbprint, sshKey };
    }
    if (claim.user !== user) {
      throw new Refused({ code: 'claim-invalid', message: 'the user or its password is wrong' });
    }
    const proof = claim.kind !== 'password' ? claim.proof : await this.#passwords.proofOf(claim.password);
    return { kind: 'carried', user, proof, keys, keyThumbprint };
  }
}
