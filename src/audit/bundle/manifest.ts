/**
 * The evidence of a run as one file (docs/design/0004-evidence-bundle.md): where each thing stands in it, and what its
 * manifest says. Whoever makes a bundle and whoever verifies one share this page and nothing else.
 */

/** `run-manifest.json`, RFC 8785. The log commits to its SHA-256 in an entry `run.manifest`, the statement names it. */
export interface RunManifest {
  readonly v: 1;
  readonly run: {
    readonly id: string;
    readonly openedAt: string;
    readonly closedAt?: string;
    readonly termination?: string;
  };
  readonly log: {
    readonly origin: string;
    /** Of `run.open` and `run.close`. */
    readonly openIndex: number;
    readonly closeIndex?: number;
  };
  /** In the order of their `session.open` in the log. */
  readonly sessions: readonly ManifestSession[];
  /** SHA-256, hex, as `run.open` says them; absent for a person's run, which no token opened. */
  readonly identity: { readonly tokenDigest?: string; readonly jwksDigest?: string };
  /** Digests of the policy sets that decided something in the run. */
  readonly policies: readonly string[];
  /** Every file whose bytes the manifest commits to, by path; the rest of a bundle is in `OWN_FILES`. */
  readonly files: readonly ManifestFile[];
  /** Sessions of the run that another gateway recorded in a log of its own: their evidence is in that one's bundle. */
  readonly elsewhere: readonly { readonly session: string; readonly gateway: string }[];
  /** True where the run and all of its sessions are closed, and every one of them is here. */
  readonly complete: boolean;
}

export interface ManifestSession {
  readonly id: string;
  readonly target: string;
  readonly protocol: string;
  /** Lines of its file, and the root of the tree over them, hex. */
  readonly events: number;
  readonly root: string;
  readonly openIndex: number;
  /** Absent while it is open: then `headIndex` is of the newest `session.head` under the checkpoint. */
  readonly closeIndex?: number;
  readonly headIndex?: number;
  readonly outcome?: string;
}

export interface ManifestFile {
  readonly path: string;
  /** Decimal. */
  readonly bytes: string;
  readonly sha256: string;
  readonly media: string;
  /** `open`: always there. `restricted`: may be withheld from a bundle, which then says so and still verifies. */
  readonly tier: 'open' | 'restricted';
}

/** Paths in the archive. */
export const BUNDLE = {
  manifest: 'run-manifest.json',
  statement: 'statement.sigstore.json',
  readme: 'README.txt',
  /** Lines `{"entry":"…","index":"n"}`: the entries of the log that concern the run, to the byte, by index. */
  entries: 'log/entries.jsonl',
  /** The verifier keys that the gateway says it has: convenient, and believed by nobody who verifies. */
  logKey: 'trust/log.vkey',
  statementKey: 'trust/statement.pub.pem',
  /** What the old key signed when it handed over to the next, for the entry `key.rotated` of this index. */
  handOver: (index: number): string => `trust/handover-${index}.tlog-proof`,
  /** Certificates of the timestamp authorities, as the gateway is configured with them. */
  timestampAuthorities: 'trust/tsa.pem',
  /** What people withheld, and why: canonical JSON, believed for nothing but words. */
  withheld: 'withheld.json',
  claims: 'identity/claims.json',
  jwks: 'identity/jwks.json',
  /** The CI token, in an age file to the auditors' recipients. */
  token: 'identity/token.jws.age',
  proof: (index: number): string => `proofs/${index}.tlog-proof`,
  session: (id: string): string => `sessions/${id}.jsonl`,
  /** Packs as the gateway keeps them: zstd, then AES-256-GCM under a key derived from the run's. */
  bodies: (id: string): string => `bodies/${id}.bodies`,
  /** The run's key, 64 hex digits and a newline, for whom may read bodies. */
  runKey: (run: string): string => `keys/${run}.key`,
  policy: (digest: string): string => `policy/${digest}.json`,
  /** Derived views, which prove nothing: `sql`, `cast`, `har`, `mcp.jsonl`. */
  replay: (session: string, kind: string): string => `replay/${session}.${kind}`,
} as const;

/** Files that the manifest does not commit to: each proves itself, or proves nothing. */
export const OWN_FILES =
  /^(?:run-manifest\.json|statement\.sigstore\.json|README\.txt|withheld\.json|log\/entries\.jsonl|proofs\/\d{1,16}\.tlog-proof|trust\/(?:[a-z.]+|handover-\d{1,16}\.tlog-proof)|keys\/run_\w+\.key|replay\/[\w.-]+)$/u;

/** in-toto's `payloadType` of the DSSE envelope, and the type of the predicate. */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'https://chaperone.dev/attestation/agent-run/v0.1';
export const SIGSTORE_BUNDLE_MEDIA = 'application/vnd.dev.sigstore.bundle.v0.3+json';
