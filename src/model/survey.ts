import type { ColumnSource } from './request.ts';

/** A column as the target's catalogue describes it. */
export interface SurveyedColumn {
  readonly name: string;
  /** The type's own name, beneath any domain: `text`, `int8`, `_text` for an array. */
  readonly type: string;
  readonly domain?: string;
  readonly comment?: string;
  /** True where no two rows may have the same value. */
  readonly unique: boolean;
  /** The column that a foreign key of this column alone names. */
  readonly references?: ColumnSource;
  /** True where the gateway's role may read it. */
  readonly readable: boolean;
}

/** A relation that holds rows of its own; views are looked through, so they have no classes of their own. */
export interface SurveyedRelation {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'partitioned' | 'matview' | 'foreign';
  readonly comment?: string;
  /** As the planner's statistics say; undefined where there are none yet. */
  readonly estimatedRows?: number;
  readonly columns: readonly SurveyedColumn[];
}

/** What became of sampling one relation. */
export type SampleOutcome =
  | { readonly status: 'sampled'; readonly rows: number }
  /** `code` is the server's own or a refusal's; `why` says it in words that show nothing of the data. */
  | { readonly status: 'not-sampled'; readonly code: string; readonly why: string };

/** What a target holds, asked in one session of the gateway's own. A connection that breaks is a `Fault`. */
export interface Survey {
  /** Throws a `Refused` where policy forbids it, a `Fault` where the server does. */
  relations(): Promise<{
    readonly relations: readonly SurveyedRelation[];
    /** False where there are more columns than `LIMITS.classifyColumns`. */
    readonly complete: boolean;
  }>;
  /** Asks for some rows of the columns that may be read, each value as text and cut; what comes back, the session's masks see. */
  sample(relation: SurveyedRelation): Promise<SampleOutcome>;
}
