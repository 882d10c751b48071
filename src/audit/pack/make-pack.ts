/** Makes an auditor's pack of a log on disk (docs/design/0006-auditors-pack.md). */
import { createHash, hash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault } from '../../model/fault.ts';
import type { AuditPaths } from '../audit-paths.ts';
import { EntryProofs } from '../bundle/entry-proofs.ts';
import { type ArchiveFile, type StoredZip, storedZip } from '../bundle/stored-zip.ts';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { readHandOver } from '../old-log-keys.ts';
import type { VerifyReport } from '../verify/verify-report.ts';
import { CONTROLS, type Control } from './controls.ts';
import { csv } from './csv.ts';
import { activatedPolicies, derivedFiles, terminatedRuns } from './derived-files.ts';
import { drawSample, METHOD } from './draw-sample.ts';
import { PACK, type PackFile, type PackManifest, type PackRange } from './pack.ts';
import type { PackFacts, Span } from './pack-facts.ts';
import { packReadme } from './readme.ts';
import { reportText } from './report-text.ts';
import { entriesOf, firstLine, type LogSurvey, surveyLog } from './survey-log.ts';

/** What a pack is made of beside the log: a running gateway's, or a data directory's. */
export interface PackSources {
  readonly paths: AuditPaths;
  readonly version: string;
  readonly heartbeatMs: number;
  /** The most entries of the log that a pack takes. */
  readonly maxEntries: number;
  keys(): PackKeys;
  /** The signed note that everything is proved against. */
  checkpoint(): Promise<string>;
  /** The canonical JSON of a policy set; undefined where it is not kept. */
  policy(digest: string): Promise<string | undefined>;
  /** Verifies the whole directory. */
  verify(): Promise<VerifyReport>;
  /** The evidence of a run; why there is none otherwise. */
  bundle(run: string, signal: AbortSignal): Promise<StoredZip | string>;
  /** The verdict on a bundle in a file. */
  verifyBundle(path: string): Promise<string>;
  /** Denied requests, as the statement that was made of a run counts them; undefined where none was. */
  denied(run: string): number | undefined;
  witnesses(): Json;
  nowMs(): number;
}

/** Keys that sign and those that did once, the newest first. */
export interface PackKeys {
  /** Verifier keys of the log. There is at least one. */
  readonly log: readonly string[];
  /** PEM, each with its newline. */
  readonly statement: readonly string[];
}

export interface PackRequest {
  readonly span: Span;
  readonly control: Control;
  /** How many runs to draw. */
  readonly sample: number;
  readonly signal: AbortSignal;
}

export interface OpenPack extends StoredZip, AsyncDisposable {
  readonly runs: number;
  readonly samples: number;
}

/** Lays a pack out. Its samples are kept in a folder of their own until it is disposed. Throws a `Fault` that says why not. */
export async function makePack(sources: PackSources, request: PackRequest): Promise<OpenPack> {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-pack-'));
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    return { ...(await new Packing(sources, request, folder).pack()), [Symbol.asyncDispose]: dispose };
  } catch (cause) {
    await dispose();
    throw cause;
  }
}

class Packing {
  readonly #sources: PackSources;
  readonly #request: PackRequest;
  readonly #folder: string;

  constructor(sources: PackSources, request: PackRequest, folder: string) {
    this.#sources = sources;
    this.#request = request;
    this.#folder = folder;
  }

  async pack(): Promise<StoredZip & { readonly runs: number; readonly samples: number }> {
    const { paths, heartbeatMs, maxEntries } = this.#sources;
    const { span, signal } = this.#request;
    const checkpoint = await this.#sources.checkpoint();
    const [origin = '', size = '0', root = ''] = checkpoint.split('\n');
    if (Number(size) === 0) throw new Fault('config-invalid', 'the log has no entry yet');
    const survey = await surveyLog({ paths, span, size: Number(size), heartbeatMs, maxEntries, signal });
    const proofs = new EntryProofs(paths.log, checkpoint);
    const seed = Buffer.from(root, 'base64').toString('hex');
    const sampled = await this.#samples(survey.facts, seed);
    const head = { v: 1, kind: 'auditors-pack', origin, span: { ...span }, ...this.#about() } as const;
    const files: ArchiveFile[] = [
      text(PACK.readme, packReadme(head, this.#request.control)),
      text(PACK.checkpoint, checkpoint),
      text(PACK.range, rangeJson(survey, proofs)),
      ...this.#logFiles(survey, proofs),
      ...(await this.#ownWord(survey, sampled, Number(size))),
      ...[...derivedFiles(survey.facts, head)].map(([path, content]) => text(path, content)),
      ...(await this.#policies(survey.facts)),
      ...sampled.files,
    ];
    const manifest = text(PACK.manifest, `${canonicalJson({ ...head, files: await digests(files, signal) })}\n`);
    const zip = await storedZip([manifest, ...files], signal);
    return { ...zip, runs: survey.facts.runs.size, samples: sampled.files.length };
  }

  #about(): Pick<PackManifest, 'control' | 'sample' | 'heartbeatMs' | 'madeAt' | 'version'> {
    const { version, heartbeatMs } = this.#sources;
    const { control, sample } = this.#request;
    return { control: control.id, sample, heartbeatMs, version, madeAt: this.#now() };
  }

  #now(): string {
    return new Date(this.#sources.nowMs()).toISOString();
  }

  #logFiles(survey: LogSurvey, proofs: EntryProofs): readonly ArchiveFile[] {
    const { paths } = this.#sources;
    const keys = this.#sources.keys();
    const { signal } = this.#request;
    const { start, end, beside, facts } = survey;
    return [
      made(PACK.entries, async function* () {
        for await (const entry of entriesOf({ paths, signal }, start, end)) yield entryLine(entry);
      }),
      text(PACK.beside, beside.map(entryLine).join('')),
      ...beside.map(({ index }) => text(PACK.proof(index), proofs.prove(index))),
      made(PACK.openings, function* () {
        for (const session of facts.sessions.values()) {
          const line = firstLine(paths, session).toString('utf8');
          yield `${canonicalJson({ line, session: session.id })}\n`;
        }
      }),
      text(PACK.logKey, `${keys.log[0] ?? ''}\n`),
      ...(keys.statement.length === 0 ? [] : [text(PACK.statementKey, keys.statement.join(''))]),
      ...facts.rotations.flatMap(({ index, members }) => {
        const from = String(members['from']);
        const proof =
          members['what'] === 'log' && /^[0-9a-f]{1,64}$/u.test(from) ? readHandOver(paths.keys, from) : undefined;
        return proof === undefined ? [] : [text(PACK.handOver(index), proof)];
      }),
    ];
  }

  /** What the verifier of this gateway found, and what else is only its word. */
  async #ownWord({ facts }: LogSurvey, sampled: Sampled, size: number): Promise<readonly ArchiveFile[]> {
    const { paths } = this.#sources;
    const log = await this.#sources.verify();
    const { checkpoint } = log;
    const grown = checkpoint === undefined || checkpoint.size <= size ? [] : continuation(paths, checkpoint, size);
    const report = {
      v: 1,
      at: this.#now(),
      log: log as unknown as Json,
      continues: grown,
      samples: sampled.verdicts.map((one) => ({ ...one })),
    } as const;
    const denied = [...facts.runs.keys()].flatMap((run) => {
      const count = this.#sources.denied(run);
      return count === undefined || count === 0 ? [] : [[run, String(count)]];
    });
    return [
      json(PACK.report, report),
      text(PACK.reportText, reportText(log, sampled.verdicts)),
      text(PACK.denied, csv(['run', 'denied'], denied)),
      json(PACK.witnesses, this.#sources.witnesses()),
      json(PACK.controls, {
        v: 1,
        asked: this.#request.control.id,
        note: MAPPING,
        controls: CONTROLS as unknown as Json,
      }),
      json(PACK.samples, sampled.said),
    ];
  }

  async #policies(facts: PackFacts): Promise<readonly ArchiveFile[]> {
    const files: ArchiveFile[] = [];
    for (const digest of activatedPolicies(facts)) {
      const policy = await this.#sources.policy(digest);
      if (policy !== undefined && hash('sha256', policy, 'hex') === digest)
        files.push(text(PACK.policy(digest), policy));
    }
    return files;
  }

  async #samples(facts: PackFacts, seed: string): Promise<Sampled> {
    const { sample, signal } = this.#request;
    const drawn = drawSample(terminatedRuns(facts), seed, sample, (bytes) => hash('sha256', bytes, 'hex'));
    const files: ArchiveFile[] = [];
    const verdicts: { run: string; verdict: string }[] = [];
    const absent: { run: string; why: string }[] = [];
    for (const run of drawn) {
      const bundle = await this.#sources.bundle(run, signal);
      if (typeof bundle === 'string') {
        absent.push({ run, why: bundle });
        continue;
      }
      const path = join(this.#folder, `${files.length}.zip`);
      await pipeline(Readable.from(bundle.stream()), createWriteStream(path, { mode: 0o600 }), { signal });
      verdicts.push({ run, verdict: await this.#sources.verifyBundle(path) });
      files.push({ path: PACK.sample(run), open: () => createReadStream(path, { highWaterMark: 256 * 1024 }) });
    }
    return { files, verdicts, said: { v: 1, method: METHOD, seed, drawn, absent } };
  }
}

interface Sampled {
  readonly files: readonly ArchiveFile[];
  readonly verdicts: readonly { readonly run: string; readonly verdict: string }[];
  readonly said: { readonly v: 1; readonly [name: string]: Json };
}

const MAPPING =
  'A mapping of ours, to be checked by the auditor: what is said of a control is a description, and its wording stands in your own copy.';

function rangeJson({ start, end }: LogSurvey, proofs: EntryProofs): string {
  const range: PackRange = { v: 1, start, end, left: proofs.subtrees(start), consistency: proofs.consistency(end) };
  return `${canonicalJson({ ...range })}\n`;
}

/** That the tree which the verifier saw goes on from the pack's. */
function continuation(paths: AuditPaths, later: { readonly size: number }, size: number): readonly string[] {
  return new EntryProofs(paths.log, `\n${later.size}\n`).consistency(size);
}

function entryLine({ index, text: entry }: { readonly index: number; readonly text: string }): string {
  return `${canonicalJson({ entry, index: String(index) })}\n`;
}

async function digests(
  files: readonly ArchiveFile[],
  signal: AbortSignal,
): Promise<{ [Name in keyof PackFile]: string }[]> {
  const all: { path: string; bytes: string; sha256: string }[] = [];
  for (const file of files) {
    const digest = createHash('sha256');
    let bytes = 0;
    for await (const piece of file.open()) {
      signal.throwIfAborted();
      digest.update(piece);
      bytes += piece.length;
    }
    all.push({ path: file.path, bytes: String(bytes), sha256: digest.digest('hex') });
  }
  return all;
}

function json(path: string, value: Json): ArchiveFile {
  return text(path, `${canonicalJson(value)}\n`);
}

function text(path: string, content: string): ArchiveFile {
  return made(path, () => [content]);
}

function made(path: string, make: () => Iterable<string> | AsyncIterable<string>): ArchiveFile {
  return {
    path,
    async *open() {
      for await (const piece of make()) yield Buffer.from(piece);
    },
  };
}
