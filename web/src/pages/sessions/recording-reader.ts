import type { Recording } from './recording.ts';
import { LineSplitter } from './split-lines.ts';

export interface ReadProgress {
  /** How long lines may be taken in before the page is given its turn, in milliseconds. */
  readonly sliceMs: number;
  readonly now: () => number;
  /** Resolves when the page had its turn. */
  readonly turn: () => Promise<void>;
  /** Called after every slice. */
  readonly progress: () => void;
  readonly signal: AbortSignal;
}

/** Takes a recording in from a stream of JSON lines, in slices that leave the page alive. */
export async function readRecording(
  recording: Recording,
  stream: AsyncIterable<Uint8Array>,
  { sliceMs, now, turn, progress, signal }: ReadProgress,
): Promise<void> {
  const splitter = new LineSplitter();
  let until = now() + sliceMs;
  for await (const chunk of stream) {
    for (const line of splitter.push(chunk)) {
      signal.throwIfAborted();
      recording.append(line);
      if (now() < until) continue;
      progress();
      await turn();
      until = now() + sliceMs;
    }
  }
  signal.throwIfAborted();
  recording.append(splitter.end());
  progress();
}
