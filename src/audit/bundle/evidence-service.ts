/** The evidence of a gateway's runs: made when each closes, kept, and handed out as one file. */
import { setTimeout } from 'node:timers/promises';
import { LIMITS } from '../../model/limits.ts';
import { bundleFiles, type EvidenceKeys, type Withholding } from './bundle-files.ts';
import { EntryProofs } from './entry-proofs.ts';
import { EvidenceMaker, type EvidenceMakerOptions, type MadeEvidence } from './evidence-maker.ts';
import type { TerminalRenderer } from './replay/cast-view.ts';
import { sessionFile } from './run-manifest.ts';
import type { StatementKeyRing, StatementKeyView } from './statement-keys.ts';
import type { StoredZip } from './stored-zip.ts';
import { storedZip } from './stored-zip.ts';

export interface EvidenceServiceOptions extends Omit<EvidenceMakerOptions, 'keys' | 'ending'> {
  /** The log's verifier key as it is now (https://c2sp.org/signed-note). */
  readonly verifierKey: () => string;
  readonly terminal: (target: string, protocol: string) => TerminalRenderer | undefined;
  readonly onFault: (fault: unknown) => void;
}

/** What there is to say of a run's evidence without handing it out. */
export interface EvidenceState {
  readonly run: string;
  /** `open`: the run goes on. `making`: it closed a moment ago. `made`: it stands, and stays as it is. */
  readonly state: 'open' | 'making' | 'made';
  readonly complete: boolean;
  /** Why it is not complete, a sentence each. */
  readonly why: readonly string[];
  /** SHA-256 of the manifest, hex; once made. */
  readonly digest?: string;
  /** Of the manifest's entry in the log. */
  readonly index?: number;
  readonly witnessed: boolean;
  readonly timestamps: readonly { readonly authority: string; readonly at?: string }[];
  readonly bodies: 'kept' | 'erased';
  readonly sessions: number;
}

export interface OpenBundle extends StoredZip {
  readonly run: string;
  /** Of the manifest. */
  readonly digest: string;
  readonly complete: boolean;
}

export interface OpenOptions {
  /** Why the caller gets no bodies; undefined where they do. */
  readonly withholds: Exclude<Withholding, 'erased'> | undefined;
  readonly signal: AbortSignal;
}

/** One thing at a time is made; any number is handed out. */
export class EvidenceService implements AsyncDisposable {
  readonly #options: EvidenceServiceOptions;
  readonly #maker: EvidenceMaker;
  /** Until when a run that could not be made is left alone, by the monotonic clock. */
  readonly #failed = new Map<string, number>();
  #working: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #improvedAt = 0;
  readonly #ending = new AbortController();

  constructor(options: EvidenceServiceOptions) {
    this.#options = options;
    this.#maker = new EvidenceMaker({ ...options, keys: () => this.keys, ending: this.#ending.signal });
  }

  /** As they are now: keys may change while the gateway runs. */
  get keys(): EvidenceKeys {
    const { verifierKey, signer, timestampAuthorities } = this.#options;
    return {
      logKey: verifierKey(),
      statementKey: signer.current.publicKey,
      timestampAuthorities: timestampAuthorities.map(({ certificates }) => `${certificates.trim()}\n`).join(''),
    };
  }

  /** The keys that sign statements. */
  get statementKeys(): Pick<StatementKeyRing, 'current' | 'old' | 'place' | 'fault'> {
    return this.#options.signer;
  }

  /** Gives statements a new key. Rejects with a `Fault` where that cannot be: one of a KMS comes by the configuration. */
  rotate(by: string): Promise<StatementKeyView> {
    return this.#alone(() => this.#options.signer.rotate(by, this.#options.log));
  }

  /** Where evidence is kept, and what else is made of the same: for packs. */
  get keeping(): {
    readonly evidenceDirectory: string;
    readonly version: string;
    readonly policy: (digest: string) => Promise<string | undefined>;
  } {
    const { evidenceDirectory, version, facts } = this.#options;
    return { evidenceDirectory, version, policy: (digest) => facts.policy(digest) };
  }

  /** Begins to look for runs that closed, in this life of the gateway or one before it. */
  start(): void {
    void this.#alone(() => this.#options.signer.settle(this.#options.log)).catch(this.#options.onFault);
    this.#timer = setInterval(() => void this.sweep().catch(this.#options.onFault), LIMITS.evidenceSweepMs).unref();
  }

  /** Makes what is to be made now. */
  sweep(): Promise<void> {
    return this.#alone(() => this.#sweep());
  }

  /** Resolves once the evidence of a run that was just closed is made; at once where it is not closed here. */
  async closed(run: string): Promise<void> {
    await this.#options.log.sync();
    await this.#alone(() => this.#made(run));
  }

  /** Undefined where this gateway's log has no such run. */
  async state(run: string): Promise<EvidenceState | undefined> {
    await this.#options.log.sync();
    await this.#maker.advance();
    const kept = await this.#kept(run);
    if (kept !== undefined) return keptState(kept);
    const found = await this.#maker.find(run);
    if (found === undefined) return undefined;
    const { entries, facts } = found;
    const open = entries.sessions.filter(({ close }) => close === undefined).length;
    return {
      run,
      state: entries.close === undefined ? 'open' : 'making',
      complete: false,
      why: [...whyIncomplete(entries.close !== undefined, open, facts.elsewhere), ...this.#whyUnsigned()],
      witnessed: false,
      timestamps: [],
      bodies: this.#maker.runKey(run) === undefined ? 'erased' : 'kept',
      sessions: entries.sessions.length,
    };
  }

  /** The bundle of a run, ready to be sent; undefined where this gateway's log has no such run. */
  async open(run: string, { withholds, signal }: OpenOptions): Promise<OpenBundle | undefined> {
    await this.#settled(run, signal);
    // What is kept is handed out at once, whatever is being made of other runs.
    const kept = await this.#kept(run);
    const isReady = kept !== undefined && !this.#maker.wantsWitnesses(kept.record);
    const evidence = isReady ? kept : await this.#alone(() => this.#evidence(run));
    if (evidence === undefined) return undefined;
    const { catalogue, paths } = this.#maker;
    const { manifest, manifestBytes, statement, record, content } = evidence;
    const entries = await catalogue.entries(record.entries);
    const opened = new Map(
      entries.filter(({ kind }) => kind === 'session.open').map((open) => [String(open.members['session']), open]),
    );
    const files = bundleFiles({
      paths,
      manifest,
      manifestBytes,
      statement,
      entries,
      proofs: new EntryProofs(paths.log, record.checkpoint),
      keys: this.#maker.keysOf(statement),
      sessionFile: (id) => sessionFile(paths, { id, open: opened.get(id) ?? missingOpening(id) }),
      content,
      runKey: this.#maker.runKey(run),
      withholds,
      terminal: this.#options.terminal,
    });
    const zip = await storedZip(files, signal);
    return { ...zip, run, digest: record.manifestDigest, complete: manifest.complete };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    clearInterval(this.#timer);
    await this.#working.catch(() => undefined /* told to whoever asked */);
  }

  #whyUnsigned(): readonly string[] {
    const { fault, place } = this.#options.signer;
    return fault === undefined ? [] : [`Its statement waits for the key that signs it (${place}); it is tried again.`];
  }

  /** Waits a moment for a run that was just closed until its log says so too: its last session may be ending. */
  async #settled(run: string, signal: AbortSignal): Promise<void> {
    for (let waits = SETTLE_MS / SETTLE_LOOK_MS; ; waits--) {
      await this.#options.log.sync();
      await this.#maker.advance();
      if (!this.#maker.catalogue.isOpen(run) || waits === 0) return;
      if ((await this.#options.facts.facts(run))?.run.closedAt === undefined) return;
      await setTimeout(SETTLE_LOOK_MS, undefined, { signal });
    }
  }

  async #evidence(run: string): Promise<MadeEvidence | undefined> {
    await this.#made(run);
    const kept = await this.#kept(run);
    if (kept === undefined) return await this.#maker.makeLive(run);
    if (!this.#maker.wantsWitnesses(kept.record)) return kept;
    await this.#maker.improve(run, 'waits');
    return await this.#maker.keptEvidence(run);
  }

  /** What was made of a run since it closed last. */
  async #kept(run: string): Promise<MadeEvidence | undefined> {
    const { catalogue } = this.#maker;
    return catalogue.isOpen(run) || catalogue.isUnmade(run) ? undefined : await this.#maker.keptEvidence(run);
  }

  /** Makes a run's evidence where it closed and has none. */
  async #made(run: string): Promise<void> {
    await this.#maker.advance();
    const { catalogue, kept } = this.#maker;
    // What was kept may be gone, too, where a directory was restored without it.
    const isMissing = !catalogue.isOpen(run) && kept.record(run) === undefined;
    if (catalogue.isUnmade(run) || isMissing) await this.#maker.make(run);
  }

  async #sweep(): Promise<void> {
    await this.#maker.advance();
    const now = performance.now();
    for (const run of this.#maker.catalogue.unmade) {
      if (this.#ending.signal.aborted) return;
      if ((this.#failed.get(run) ?? 0) > now) continue;
      const made = await this.#attempt(run, () => this.#maker.make(run));
      // A run that the store does not know: it was another store's.
      if (made === undefined && !this.#failed.has(run)) this.#failed.set(run, Number.POSITIVE_INFINITY);
    }
    if (this.#improvedAt > 0 && now - this.#improvedAt < LIMITS.evidenceRetryMs) return;
    this.#improvedAt = now;
    for (const run of this.#maker.kept.unfinished()) {
      // An authority that does not answer is not asked for each run: the next sweep tries again.
      if (this.#ending.signal.aborted || (await this.#attempt(run, () => this.#maker.improve(run))) !== true) return;
    }
  }

  async #attempt<Result>(run: string, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      const result = await work();
      this.#failed.delete(run);
      return result;
    } catch (fault) {
      // The others are made all the same; this one is tried again.
      if (!this.#failed.has(run)) this.#options.onFault(fault);
      this.#failed.set(run, performance.now() + LIMITS.evidenceRetryMs);
      return undefined;
    }
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const after = this.#working.catch(() => undefined /* told to whoever asked for it */).then(work);
    this.#working = after;
    return after;
  }
}

const SETTLE_MS = 5_000;
const SETTLE_LOOK_MS = 100;

function keptState({ manifest, record }: MadeEvidence): EvidenceState {
  const { run, sessions, elsewhere, complete } = manifest;
  const open = sessions.filter(({ closeIndex }) => closeIndex === undefined).length;
  return {
    run: run.id,
    state: 'made',
    complete,
    why: whyIncomplete(true, open, elsewhere),
    digest: record.manifestDigest,
    index: record.manifestIndex,
    witnessed: record.witnessed,
    timestamps: record.timestamps.map(({ url, at }) => ({
      authority: new URL(url).host,
      ...(at === undefined ? {} : { at }),
    })),
    bodies: record.erased ? 'erased' : 'kept',
    sessions: sessions.length,
  };
}

function whyIncomplete(
  closed: boolean,
  open: number,
  elsewhere: readonly { readonly gateway: string }[],
): readonly string[] {
  const gateways = [...new Set(elsewhere.map(({ gateway }) => gateway))];
  return [
    ...(closed ? [] : ['The run is still open.']),
    ...(closed && open > 0 ? [`${open} of its sessions are still open.`] : []),
    ...gateways.map((gateway) => `Sessions of it were recorded by ${gateway}, whose bundle has them.`),
  ];
}

function missingOpening(session: string): never {
  throw new Error(`the opening of session ${session} is in no entry of the bundle`);
}
