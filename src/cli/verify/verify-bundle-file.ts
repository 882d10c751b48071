import { readFileSync } from 'node:fs';
import type { BundleReport } from '../../audit/verify/bundle/report.ts';
import { readTrust, type Trust } from '../../audit/verify/bundle/trust.ts';
import { verifyBundle } from '../../audit/verify/bundle/verify-bundle.ts';
import { fileSource, nodeEngine } from '../../audit/verify/node-engine.ts';
import { looksLikePack } from '../../audit/verify/pack/looks-like-pack.ts';
import type { PackReport } from '../../audit/verify/pack/pack-report.ts';
import { verifyPack } from '../../audit/verify/pack/verify-pack.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { printable } from '../printable.ts';

/** The verifier's own files, by their paths. */
export interface OwnFiles {
  readonly policy?: string;
  readonly statementKey?: string;
  readonly tsa?: string;
  readonly auditorKey?: string;
  readonly issuerKeys?: string;
}

/** A bundle, or an auditor's pack: the file itself says which. */
export async function verifyBundleFile(path: string, own: OwnFiles): Promise<BundleReport | PackReport> {
  const trust = await ownTrust(own);
  await using source = await fileSource(path);
  if (await looksLikePack(source)) return await verifyPack(source, { engine: nodeEngine, trust, nowMs: Date.now() });
  return await verifyBundle(source, { engine: nodeEngine, trust, nowMs: Date.now() });
}

async function ownTrust(own: OwnFiles): Promise<Trust> {
  const { policy, statementKey, tsa, auditorKey, issuerKeys } = own;
  const trust = await readTrust(nodeEngine, {
    ...(policy === undefined ? {} : { policy: readOwn(policy) }),
    ...(statementKey === undefined ? {} : { statementKey: readOwn(statementKey) }),
    ...(tsa === undefined ? {} : { tsa: readOwn(tsa) }),
    ...(auditorKey === undefined ? {} : { auditorKey: readOwn(auditorKey) }),
    ...(issuerKeys === undefined ? {} : { issuerKeys: readOwn(issuerKeys) }),
  });
  if (typeof trust === 'string') {
    throw new CliError(EXIT.config, trust, { hint: 'What each file is: docs/reference/verify.md' });
  }
  return trust;
}

function readOwn(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new CliError(EXIT.notFound, `cannot read ${printable(path)}`, { cause });
  }
}
