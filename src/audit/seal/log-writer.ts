/** The log of the deployment as the sealer writes it: entries in, tiles out. Who signs them is checkpoint-publisher.ts. */
import { Fault } from '../../model/fault.ts';
import type { SealingKeys } from '../audit-keys.ts';
import type { AuditPaths } from '../audit-paths.ts';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { TileLog, truncateTiles } from '../log/tile-log.ts';
import { Heartbeat } from './heartbeat.ts';
import type { SealState } from './seal-state.ts';
import { isoTime } from './sealed-session.ts';
import { requirePublished } from './signed-before.ts';

export class LogWriter {
  readonly #clock: () => number;
  readonly #tiles: TileLog;
  /** When the next is due. */
  readonly heartbeat: Heartbeat;

  /** Takes up the log where `state` left it. Throws where it is not the one that was signed, or is less of it. */
  constructor(paths: AuditPaths, { verifiers }: SealingKeys, state: SealState['log'], clock: () => number) {
    this.#clock = clock;
    this.heartbeat = new Heartbeat({ clock });
    // Nothing is cut away from a log that is not gone on with.
    requirePublished(paths, state, verifiers);
    truncateTiles(paths.log, state.size);
    this.#tiles = new TileLog(paths.log, state.size);
    if (this.#tiles.root() !== state.root) {
      throw new Fault('log-corrupt', 'the tiles of the log are not those that it was built with');
    }
  }

  get state(): SealState['log'] {
    return { size: this.#tiles.size, root: this.#tiles.root() };
  }

  get size(): number {
    return this.#tiles.size;
  }

  /** Appends an entry, a small commitment in canonical JSON, and returns its bytes. */
  append(kind: string, members: { readonly [name: string]: Json }): Buffer {
    const entry = Buffer.from(canonicalJson({ ...members, at: isoTime(this.#clock()), kind, v: 1 }));
    this.#tiles.append(entry);
    return entry;
  }

  /** Makes the tiles durable. */
  flush(): void {
    this.#tiles.flush();
  }

  /** Tidies the tiles up to the size of a published checkpoint. */
  published(size: number): void {
    this.#tiles.tidy(size);
  }
}
