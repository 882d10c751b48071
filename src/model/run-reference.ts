/** A run as everything that belongs to it names it. */
export interface RunReference {
  readonly id: string;
  readonly display: string;
  readonly repository?: string;
  readonly ref?: string;
  readonly commit?: string;
  readonly workflow?: string;
  /** The CI system's own page of the job. */
  readonly url?: string;
  readonly actor?: string;
  readonly agent?: string;
  readonly demo: boolean;
}
