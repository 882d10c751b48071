import { Refused } from '../model/refusal.ts';
import type { Admission, Protocol } from '../protocols/protocol.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { PeerLeft } from '../wire/peer-left.ts';
import type { GatewayParts } from './admission.ts';

/** Makes the admission of one connection; to be called back when it let somebody in, each time it does. */
export type AdmissionOf<Upstream, Greeting> = (onAdmitted: () => void) => Admission<Upstream, Greeting>;

/** The connections of a gateway's clients, whichever way they came: the one owner of how many there are. */
export class Connections {
  readonly #gateway: GatewayParts;
  readonly #open = new Map<ByteStream, { admitted: boolean }>();
  #unauthenticated = 0;

  constructor(gateway: GatewayParts) {
    this.#gateway = gateway;
  }

  get size(): number {
    return this.#open.size;
  }

  /** False where one more would be more than the limits allow. */
  get haveRoom(): boolean {
    const { maxConnections, maxUnauthenticatedConnections } = this.#gateway.limits;
    return this.#open.size < maxConnections && this.#unauthenticated < maxUnauthenticatedConnections;
  }

  /** Serves one connection alone until it ends: its faults end it and nothing else. Never rejects. */
  async serve<Upstream extends AsyncDisposable, Greeting>(
    stream: ByteStream,
    protocol: Protocol<Upstream, Greeting>,
    admissionOf: AdmissionOf<Upstream, Greeting>,
  ): Promise<void> {
    const state = { admitted: false };
    this.#open.set(stream, state);
    this.#unauthenticated++;
    const deadline = setTimeout(() => stream.destroy(), this.#gateway.limits.admissionDeadlineMs);
    const onAdmitted = (): void => {
      if (state.admitted) return;
      clearTimeout(deadline);
      state.admitted = true;
      this.#unauthenticated--;
    };
    try {
      await protocol.serve(stream, admissionOf(onAdmitted));
      await stream.end();
    } catch (fault) {
      stream.destroy();
      if (!expected(fault)) this.#gateway.onFault(fault, stream.peer);
    } finally {
      clearTimeout(deadline);
      if (!state.admitted) this.#unauthenticated--;
      this.#open.delete(stream);
    }
  }

  /** Closes those that are not admitted yet; sessions are drained by their owner. */
  stop(): void {
    for (const [stream, { admitted }] of this.#open) if (!admitted) stream.destroy();
  }

  destroy(): void {
    for (const stream of this.#open.keys()) stream.destroy();
  }
}

/** A client that leaves and a request that is refused are everyday; all else is worth an operator's look. */
function expected(fault: unknown): boolean {
  return fault instanceof PeerLeft || fault instanceof Refused;
}
