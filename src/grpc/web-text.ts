const NOTHING = Buffer.alloc(0);
const QUANTUM = 4;

/**
 * Takes base64 off what comes, whichever way it is cut. What is written piece by piece may have padding in its middle
 * (gRPC-Web, "grpc-web-text"). No I/O.
 */
export class WebText {
  #held = '';

  /** True where characters of a group are missing. */
  get isCut(): boolean {
    return this.#held !== '';
  }

  /** Undefined where it is no base64. */
  push(bytes: Buffer): Buffer | undefined {
    const text = this.#held + bytes.toString('latin1');
    const whole = text.length - (text.length % QUANTUM);
    this.#held = text.slice(whole);
    if (whole === 0) return NOTHING;
    const groups = text.slice(0, whole);
    if (!/^(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)*$/.test(groups)) return undefined;
    const runs = groups.match(/[^=]+=*/g) ?? [];
    return Buffer.concat(runs.map((run) => Buffer.from(run, 'base64')));
  }
}

/** Written so that it can stand behind another piece and before one. */
export function webText(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('base64'), 'latin1');
}
