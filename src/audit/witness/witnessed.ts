/** What the rest of the gateway asks of checkpoints: which one covers what I hold, and who saw it. */

export interface CoveringCheckpoint {
  /** The signed note, with the witnesses' cosignatures that it has. */
  readonly checkpoint: string;
  /** True where the quorum of witnesses cosigned it; false too where none are configured. */
  readonly witnessed: boolean;
}

export interface Checkpoints {
  /**
   * The newest checkpoint with the quorum that covers `minSize` entries of the log; waits for one. Without witnesses the
   * newest that is signed; with witnesses too, once `signal` aborts. Rejects with a `Fault` of code `log-unavailable`
   * where by then not even a signed one covers that many.
   */
  witnessed(minSize: number, signal: AbortSignal): Promise<CoveringCheckpoint>;
}
