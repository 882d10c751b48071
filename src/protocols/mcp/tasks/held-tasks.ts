import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../canonical-json.ts';
import { HeldTask } from './held-task.ts';

export interface TaskLimits {
  /** Of all runs, and of one run at one target. */
  readonly maxMcpTasks: number;
  readonly maxMcpTasksOfRun: number;
  /** Of what those that are over have to say. */
  readonly maxMcpTaskBytes: number;
  /** How long one is known after its end. */
  readonly mcpTaskKeptMs: number;
  readonly mcpTaskPollMs: number;
}

/** The run and the target, which alone know a task. */
export type Whose = readonly string[];

interface Kept {
  readonly whose: string;
  readonly task: HeldTask;
}

/** The calls of this gateway that go on as tasks, and those that are over and kept a while; in the order of their beginning. */
export class HeldTasks {
  readonly #limits: TaskLimits;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();
  /** Of those that are over, in the order of their end. */
  readonly #bytes = new Map<string, number>();
  #total = 0;

  constructor(limits: TaskLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  hasRoom(whose: Whose): boolean {
    this.#sweep();
    const { maxMcpTasks, maxMcpTasksOfRun } = this.#limits;
    const own = this.#of(whose);
    const underWay = own.filter(({ isOver }) => !isOver);
    return underWay.length < maxMcpTasksOfRun && (this.#kept.size < maxMcpTasks || this.#bytes.size > 0);
  }

  /** Undefined where there is no room. `cancel` takes the call back. */
  open(whose: Whose, modern: boolean, cancel: () => Promise<void>): HeldTask | undefined {
    if (!this.hasRoom(whose)) return undefined;
    this.#makeRoom(whose);
    const { mcpTaskKeptMs, mcpTaskPollMs } = this.#limits;
    const task = new HeldTask({
      id: `chaperone-${randomUUID()}`,
      modern,
      now: this.#now,
      keptMs: mcpTaskKeptMs,
      pollMs: mcpTaskPollMs,
      cancel,
      onOver: (over) => this.#over(over),
    });
    this.#kept.set(task.id, { whose: keyOf(whose), task });
    return task;
  }

  /** One of another run is unknown, whoever learned its id. */
  find(whose: Whose, id: string): HeldTask | undefined {
    this.#sweep();
    const found = this.#kept.get(id);
    return found?.whose === keyOf(whose) ? found.task : undefined;
  }

  /** Under which id the client knows a task of the server's, where its call was a task before. */
  calledAs(whose: Whose, handed: string): string | undefined {
    return this.#of(whose).find((task) => task.handed === handed)?.id;
  }

  /** As `tasks/list` tells them; those that the server goes on with are in its own list. */
  list(whose: Whose): readonly JsonObject[] {
    this.#sweep();
    return this.#of(whose).flatMap((task) => (task.handed === undefined && !task.modern ? [task.told()] : []));
  }

  #of(whose: Whose): readonly HeldTask[] {
    const key = keyOf(whose);
    return [...this.#kept.values()].flatMap((one) => (one.whose === key ? [one.task] : []));
  }

  #over({ id, bytes }: HeldTask): void {
    this.#bytes.set(id, bytes);
    this.#total += bytes;
    while (this.#total > this.#limits.maxMcpTaskBytes && this.#bytes.size > 1) this.#forgetOldest();
  }

  #makeRoom(whose: Whose): void {
    const own = this.#of(whose);
    const oldest = own.find(({ isOver }) => isOver);
    if (own.length >= this.#limits.maxMcpTasksOfRun && oldest !== undefined) this.#forget(oldest.id);
    if (this.#kept.size >= this.#limits.maxMcpTasks) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const [oldest] = this.#bytes.keys();
    if (oldest !== undefined) this.#forget(oldest);
  }

  #sweep(): void {
    const now = this.#now();
    for (const id of this.#bytes.keys()) {
      const untilMs = this.#kept.get(id)?.task.untilMs;
      if (untilMs === undefined || untilMs <= now) this.#forget(id);
    }
  }

  #forget(id: string): void {
    this.#kept.delete(id);
    this.#total -= this.#bytes.get(id) ?? 0;
    this.#bytes.delete(id);
  }
}

function keyOf(whose: Whose): string {
  return JSON.stringify(whose);
}
