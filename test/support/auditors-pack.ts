/** An auditor's pack in a test: made of a real log and its evidence, and verified from its bytes. */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { storedZip } from '../../src/audit/bundle/stored-zip.ts';
import { canonicalJson } from '../../src/audit/canonical-json.ts';
import { findControl } from '../../src/audit/pack/controls.ts';
import { makePack, type PackRequest } from '../../src/audit/pack/make-pack.ts';
import { PACK, type PackManifest } from '../../src/audit/pack/pack.ts';
import { gatewaySources } from '../../src/audit/pack/pack-sources.ts';
import { readTrust } from '../../src/audit/verify/bundle/trust.ts';
import { nodeEngine } from '../../src/audit/verify/node-engine.ts';
import type { PackReport } from '../../src/audit/verify/pack/pack-report.ts';
import { verifyPack } from '../../src/audit/verify/pack/verify-pack.ts';
import { type BundleWorld, POLICY_OF_TESTS } from './evidence-bundle.ts';
import { gather } from './gather.ts';
import { bufferSource, UnpackedBundle } from './unpacked-bundle.ts';

export async function packOf(
  world: BundleWorld,
  directory: string,
  request: Pick<PackRequest, 'span'> & { readonly sample?: number; readonly control?: string },
): Promise<Buffer> {
  const control = findControl(request.control ?? 'PCI-10.2');
  if (control === undefined) throw new Error('there is no such control');
  const sources = gatewaySources({
    log: world.log,
    evidence: world.service,
    evidenceDirectory: join(directory, 'evidence'),
    policy: () => Promise.resolve(POLICY_OF_TESTS),
    withholds: undefined,
    version: '0.1.0',
    nowMs: Date.now,
  });
  const signal = AbortSignal.timeout(30_000);
  await using pack = await makePack(sources, { span: request.span, control, sample: request.sample ?? 2, signal });
  return await gather(pack.stream());
}

/** By keys of the verifier's own; by the pack's without `world`. */
export async function verifyPackBytes(bytes: Uint8Array, world?: BundleWorld): Promise<PackReport> {
  const own = world && { policy: Buffer.from(world.policy), statementKey: Buffer.from(world.statementKey) };
  const trust = await readTrust(nodeEngine, own ?? {});
  if (typeof trust === 'string') throw new Error(trust);
  return await verifyPack(bufferSource(bytes), { engine: nodeEngine, trust, nowMs: Date.now() });
}

/** A pack taken apart, to be changed as somebody would who has no key of the gateway. */
export async function unpackedPack(bytes: Uint8Array): Promise<UnpackedBundle> {
  return await UnpackedBundle.of(bytes);
}

/** Packed again, with a list of files that fits what is there now. */
export async function repacked(unpacked: UnpackedBundle): Promise<Buffer> {
  const { files } = unpacked;
  const manifest = JSON.parse(unpacked.text(PACK.manifest)) as PackManifest;
  const listed = [...files]
    .filter(([path]) => path !== PACK.manifest)
    .map(([path, bytes]) => {
      return { path, bytes: String(bytes.length), sha256: createHash('sha256').update(bytes).digest('hex') };
    });
  unpacked.write(PACK.manifest, `${canonicalJson({ ...manifest, files: listed })}\n`);
  return await packed(unpacked);
}

/** Packed again as it is, whatever its list of files says. */
export async function packed({ files }: UnpackedBundle): Promise<Buffer> {
  const zip = await storedZip(
    [...files].map(([path, bytes]) => ({
      path,
      async *open() {
        yield await Promise.resolve(bytes);
      },
    })),
  );
  return await gather(zip.stream());
}
