/** Reads a session's file once for what its run's manifest and statement say of it. Memory is bounded by a line. */
import { createHash } from 'node:crypto';
import { type AuditEvent, parseEvent } from '../audit-event.ts';
import { CompactRange, leafHash } from '../log/merkle.ts';
import { type Line, readLines } from '../read/read-lines.ts';
import { type RunSummary, RunTally } from './run-summary.ts';

export interface SessionSurvey {
  /** Whole lines, and their bytes with the newlines. */
  readonly events: number;
  readonly bytes: number;
  /** Over those bytes, hex. */
  readonly sha256: string;
  /** Of the tree over the lines, hex; absent where it was not asked for. */
  readonly root?: string;
  readonly target: string;
  readonly protocol: string;
  /** Digests of the policy sets that decided, sorted. */
  readonly policies: readonly string[];
  readonly summary: RunSummary;
  readonly firstAt?: string;
  readonly lastAt?: string;
  readonly outcome?: string;
}

export async function surveySession(path: string, { root }: { readonly root: boolean }): Promise<SessionSurvey> {
  const survey = new Survey(root ? new CompactRange() : undefined);
  for await (const lines of readLines(path)) for (const line of lines) survey.take(line);
  return survey.result();
}

class Survey {
  readonly #tree: CompactRange | undefined;
  readonly #digest = createHash('sha256');
  readonly #tally = new RunTally();
  readonly #policies = new Set<string>();
  #events = 0;
  #bytes = 0;
  #target = '';
  #protocol = '';
  #firstAt: string | undefined;
  #lastAt: string | undefined;
  #outcome: string | undefined;

  constructor(tree: CompactRange | undefined) {
    this.#tree = tree;
  }

  /** A line that no newline ends is being written, and is not part of what is handed out. */
  take({ bytes, ended }: Line): void {
    if (!ended) return;
    this.#events++;
    this.#bytes += bytes.length + 1;
    this.#digest.update(bytes).update('\n');
    this.#tree?.append(leafHash(bytes));
    const event = parseEvent(bytes);
    if (event !== undefined) this.#note(event);
  }

  result(): SessionSurvey {
    return {
      events: this.#events,
      bytes: this.#bytes,
      sha256: this.#digest.digest('hex'),
      target: this.#target,
      protocol: this.#protocol,
      policies: [...this.#policies].sort(),
      summary: this.#tally.summary(),
      ...(this.#tree === undefined ? {} : { root: this.#tree.root() }),
      ...(this.#firstAt === undefined ? {} : { firstAt: this.#firstAt }),
      ...(this.#lastAt === undefined ? {} : { lastAt: this.#lastAt }),
      ...(this.#outcome === undefined ? {} : { outcome: this.#outcome }),
    };
  }

  #note(event: AuditEvent): void {
    const { opening, decision, closing, at } = event;
    if (opening !== undefined) {
      this.#target = opening.target.name;
      this.#protocol = opening.target.protocol;
    }
    if (decision !== undefined) this.#policies.add(decision.policy);
    if (closing !== undefined) this.#outcome = closing.outcome;
    this.#firstAt ??= at;
    this.#lastAt = at;
    this.#tally.take(this.#target, event);
  }
}
