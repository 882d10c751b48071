/** Follows the lines of a session one by one: whether each is an event, in its place, and follows the one before. */
import { type Bytes, toHex, utf8 } from '../../../src/audit/c2sp/bytes.ts';
import { isObject, type JsonObject, parseCanonical } from './canonical-json.ts';
import type { Seal } from './evidence.ts';
import { EMPTY_ROOT, inBatches, leafHash } from './merkle.ts';
import { type Finding, fail } from './report.ts';

export interface BodyRef {
  /** From 0. */
  readonly line: number;
  readonly body: JsonObject;
}

/** What was read of the lines. Findings are gathered up to a bound; `broken` counts them all. */
export class SessionLines {
  readonly findings: Finding[] = [];
  readonly leaves: Bytes[] = [];
  /** What each line's successor says that its hash is; undefined where there is none that can be read. */
  readonly claimed: (string | undefined)[] = [];
  readonly bodies: BodyRef[] = [];
  requests = 0;
  gaps = 0;
  lastKind: string | undefined;
  /** Bytes of the file so far, newlines counted. */
  bytes = 0;
  readonly #seal: Pick<Seal, 'session' | 'run'> | undefined;
  readonly #starts: number[] = [];
  /** Exchanges that were permitted and have no end yet, and whether each still lacks an approval. */
  readonly #open = new Map<unknown, boolean>();

  constructor(seal: Pick<Seal, 'session' | 'run'> | undefined) {
    this.#seal = seal;
  }

  /** Takes lines that follow those taken before. */
  async take(lines: readonly string[]): Promise<void> {
    const bytes = lines.map(utf8);
    const leaves = await inBatches(bytes, leafHash);
    for (const [i, line] of lines.entries()) this.#take(line, bytes[i]?.length ?? 0, leaves[i] as Bytes);
  }

  /** To be called once all lines were taken: what only the whole shows. */
  finish(closed: boolean): void {
    this.#changedLines();
    if (!closed) return;
    const last = this.leaves.length - 1;
    if (this.lastKind !== 'session.close')
      this.#fail('The log says that this session closed, and this last line is no close.', last);
    for (const exchange of this.#open.keys()) this.#fail(`Exchange ${String(exchange)} has no end.`, last);
  }

  place(line: number): { readonly line: number; readonly from: number; readonly to: number } {
    const from = this.#starts[line] ?? 0;
    return { line: line + 1, from, to: (this.#starts[line + 1] ?? this.bytes) - 1 };
  }

  #take(line: string, length: number, leaf: Bytes): void {
    const number = this.leaves.length;
    this.#starts.push(this.bytes);
    this.bytes += length + 1;
    this.leaves.push(leaf);
    const event = parseCanonical(line);
    const problem =
      event === undefined ? 'This line was changed: it is no event in canonical JSON.' : this.#problem(event, number);
    if (problem !== undefined) this.#fail(problem, number);
    if (event !== undefined && isObject(event['body'])) this.bodies.push({ line: number, body: event['body'] });
    if (number > 0) this.claimed[number - 1] = typeof event?.['prev'] === 'string' ? event['prev'] : undefined;
    if (number === 0 && event !== undefined && event['prev'] !== EMPTY_ROOT) {
      this.#fail('This is not the first line that was recorded: it says that another stood before it.', 0);
    }
    this.lastKind = typeof event?.['kind'] === 'string' ? event['kind'] : undefined;
  }

  #problem(event: JsonObject, number: number): string | undefined {
    const { session, run, seq, kind, prev } = event;
    if (typeof prev !== 'string' || !/^[0-9a-f]{64}$/u.test(prev)) {
      return 'This line was changed: it no longer says which line it follows.';
    }
    if (this.#seal !== undefined && (session !== this.#seal.session || run !== this.#seal.run)) {
      return 'This line belongs to another session or run.';
    }
    if (seq !== number) {
      return `This line says that it is number ${String(seq)} of its session, and it is number ${number} here: lines were taken out, put in or exchanged.`;
    }
    if ((kind === 'session.open') !== (number === 0)) return 'The session is opened in the wrong place.';
    return this.#exchangeProblem(event);
  }

  #exchangeProblem({ kind, exchange, decision, held }: JsonObject): string | undefined {
    if (kind === 'request') {
      this.requests++;
      if (!isObject(decision)) return 'This request has no decision.';
      if (decision['effect'] === 'permit') this.#open.set(exchange, asksPeople(decision));
    } else if (kind === 'approval') {
      if (!this.#open.has(exchange)) {
        return `Exchange ${String(exchange)} has an approval here, and no request that was permitted.`;
      }
      if (isObject(held) && held['state'] === 'used') this.#open.set(exchange, false);
    } else if (kind === 'reply') {
      const lacksApproval = this.#open.get(exchange);
      if (!this.#open.delete(exchange)) {
        return `Exchange ${String(exchange)} has a reply here, and no request that was permitted.`;
      }
      if (lacksApproval === true) {
        return `Exchange ${String(exchange)} has a reply here, and not the approval that it needed.`;
      }
    } else if (kind === 'gap' || kind === 'refusal') {
      this.#open.delete(exchange);
      if (kind === 'gap') this.gaps++;
    }
    return undefined;
  }

  /** Each line holds the hash of the one before it; where the two differ, one of them was changed. */
  #changedLines(): void {
    for (let line = 0; line + 1 < this.leaves.length; line++) {
      if (!this.#broken(line) || (line > 0 && this.#broken(line - 1))) continue;
      // A line that changed what it says of the one before has another hash itself, so both of its links are broken.
      if (this.#broken(line + 1)) {
        this.#fail(
          'This line does not follow the one before it: one of them was changed, or lines between them are gone.',
          line + 1,
        );
      } else if (line + 2 === this.leaves.length) {
        this.#fail('This line is not the one that the last line follows: one of the two was changed.', line);
      } else {
        this.#fail(`This line was changed after it was recorded: line ${line + 2} holds the hash that it had.`, line);
      }
    }
  }

  /** True where the line after this one holds another hash of it. */
  #broken(line: number): boolean {
    const claim = this.claimed[line];
    return claim !== undefined && claim !== toHex(this.leaves[line] as Bytes);
  }

  #fail(message: string, line: number): void {
    this.findings.push(fail(message, this.place(line)));
  }
}

/** A decision of which people must approve. */
function asksPeople({ obligations }: JsonObject): boolean {
  return Array.isArray(obligations) && obligations.some((one) => isObject(one) && one['kind'] === 'approve');
}
