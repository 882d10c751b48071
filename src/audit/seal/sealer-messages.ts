/** What the gateway's thread and the sealer's say to one another. */
import type { Limits } from '../../model/limits.ts';

export interface SealerSettings {
  readonly directory: string;
  readonly origin: string;
  /** Verifier keys that may have signed the log before. */
  readonly verifierKeys: readonly string[];
  readonly deploymentKey: Uint8Array;
  readonly limits: Limits;
  /** One number of 64 bits: by how much the log's clock was ahead of the machine's at the last message, ms. */
  readonly clockAheadMs: BigInt64Array<SharedArrayBuffer>;
}

export type ToSealer =
  | { readonly kind: 'records'; readonly bytes: Uint8Array<SharedArrayBuffer>; readonly lastGroup: number }
  | {
      readonly kind: 'chunk';
      readonly stream: number;
      readonly session: number;
      readonly storedBytes: number;
      readonly salt: Uint8Array;
      /** A pooled buffer that comes back, and how much of it counts. */
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly length: number;
    }
  | { readonly kind: 'finish'; readonly stream: number; readonly media: string }
  | { readonly kind: 'abandon'; readonly stream: number }
  | { readonly kind: 'sync'; readonly request: number }
  /** A checkpoint of so many entries is published. */
  | { readonly kind: 'published'; readonly size: number }
  | { readonly kind: 'close' };

export type FromSealer =
  | { readonly kind: 'ready' }
  /** Bytes of records that were taken, and the buffer that they came in. */
  | { readonly kind: 'taken'; readonly bytes: number; readonly buffer: SharedArrayBuffer }
  | { readonly kind: 'chunkTaken'; readonly bytes: Uint8Array<ArrayBuffer>; readonly length: number }
  | { readonly kind: 'finished'; readonly stream: number; readonly body: string }
  | { readonly kind: 'unfinished'; readonly stream: number; readonly message: string }
  /** Groups up to this one are durable in files, whose log is this tree: it may be signed. */
  | { readonly kind: 'sealed'; readonly group: number; readonly size: number; readonly root: string }
  | { readonly kind: 'synced'; readonly request: number }
  | { readonly kind: 'failing'; readonly message: string }
  | { readonly kind: 'closed' }
  | { readonly kind: 'dead'; readonly message: string };
