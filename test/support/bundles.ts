/** Evidence bundles of a log in a test, made and read back. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  EvidenceService,
  type EvidenceServiceOptions,
  type OpenOptions,
} from '../../src/audit/bundle/evidence-service.ts';
import type { RunFacts } from '../../src/audit/bundle/run-facts.ts';
import { StatementKeyRing } from '../../src/audit/bundle/statement-keys.ts';
import type { OpenAuditLog } from '../../src/audit/open-audit-log.ts';
import { aRun, ORIGIN } from './audit-log.ts';

/** The policies of `PERMIT` and `DENY`, whose digest is made up. */
export const POLICY_TEXT = '[{"name":"readers"}]';

export function factsOf(id: string, more: Partial<RunFacts> = {}): RunFacts {
  const { workload, asserted } = aRun(id);
  return {
    run: { id, kind: 'ci', demo: false, openedAt: '2026-03-04T05:06:07.008Z' },
    workload,
    asserted,
    grants: [],
    approvals: [],
    elsewhere: [],
    ...more,
  };
}

/** Keeps its evidence beside the log's directory. Makes nothing before it is asked to. */
export function evidenceOf(log: OpenAuditLog, options: Partial<EvidenceServiceOptions> = {}): EvidenceService {
  const { directory } = log;
  return new EvidenceService({
    directory,
    evidenceDirectory: join(directory, '..', 'evidence'),
    log,
    origin: ORIGIN,
    version: '0.1.0',
    verifierKey: () => log.verifierKey,
    facts: {
      facts: (run) => Promise.resolve(factsOf(run)),
      policy: () => Promise.resolve(POLICY_TEXT),
    },
    signer: new StatementKeyRing(join(directory, 'keys')),
    timestampAuthorities: [],
    auditors: [],
    terminal: () => undefined,
    random: randomBytes,
    onFault: (fault) => {
      throw fault;
    },
    ...options,
  });
}

/** The archive of a run, whole. */
export async function bundleOf(
  service: EvidenceService,
  run: string,
  withholds?: OpenOptions['withholds'],
): Promise<Buffer> {
  const bundle = await service.open(run, { withholds, signal: AbortSignal.timeout(20_000) });
  if (bundle === undefined) throw new Error(`there is no run ${run}`);
  const pieces: Uint8Array[] = [];
  for await (const piece of bundle.stream()) pieces.push(piece);
  const whole = Buffer.concat(pieces);
  if (whole.length !== bundle.bytes) throw new Error(`${bundle.bytes} bytes were promised, ${whole.length} came`);
  return whole;
}

/** The files of an archive of stored entries, in the order of its directory. */
export function unzipStored(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const files = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [size, nameBytes, extraBytes] = [
      archive.readUInt32LE(at + 20),
      archive.readUInt16LE(at + 28),
      archive.readUInt16LE(at + 30),
    ];
    const local = archive.readUInt32LE(at + 42);
    const name = archive.toString('utf8', at + 46, at + 46 + nameBytes);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    files.set(name, archive.subarray(start, start + size));
    at += 46 + nameBytes + extraBytes;
  }
  return files;
}
