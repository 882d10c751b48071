import type { Concealer } from '../../http/credentials/concealer.ts';

const MOST_CHARACTERS = 1_000;
const MOST_IN_WINDOW = 100;
const WINDOW_MS = 60_000;

/** What a server says for its operator: so much of it in a minute, each line short, and without the secrets it was given. */
export class ErrorLines {
  readonly #concealer: Concealer | undefined;
  readonly #say: (line: string) => void;
  readonly #nowMs: () => number;
  #since = 0;
  #said = 0;

  constructor(
    concealer: Concealer | undefined,
    say: (line: string) => void,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#concealer = concealer;
    this.#say = say;
    this.#nowMs = nowMs;
  }

  say(line: string): void {
    const now = this.#nowMs();
    if (now - this.#since >= WINDOW_MS) {
      this.#since = now;
      this.#said = 0;
    }
    this.#said++;
    if (this.#said > MOST_IN_WINDOW) return;
    if (this.#said === MOST_IN_WINDOW) return this.#say('it says more than is kept of a minute');
    const shown = this.#concealer?.bytes(Buffer.from(line)).toString('utf8') ?? line;
    this.#say(shown.slice(0, MOST_CHARACTERS));
  }
}
