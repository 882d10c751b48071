/** A bundle taken apart, to be changed as somebody would who has no key of the gateway, and packed again. */
import { createHash } from 'node:crypto';
import { BUNDLE, OWN_FILES, type RunManifest } from '../../src/audit/bundle/manifest.ts';
import { storedZip } from '../../src/audit/bundle/stored-zip.ts';
import { canonicalJson, type Json } from '../../src/audit/canonical-json.ts';
import type { ByteSource } from '../../src/audit/verify/bundle/engine.ts';
import type { BundleReport } from '../../src/audit/verify/bundle/report.ts';
import { readTrust, type TrustFiles } from '../../src/audit/verify/bundle/trust.ts';
import { verifyBundle } from '../../src/audit/verify/bundle/verify-bundle.ts';
import { openZip } from '../../src/audit/verify/bundle/zip-archive.ts';
import { nodeEngine } from '../../src/audit/verify/node-engine.ts';
import type { MadeBundle } from './evidence-bundle.ts';
import { gather } from './gather.ts';

export class UnpackedBundle {
  readonly files: Map<string, Buffer>;

  constructor(files: ReadonlyMap<string, Buffer>) {
    this.files = new Map(files);
  }

  static async of(bytes: Uint8Array): Promise<UnpackedBundle> {
    const archive = await openZip(bufferSource(bytes));
    if (typeof archive === 'string') throw new Error(archive);
    const files = new Map<string, Buffer>();
    for (const file of archive.values()) files.set(file.path, Buffer.from(await file.read(0, file.bytes)));
    return new UnpackedBundle(files);
  }

  copy(): UnpackedBundle {
    return new UnpackedBundle(this.files);
  }

  get manifest(): RunManifest {
    return JSON.parse(this.text(BUNDLE.manifest)) as RunManifest;
  }

  text(path: string): string {
    const bytes = this.files.get(path);
    if (bytes === undefined) throw new Error(`there is no ${path}`);
    return bytes.toString('utf8');
  }

  write(path: string, content: string | Buffer): this {
    this.files.set(path, typeof content === 'string' ? Buffer.from(content) : content);
    return this;
  }

  remove(path: string): this {
    if (!this.files.delete(path)) throw new Error(`there is no ${path}`);
    return this;
  }

  edit(path: string, change: (text: string) => string): this {
    const before = this.text(path);
    const after = change(before);
    if (after === before) throw new Error(`${path} is what it was`);
    return this.write(path, after);
  }

  /** The lines of a file, changed; their last newline apart. */
  editLines(path: string, change: (lines: string[]) => string[]): this {
    return this.edit(path, (text) => change(text.split('\n').slice(0, -1)).join('\n').concat('\n'));
  }

  /** All paths that match. */
  paths(pattern: RegExp): string[] {
    return [...this.files.keys()].filter((path) => pattern.test(path));
  }

  /** As somebody would who changed files: the manifest names what is there now. */
  refit(change: (manifest: RunManifest) => RunManifest = (manifest) => manifest): this {
    const manifest = change(this.manifest);
    const known = new Map(manifest.files.map((file) => [file.path, file]));
    const files = [...this.files]
      .filter(([path]) => !OWN_FILES.test(path))
      .map(([path, bytes]) => ({
        ...(known.get(path) ?? { media: 'application/octet-stream', tier: 'open' as const }),
        path,
        bytes: String(bytes.length),
        sha256: createHash('sha256').update(bytes).digest('hex'),
      }));
    files.sort((one, other) => (one.path < other.path ? -1 : 1));
    return this.write(BUNDLE.manifest, canonicalJson({ ...manifest, files } as unknown as Json));
  }

  async pack(): Promise<Buffer> {
    const files = [...this.files].map(([path, bytes]) => ({
      path,
      async *open() {
        yield await Promise.resolve(bytes);
      },
    }));
    return await gather((await storedZip(files)).stream());
  }
}

export function bufferSource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (start, end) => Promise.resolve(bytes.subarray(start, end)) };
}

/** Verifies bytes as a bundle, with the files that an auditor has. */
export async function verifyBytes(bytes: Uint8Array, files: TrustFiles, nowMs = Date.now()): Promise<BundleReport> {
  const trust = await readTrust(nodeEngine, files);
  if (typeof trust === 'string') throw new Error(trust);
  return await verifyBundle(bufferSource(bytes), { engine: nodeEngine, trust, nowMs });
}

export function ownFiles({
  policy,
  statementKey,
  auditorKey,
}: MadeBundle): Required<Omit<TrustFiles, 'tsa' | 'issuerKeys'>> {
  return {
    policy: Buffer.from(policy),
    statementKey: Buffer.from(statementKey),
    auditorKey: Buffer.from(auditorKey),
  };
}

/** The first thing that was found against a bundle, in words. */
export function firstReason({ steps }: BundleReport): string {
  const found = steps.flatMap(({ findings }) => findings).filter(({ severity }) => severity !== 'note');
  const worst = found.find(({ severity }) => severity === 'fail') ?? found[0];
  return worst === undefined ? '' : `${worst.file === undefined ? '' : `${worst.file}: `}${worst.message}`;
}

/** Why something was refused, where a text says so; that it was not, where it was not. */
export function refusal(value: unknown): string {
  return typeof value === 'string' ? value : 'it was accepted';
}
