import { Fault } from '../../../model/fault.ts';
import type { RunId, TargetName } from '../../../model/ids.ts';
import type { ByteStream } from '../../../wire/byte-stream.ts';

/** Of one run and target: one that waits to be used, and one that comes while it is taken. */
const MOST_WAITING = 2;
/** How long somebody waits for the next one: its wrapper offers it as soon as the one before was taken. */
const OFFER_MS = 10_000;

interface Place {
  readonly waiting: ByteStream[];
  readonly takers: Set<(stream: ByteStream) => void>;
}

/**
 * Programs that the wrappers of runs can start in their jobs: each is a connection on which nothing was said yet, and what is
 * said first starts it. Those of a run are for that run, at this gateway.
 */
export class OfferedServers {
  readonly #places = new Map<string, Place>();

  /** False where as many wait already as are kept. */
  hasRoom(run: RunId, target: TargetName): boolean {
    return (this.#places.get(keyOf(run, target))?.waiting.length ?? 0) < MOST_WAITING;
  }

  /** Keeps the connection until somebody takes it, or it breaks. */
  offer(run: RunId, target: TargetName, stream: ByteStream): void {
    const key = keyOf(run, target);
    const place = this.#placeAt(key);
    const [taker] = place.takers;
    if (taker !== undefined) {
      place.takers.delete(taker);
      this.#tidy(key);
      return taker(stream);
    }
    place.waiting.push(stream);
    const leave = (): void => {
      const at = place.waiting.indexOf(stream);
      if (at >= 0) place.waiting.splice(at, 1);
      this.#tidy(key);
    };
    if (stream.signal.aborted) leave();
    else stream.signal.addEventListener('abort', leave, { once: true });
  }

  /** The next that is offered. Rejects with a `Fault` where none comes in time, and where `signal` aborts. */
  take(run: RunId, target: TargetName, signal: AbortSignal): Promise<ByteStream> {
    const key = keyOf(run, target);
    const place = this.#placeAt(key);
    const ready = place.waiting.shift();
    if (ready !== undefined) {
      this.#tidy(key);
      return Promise.resolve(ready);
    }
    const { promise, resolve, reject } = Promise.withResolvers<ByteStream>();
    const late = AbortSignal.any([signal, AbortSignal.timeout(OFFER_MS)]);
    const give = (stream: ByteStream): void => {
      late.removeEventListener('abort', stop);
      resolve(stream);
    };
    const stop = (): void => {
      place.takers.delete(give);
      this.#tidy(key);
      reject(new Fault('upstream-unreachable', `the run offers no server for ${target} at this gateway`));
    };
    place.takers.add(give);
    if (late.aborted) stop();
    else late.addEventListener('abort', stop, { once: true });
    return promise;
  }

  #placeAt(key: string): Place {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const made: Place = { waiting: [], takers: new Set() };
    this.#places.set(key, made);
    return made;
  }

  #tidy(key: string): void {
    const place = this.#places.get(key);
    if (place?.waiting.length === 0 && place.takers.size === 0) this.#places.delete(key);
  }
}

function keyOf(run: RunId, target: TargetName): string {
  return `${run} ${target}`;
}
