import { existsSync, readFileSync, statSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ensureDirectory, replaceFile } from '../audit/durable-files.ts';
import { Fault } from '../model/fault.ts';
import type { LogState } from './log-state.ts';

/** What is kept of an export between two lives of the gateway. */
export interface Cursor {
  readonly state: LogState;
  /** Events that arrived since the export was declared first. */
  readonly delivered: number;
  /** Events and records that were put aside. */
  readonly aside: number;
}

const cursorSchema = z.object({
  v: z.literal(1),
  origin: z.string(),
  delivered: z.int().min(0),
  aside: z.int().min(0),
  state: z.object({
    index: z.int().min(0),
    sessions: z.array(
      z
        .object({
          id: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/),
          run: z.string(),
          day: z.string().regex(/^\d{4}-\d\d-\d\d$/),
          lines: z.int().min(0),
          offset: z.int().min(0).optional(),
          open: z.array(z.int().min(0)),
        })
        .transform(({ offset, ...rest }) => ({ ...rest, ...(offset !== undefined && { offset }) })),
    ),
  }),
});

/** Bytes of the list of what was put aside; beyond it things are counted and told, and not listed. */
const MAX_ASIDE_BYTES = 4 * 1024 * 1024;

/** One export's cursor, and its list of what was put aside, in a directory of the gateway's own. */
export class CursorFile {
  readonly #path: string;
  readonly #aside: string;
  readonly #origin: string;

  constructor(directory: string, name: string, origin: string) {
    ensureDirectory(directory);
    this.#path = join(directory, `${name}.cursor.json`);
    this.#aside = join(directory, `${name}.aside.jsonl`);
    this.#origin = origin;
  }

  /** Undefined where there is none yet. Throws a `Fault` where it is of another log, or is damaged. */
  read(): Cursor | undefined {
    if (!existsSync(this.#path)) return undefined;
    const cursor = parsed(readFileSync(this.#path, 'utf8'));
    if (cursor?.origin === this.#origin) return cursor;
    const why = cursor === undefined ? 'is damaged' : `is of the log ${cursor.origin}`;
    throw new Fault(
      'config-invalid',
      `${this.#path} ${why}: move it away, or say where to begin with chaperone export replay`,
    );
  }

  /** Durable once it returns. */
  write({ state, delivered, aside }: Cursor): void {
    replaceFile(this.#path, `${JSON.stringify({ v: 1, origin: this.#origin, delivered, aside, state })}\n`);
  }

  /** Lists what was put aside: where it stands and why, and nothing of what it says. */
  async putAside(one: {
    readonly id: string;
    readonly index: number;
    readonly why: string;
    readonly at: string;
  }): Promise<void> {
    if (existsSync(this.#aside) && statSync(this.#aside).size > MAX_ASIDE_BYTES) return;
    await appendFile(this.#aside, `${JSON.stringify(one)}\n`, { mode: 0o600, flush: true });
  }
}

function parsed(text: string) {
  try {
    return cursorSchema.parse(JSON.parse(text));
  } catch {
    return undefined; // whoever reads it is told that it is damaged
  }
}
