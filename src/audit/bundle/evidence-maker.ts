/**
 * Makes the evidence of runs: content, manifest, `run.manifest` in the log, statement over it, timestamps over that,
 * proofs. In this order nothing is in a circle, and a crash between two steps leaves what the next start goes on with.
 */
import { hash } from 'node:crypto';
import { Fault } from '../../model/fault.ts';
import { RunKeys, readDeploymentKey } from '../audit-keys.ts';
import { type AuditPaths, auditPaths } from '../audit-paths.ts';
import { readLogHead } from '../read/read-log.ts';
import type { AuditLog } from '../recorder.ts';
import { type EvidenceKeys, trustFiles } from './bundle-files.ts';
import { type AskWitnessed, CoveringCheckpoints, type Patience } from './covering-checkpoints.ts';
import { encodeSigstoreBundle, readSigned, type SignedPayload } from './dsse.ts';
import { KeptEvidence, type KeptRecord } from './kept-evidence.ts';
import { LogCatalogue } from './log-catalogue.ts';
import { BUNDLE, type RunManifest } from './manifest.ts';
import { makePredicate } from './predicate.ts';
import { readmeText } from './readme.ts';
import { bundledEntries, findRunEntries, type RunEntries } from './run-entries.ts';
import type { FactSource, RunFacts } from './run-facts.ts';
import { type MadeManifest, makeManifest, policyAt } from './run-manifest.ts';
import { responses, Stamper } from './stamper.ts';
import { encodeStatement } from './statement.ts';
import type { StatementKeyRing } from './statement-keys.ts';
import type { TimestampAuthority } from './timestamp.ts';
import { dropUnsigned, keepUnsigned, readUnsigned } from './unsigned-statement.ts';

export interface EvidenceMakerOptions {
  /** The audit directory, and where evidence is kept. */
  readonly directory: string;
  readonly evidenceDirectory: string;
  readonly log: Pick<AuditLog, 'note' | 'sync'>;
  /** The log's name. */
  readonly origin: string;
  readonly version: string;
  readonly facts: FactSource;
  /** Signs statements. */
  readonly signer: StatementKeyRing;
  /** The public keys as they are now. */
  readonly keys: () => EvidenceKeys;
  readonly timestampAuthorities: readonly TimestampAuthority[];
  /** The auditors' age recipients. */
  readonly auditors: readonly string[];
  /** A checkpoint of at least so many entries, and whether enough witnesses cosigned it; the log's own where absent. */
  readonly witnessed?: AskWitnessed;
  /** The gateway ends: what waits for others waits no longer. */
  readonly ending: AbortSignal;
  readonly random: (bytes: number) => Uint8Array;
}

/** Evidence as it is handed out: what was made, and what it is proved by. */
export interface MadeEvidence {
  readonly manifest: RunManifest;
  readonly manifestBytes: Uint8Array;
  readonly statement: string;
  readonly record: KeptRecord;
  /** Content files by path, policies apart. */
  readonly content: (path: string) => Uint8Array | undefined;
}

export class EvidenceMaker {
  readonly catalogue: LogCatalogue;
  readonly kept: KeptEvidence;
  readonly paths: AuditPaths;
  readonly #options: EvidenceMakerOptions;
  readonly #stamper: Stamper;
  readonly #checkpoints: CoveringCheckpoints;

  constructor(options: EvidenceMakerOptions) {
    this.#options = options;
    const { timestampAuthorities: authorities, random, ending } = options;
    this.#stamper = new Stamper({ authorities, random, ending });
    this.paths = auditPaths(options.directory);
    this.#checkpoints = new CoveringCheckpoints(options.directory, options);
    this.catalogue = new LogCatalogue(options.directory);
    this.kept = new KeptEvidence(options.evidenceDirectory);
  }

  /** Takes note of what the log has under its checkpoint by now. */
  async advance(): Promise<void> {
    const head = await readLogHead(this.paths.root);
    if (head !== undefined) await this.catalogue.advance(head.size);
  }

  /** What the log and the control plane know of a run; undefined where one of them knows nothing of it. */
  async find(run: string): Promise<{ readonly entries: RunEntries; readonly facts: RunFacts } | undefined> {
    const facts = await this.#options.facts.facts(run);
    if (facts === undefined) return undefined;
    const { size } = this.catalogue;
    const entries = await findRunEntries(this.catalogue, run, { openedAt: facts.run.openedAt, size });
    return entries && { entries, facts };
  }

  /**
   * Makes the evidence of a run that is closed, and keeps it; undefined where the run is not known here. Witnesses are not
   * waited for: `improve` does that.
   */
  async make(run: string): Promise<KeptRecord | undefined> {
    const { kept } = this;
    const found = await this.find(run);
    if (found?.entries.close === undefined) return undefined;
    const { manifest, payload, index } = readUnsigned(kept, run, found.entries) ?? (await this.#begin(run, found));
    const signed = await this.#sign(payload);
    const digest = hash('sha256', kept.read(run, BUNDLE.manifest) ?? '', 'hex');
    const timestamps = await this.#stamper.stamp(signed.signature);
    const statement = encodeSigstoreBundle(signed, responses(timestamps));
    kept.write(run, BUNDLE.statement, statement);
    const record = { v: 1, manifestIndex: index, manifestDigest: digest, timestamps } as const;
    const complete = { ...record, ...(await this.#proofs(run, manifest, index + 1, 'takes')) };
    this.#keepTrust(run, manifest, statement);
    kept.writeRecord(run, complete);
    dropUnsigned(kept, run);
    if (this.#lacks(complete).length === 0) kept.finish(run);
    return complete;
  }

  /** The evidence of a run that goes on, as it stands now. Nothing of it is kept but what the log says. */
  async makeLive(run: string): Promise<MadeEvidence | undefined> {
    const found = await this.find(run);
    if (found === undefined) return undefined;
    // The log is not to have an entry for each time that somebody asks in vain.
    this.#options.signer.requireUp();
    const made = await this.#manifest(found.entries, found.facts);
    const { payload, index } = await this.#commit(found.entries, found.facts, made);
    const signed = await this.#sign(payload);
    const proofs = await this.#proofs(run, made.manifest, index + 1, 'waits');
    return {
      manifest: made.manifest,
      manifestBytes: made.bytes,
      statement: encodeSigstoreBundle(signed, []),
      record: { v: 1, manifestIndex: index, manifestDigest: made.digest, timestamps: [], ...proofs },
      content: (path) => made.contents.get(path) ?? policyAt(path, (digest) => made.policies.get(digest)),
    };
  }

  /** What is kept of a run; proofs are brought up to date first where its bodies were erased since. */
  async keptEvidence(run: string): Promise<MadeEvidence | undefined> {
    const record = this.kept.record(run);
    const manifestBytes = this.kept.read(run, BUNDLE.manifest);
    const statement = this.kept.read(run, BUNDLE.statement);
    if (record === undefined || manifestBytes === undefined || statement === undefined) return undefined;
    const manifest = JSON.parse(manifestBytes.toString('utf8')) as RunManifest;
    const isErased = this.runKey(run) === undefined;
    const current =
      isErased && !record.erased ? await this.#erased(run, manifest, record, statement.toString('utf8')) : record;
    return {
      manifest,
      manifestBytes,
      statement: statement.toString('utf8'),
      record: current,
      content: (path) => this.kept.read(run, path) ?? policyAt(path, (digest) => this.kept.policy(digest)),
    };
  }

  /** Tries again what a run's evidence lacks: timestamps, witnesses. True where nothing is lacking any more. */
  async improve(run: string, patience: 'waits' | 'insists' = 'insists'): Promise<boolean> {
    const record = this.kept.record(run);
    if (record === undefined) {
      const made = await this.make(run);
      if (made === undefined) this.kept.finish(run);
      return made === undefined || this.#lacks(made).length === 0;
    }
    const statement = this.kept.read(run, BUNDLE.statement);
    const manifest = this.kept.read(run, BUNDLE.manifest);
    if (statement === undefined || manifest === undefined) return false;
    const signed = readSigned(statement.toString('utf8'));
    const timestamps = await this.#stamper.stamp(signed.signature, record.timestamps, patience === 'insists');
    const proved = record.witnessed ? record : await this.#better(run, manifest, record, patience);
    const better = { ...record, ...proved, timestamps };
    if (proved.checkpoint !== undefined && proved !== record)
      this.#keepTrust(run, JSON.parse(manifest.toString('utf8')) as RunManifest, statement.toString('utf8'));
    this.kept.write(run, BUNDLE.statement, encodeSigstoreBundle(signed, responses(timestamps)));
    this.kept.writeRecord(run, better);
    const isDone = this.#lacks(better).length === 0;
    if (isDone) this.kept.finish(run);
    return isDone;
  }

  /** The public keys as they are said beside a statement: the one that signed it, which may be an old one. */
  keysOf(statement: string): EvidenceKeys {
    const said = this.#options.keys();
    return {
      ...said,
      statementKey: this.#options.signer.publicKeyOf(readSigned(statement).keyId) ?? said.statementKey,
    };
  }

  /** The run's key; undefined where it was erased. */
  runKey(run: string): Uint8Array | undefined {
    const deployment = readDeploymentKey(this.paths.keys);
    return deployment && new RunKeys(this.paths.keys, deployment).read(run);
  }

  #manifest(entries: RunEntries, facts: RunFacts): Promise<MadeManifest> {
    const { origin, auditors, facts: source } = this.#options;
    return makeManifest({
      paths: this.paths,
      origin,
      entries,
      facts,
      policy: (digest) => source.policy(digest),
      auditors,
    });
  }

  /** Gathers what is kept of a run, commits to it, and keeps what is to be signed: the key may not be there now. */
  async #begin(run: string, { entries, facts }: { readonly entries: RunEntries; readonly facts: RunFacts }) {
    const { kept } = this;
    const made = await this.#manifest(entries, facts);
    kept.begin(run);
    for (const [path, bytes] of made.contents) kept.write(run, path, bytes);
    for (const [digest, text] of made.policies) kept.writePolicy(digest, text);
    kept.write(run, BUNDLE.manifest, made.bytes);
    const committed = await this.#commit(entries, facts, made);
    keepUnsigned(kept, run, committed);
    return { manifest: made.manifest, ...committed };
  }

  /** Puts the manifest's digest into the log, and makes the statement that names where. */
  async #commit(
    entries: RunEntries,
    facts: RunFacts,
    made: MadeManifest,
  ): Promise<{ readonly payload: Buffer; readonly index: number }> {
    const { log, origin, version } = this.#options;
    const { run } = entries;
    await log.note({ kind: 'run.manifest', detail: { run, digest: made.digest } });
    await log.sync();
    await this.advance();
    const { size } = this.catalogue;
    const now = await findRunEntries(this.catalogue, run, { openedAt: facts.run.openedAt, size });
    const noted = now?.manifests.findLast(({ members }) => members['digest'] === made.digest);
    if (noted === undefined) throw new Fault('log-unavailable', `the log has no manifest of run ${run}`);
    const predicate = makePredicate({ origin, version, entries, facts, made, manifestIndex: noted.index });
    return { payload: encodeStatement(made.digest, predicate), index: noted.index };
  }

  /** A change of key that was begun is ended first: the log is to say which key signs. */
  async #sign(payload: Uint8Array): Promise<SignedPayload> {
    const { signer, log } = this.#options;
    await signer.settle(log);
    return await signer.sign(payload);
  }

  /** The entries and the checkpoint that go with a manifest now. */
  async #proofs(run: string, manifest: RunManifest, minSize: number, patience: Patience) {
    const { checkpoint, witnessed } = await this.#checkpoints.covering(minSize, patience);
    const size = Number(checkpoint.split('\n')[1]);
    await this.catalogue.advance(size);
    const { openedAt } = manifest.run;
    const found = await findRunEntries(this.catalogue, run, { openedAt, size });
    const entries = found === undefined ? [] : bundledEntries(found, manifest.policies, this.catalogue);
    return { checkpoint, witnessed, entries, erased: this.runKey(run) === undefined };
  }

  async #erased(run: string, manifest: RunManifest, record: KeptRecord, statement: string): Promise<KeptRecord> {
    await this.#options.log.sync();
    await this.advance();
    const current = { ...record, ...(await this.#proofs(run, manifest, this.catalogue.size, 'waits')) };
    this.#keepTrust(run, manifest, statement);
    this.kept.writeRecord(run, current);
    return current;
  }

  async #better(
    run: string,
    manifest: Uint8Array,
    record: KeptRecord,
    patience: Patience,
  ): Promise<Partial<KeptRecord>> {
    if (this.#options.witnessed === undefined) return {};
    const parsed = JSON.parse(Buffer.from(manifest).toString('utf8')) as RunManifest;
    const proofs = await this.#proofs(run, parsed, record.manifestIndex + 1, patience);
    return proofs.witnessed ? proofs : {};
  }

  /** What the gateway says of itself may change later; a bundle goes on saying what it said. */
  #keepTrust(run: string, manifest: RunManifest, statement: string): void {
    for (const [path, text] of trustFiles(this.keysOf(statement))) this.kept.write(run, path, text);
    this.kept.write(run, BUNDLE.readme, readmeText(manifest));
  }

  /** True where witnesses are asked, and have not cosigned what the record's proofs lead to. */
  wantsWitnesses({ witnessed }: KeptRecord): boolean {
    return this.#options.witnessed !== undefined && !witnessed;
  }

  #lacks(record: KeptRecord): readonly string[] {
    const missing = record.timestamps.filter(({ at }) => at === undefined).map(({ url }) => url);
    return [...missing, ...(this.wantsWitnesses(record) ? ['witnesses'] : [])];
  }
}
