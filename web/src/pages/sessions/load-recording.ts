import { raw } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import type { Recording } from './recording.ts';
import { readRecording } from './recording-reader.ts';
import { ServerEventReader } from './server-events.ts';
import { LineSplitter } from './split-lines.ts';

export type LoadState =
  | { readonly kind: 'loading' }
  /** It follows a session that goes on; `lost` while the stream is cut. */
  | { readonly kind: 'following'; readonly lost: boolean }
  | { readonly kind: 'complete' }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface Loading {
  readonly recording: Recording;
  readonly tell: (state: LoadState) => void;
  readonly signal: AbortSignal;
}

const SLICE_MS = 10;
const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000] as const;

/** Takes in the recording of a session that is over. */
export async function loadRecording(session: string, { recording, tell, signal }: Loading): Promise<void> {
  tell({ kind: 'loading' });
  try {
    const answer = await raw(`${pathOf(session)}/recording`, { query: { decoded: true }, signal });
    await readRecording(recording, chunksOf(answer), {
      sliceMs: SLICE_MS,
      now: () => performance.now(),
      turn: nextTask,
      progress: () => tell({ kind: 'loading' }),
      signal,
    });
    tell({ kind: 'complete' });
  } catch (error) {
    if (!signal.aborted) tell({ kind: 'failed', error });
  }
}

/** Follows a session that goes on, from its first event to its end; a stream that is cut is opened again. */
export async function followRecording(session: string, loading: Loading): Promise<void> {
  const { tell, signal } = loading;
  tell({ kind: 'loading' });
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      if (await follow(session, loading)) {
        tell({ kind: 'complete' });
        return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiProblem && error.status >= 400 && error.status < 500) {
        tell({ kind: 'failed', error });
        return;
      }
    }
    tell({ kind: 'following', lost: true });
    await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 10_000, signal);
  }
}

/** True when the session came to its end, false when the stream did. */
async function follow(session: string, { recording, tell, signal }: Loading): Promise<boolean> {
  const answer = await raw(`${pathOf(session)}/follow`, { query: { decoded: true }, signal });
  tell({ kind: 'following', lost: false });
  const lines = new LineSplitter();
  const events = new ServerEventReader();
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  for await (const chunk of chunksOf(answer)) {
    let took = false;
    for (const line of lines.push(chunk)) {
      const event = events.line(decoder.decode(line));
      if (event?.name === 'end') return true;
      if (event?.name !== 'event') continue;
      recording.appendOnce(encoder.encode(event.data));
      took = true;
    }
    if (took) tell({ kind: 'following', lost: false });
    await nextTask();
  }
  return false;
}

function pathOf(session: string): string {
  return `/v1/sessions/${encodeURIComponent(session)}`;
}

/** Not every browser can iterate a stream yet. */
async function* chunksOf(answer: Response): AsyncGenerator<Uint8Array> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return;
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    await reader.cancel();
  }
}

/** A task of its own, so that the page paints and answers keys in between. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
