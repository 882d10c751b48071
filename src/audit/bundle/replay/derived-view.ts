/** Views of a session for people, derived from its recording. They prove nothing: the events do. */
import { LIMITS } from '../../../model/limits.ts';
import type { RecordedEvent } from '../../read/read-session.ts';

export interface ViewedSession {
  readonly run: string;
  readonly session: string;
  readonly events: AsyncIterable<RecordedEvent>;
}

/** As much of a body as a view opens. */
export const VIEWED_BODY_BYTES = 256 * 1024;

/**
 * The pieces of a view up to `maxBytes`; where there is more, `end` is the last one. A piece is never cut, so that a view
 * stays of its format.
 */
export async function* capped(
  pieces: AsyncIterable<string>,
  end: string,
  maxBytes: number = LIMITS.evidenceReplayBytes,
): AsyncGenerator<Buffer> {
  let left = maxBytes;
  for await (const piece of pieces) {
    const bytes = Buffer.from(piece);
    left -= bytes.length;
    if (left < 0) {
      yield Buffer.from(end);
      return;
    }
    yield bytes;
  }
}
