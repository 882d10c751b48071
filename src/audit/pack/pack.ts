/**
 * The auditor's pack: what a log says of a span of time, in one file (docs/design/0006-auditors-pack.md). Where each
 * thing stands in it, for whoever makes one and whoever verifies one.
 */

/** `pack.json`, RFC 8785. */
export interface PackManifest {
  readonly v: 1;
  readonly kind: 'auditors-pack';
  /** The log's name. */
  readonly origin: string;
  /** RFC 3339, UTC, milliseconds: from the first on, up to and without the second. */
  readonly span: { readonly from: string; readonly to: string };
  /** The control that was asked for: an id of `controls.ts`. */
  readonly control: string;
  /** How many runs were to be drawn. */
  readonly sample: number;
  /** How long the log may be silent before that is a gap, milliseconds. */
  readonly heartbeatMs: number;
  /** RFC 3339. */
  readonly madeAt: string;
  readonly version: string;
  /** Every other file, by path. */
  readonly files: readonly PackFile[];
}

export interface PackFile {
  readonly path: string;
  /** Decimal. */
  readonly bytes: string;
  readonly sha256: string;
}

/**
 * `log/range.json`: what ties the entries of the range to the checkpoint. `left` are the roots of the perfect subtrees over
 * the entries before it, the largest first; `consistency` is RFC 9162's proof that the checkpoint's tree goes on from the
 * tree that ends with the range.
 */
export interface PackRange {
  readonly v: 1;
  readonly start: number;
  readonly end: number;
  readonly left: readonly string[];
  readonly consistency: readonly string[];
}

/** `samples.json`. */
export interface PackSamples {
  readonly v: 1;
  readonly method: string;
  /** The checkpoint's root, hex. */
  readonly seed: string;
  /** In the order in which they were drawn. */
  readonly drawn: readonly string[];
  /** Of those, without a bundle here. */
  readonly absent: readonly { readonly run: string; readonly why: string }[];
}

/** `verifier-report.json`. */
export interface PackVerifierReport {
  readonly v: 1;
  /** RFC 3339. */
  readonly at: string;
  /** Of the whole directory, as `chaperone verify` says it. */
  readonly log: Readonly<Record<string, unknown>>;
  /** RFC 9162's proof that the tree it was checked against goes on from the pack's checkpoint. */
  readonly continues: readonly string[];
  readonly samples: readonly { readonly run: string; readonly verdict: string }[];
}

/** Paths in the archive. */
export const PACK = {
  manifest: 'pack.json',
  readme: 'README.md',
  checkpoint: 'log/checkpoint',
  range: 'log/range.json',
  /** Lines `{"entry":"…","index":"n"}`: every entry of the range, to the byte, without a gap. */
  entries: 'log/entries.jsonl',
  /** The same of entries outside the range that belong to it, each with a proof of its own. */
  beside: 'log/beside.jsonl',
  proof: (index: number): string => `proofs/${index}.tlog-proof`,
  /** Lines `{"line":"…","session":"…"}`: the first line of each session, which `session.open` commits to. */
  openings: 'log/openings.jsonl',
  logKey: 'trust/log.vkey',
  statementKey: 'trust/statement.pub.pem',
  handOver: (index: number): string => `trust/handover-${index}.tlog-proof`,
  samples: 'samples.json',
  sample: (run: string): string => `samples/${run}.evidence.zip`,
  report: 'verifier-report.json',
  reportText: 'verifier-report.txt',
  policy: (digest: string): string => `policies/${digest}.json`,
  /** Denied requests of runs, as the gateway's signed statements count them. */
  denied: 'denied.csv',
  witnesses: 'witnesses.json',
  controls: 'controls.json',
} as const;

/** Files that whoever has the entries makes again to the byte. */
export const DERIVED = {
  populationCsv: 'population.csv',
  populationJson: 'population.json',
  listed: 'listed.csv',
  unterminated: 'unterminated.csv',
  withheld: 'withheld.csv',
  operators: 'operators.csv',
  gaps: 'gaps.csv',
  keys: 'keys.json',
  policies: 'policies/history.json',
} as const;
