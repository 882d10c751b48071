/** The checkpoints that proofs lead to: witnessed where witnesses are asked, and waited for no longer than makes sense. */
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import { readLogHead } from '../read/read-log.ts';

export interface WitnessedCheckpoint {
  /** The signed note. */
  readonly checkpoint: string;
  readonly witnessed: boolean;
}

/** How long witnesses are waited for: not at all, for a while unless they seem to be away, for a while in any case. */
export type Patience = 'takes' | 'waits' | 'insists';

/** A checkpoint of at least so many entries, and whether enough witnesses cosigned it. */
export type AskWitnessed = (minSize: number, ending: AbortSignal) => Promise<WitnessedCheckpoint>;

export interface CoveringCheckpointsOptions {
  /** The log's own checkpoint does where absent. */
  readonly witnessed?: AskWitnessed;
  /** The gateway ends: what waits for others waits no longer. */
  readonly ending: AbortSignal;
}

export class CoveringCheckpoints {
  readonly #directory: string;
  readonly #options: CoveringCheckpointsOptions;
  /** Until when witnesses that were waited for in vain are not waited for again, by the monotonic clock. */
  #unwitnessedUntil = 0;

  /** `directory` is the log's. */
  constructor(directory: string, options: CoveringCheckpointsOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /** Of at least `minSize` entries. Rejects with a `Fault` of code `log-unavailable` where there is none yet. */
  async covering(minSize: number, patience: Patience): Promise<WitnessedCheckpoint> {
    const { witnessed, ending } = this.#options;
    const isAway = performance.now() < this.#unwitnessedUntil;
    const waits = patience === 'insists' || (patience === 'waits' && !isAway);
    const found = await (witnessed?.(minSize, waits ? ending : AbortSignal.abort()) ?? this.#own());
    if (found.witnessed) this.#unwitnessedUntil = 0;
    else if (waits) this.#unwitnessedUntil = performance.now() + LIMITS.evidenceRetryMs;
    if (Number(found.checkpoint.split('\n')[1]) >= minSize) return found;
    throw new Fault('log-unavailable', `no checkpoint covers entry ${minSize - 1} of the log yet`);
  }

  async #own(): Promise<WitnessedCheckpoint> {
    return { checkpoint: (await readLogHead(this.#directory))?.checkpoint ?? '', witnessed: false };
  }
}
