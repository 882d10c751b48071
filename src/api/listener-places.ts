import { LIMITS } from '../model/limits.ts';
import { HttpProblem } from './problem.ts';

/** Who holds a connection open for what happens: so many of this gateway, and so many of one caller. */
export class ListenerPlaces {
  readonly #byName = new Map<string, number>();
  #taken = 0;

  /** Takes a place; returns how to give it back. Throws the problem 429 where there is none. */
  take(name: string): () => void {
    const own = this.#byName.get(name) ?? 0;
    if (this.#taken >= LIMITS.eventClients || own >= LIMITS.eventClientsOfOne) {
      throw new HttpProblem(429, 'Too many listen already', { code: 'rate-limited' });
    }
    this.#taken++;
    this.#byName.set(name, own + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#taken--;
      const left = (this.#byName.get(name) ?? 1) - 1;
      if (left === 0) this.#byName.delete(name);
      else this.#byName.set(name, left);
    };
  }
}
