import { useEffect, useState, useSyncExternalStore } from 'react';
import { followRecording, type LoadState, loadRecording } from './load-recording.ts';
import { Recording } from './recording.ts';

/** How often a page draws what arrives. */
const DRAW_EVERY_MS = 100;

/** A recording that grows, for React: one snapshot for each time that it is to be drawn. */
class GrowingRecording {
  readonly recording = new Recording();
  #snapshot: RecordingSnapshot = { recording: this.recording, state: { kind: 'loading' }, version: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: LoadState = { kind: 'loading' };
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): RecordingSnapshot => this.#snapshot;

  readonly tell = (state: LoadState): void => {
    const turned = state.kind !== this.#state.kind;
    this.#state = state;
    if (turned) this.#draw();
    else this.#timer ??= setTimeout(this.#draw, DRAW_EVERY_MS);
  };

  readonly #draw = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#snapshot = { recording: this.recording, state: this.#state, version: this.recording.version };
    for (const listener of this.#listeners) listener();
  };
}

export interface RecordingSnapshot {
  readonly recording: Recording;
  readonly state: LoadState;
  /** Tells one snapshot from the next: the recording itself stays the same object. */
  readonly version: number;
}

/** The recording of a session. `live` counts when it is first looked at: what was followed stays followed to its end. */
export function useRecording(session: string, live: boolean): RecordingSnapshot {
  const [follows] = useState(live);
  const [growing, setGrowing] = useState(() => new GrowingRecording());
  useEffect(() => {
    const leaving = new AbortController();
    const fresh = new GrowingRecording();
    setGrowing(fresh);
    const load = follows ? followRecording : loadRecording;
    void load(session, { recording: fresh.recording, tell: fresh.tell, signal: leaving.signal });
    return () => leaving.abort();
  }, [session, follows]);
  return useSyncExternalStore(growing.subscribe, growing.snapshot);
}
