import type { Limits } from '../../model/limits.ts';
import type { JournalFiles } from './journal-file.ts';

export interface JournalOptions {
  readonly directory: string;
  readonly deployment: Uint8Array;
  readonly firstGroup: number;
  readonly limits: Limits;
  readonly random: (bytes: number) => Uint8Array;
  readonly files: JournalFiles;
  /** Takes durable records, whole groups up to `lastGroup`; the buffer is the receiver's. */
  readonly deliver: (records: Buffer<SharedArrayBuffer>, lastGroup: number) => void;
}
