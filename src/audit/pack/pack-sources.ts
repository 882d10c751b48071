/** What packs are made of: a gateway that runs, or the files of one. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import { auditPaths } from '../audit-paths.ts';
import { readSigned } from '../bundle/dsse.ts';
import type { EvidenceService, OpenOptions } from '../bundle/evidence-service.ts';
import { KeptEvidence } from '../bundle/kept-evidence.ts';
import { BUNDLE } from '../bundle/manifest.ts';
import { openKept } from '../bundle/open-kept.ts';
import type { RunSummary } from '../bundle/run-summary.ts';
import { readOldStatementKeys, STATEMENT_FILES } from '../bundle/statement-key-files.ts';
import type { StoredZip } from '../bundle/stored-zip.ts';
import { parseCheckpointText } from '../c2sp/checkpoint-text.ts';
import type { Json } from '../canonical-json.ts';
import { LOG_VERIFIER_FILE } from '../log-keys.ts';
import { readOldKeys } from '../old-log-keys.ts';
import type { OpenAuditLog } from '../open-audit-log.ts';
import { readLogHead, readWitnessed } from '../read/read-log.ts';
import { readTrust, type Trust } from '../verify/bundle/trust.ts';
import { verifyBundle } from '../verify/bundle/verify-bundle.ts';
import { fileSource, nodeEngine } from '../verify/node-engine.ts';
import { verifyInThread } from '../verify/verify-thread.ts';
import type { PackKeys, PackSources } from './make-pack.ts';

export interface GatewayPackParts {
  readonly log: OpenAuditLog;
  readonly evidence: Pick<EvidenceService, 'open'>;
  readonly evidenceDirectory: string;
  readonly policy: (digest: string) => Promise<string | undefined>;
  /** Why whoever asks gets no bodies; undefined where they do. */
  readonly withholds: OpenOptions['withholds'];
  readonly version: string;
  readonly nowMs: () => number;
}

/** Of a gateway, while it runs. */
export function gatewaySources(parts: GatewayPackParts): PackSources {
  const { log, evidence, evidenceDirectory, withholds } = parts;
  const kept = new KeptEvidence(evidenceDirectory);
  return {
    ...common(parts, log.directory, kept),
    checkpoint: () => gatewayCheckpoint(log),
    policy: parts.policy,
    bundle: async (run, signal) => (await evidence.open(run, { withholds, signal })) ?? 'this gateway has none of it',
    witnesses: () => gatewayWitnesses(log),
  };
}

export interface DirectoryPackParts {
  /** The data directory. */
  readonly directory: string;
  readonly withholds: OpenOptions['withholds'];
  readonly version: string;
  readonly nowMs: () => number;
}

/** Of a data directory, with no gateway. Throws a `Fault` where it has no log. */
export function directorySources(parts: DirectoryPackParts): PackSources {
  const { directory, withholds } = parts;
  const paths = auditPaths(join(directory, 'audit'));
  if (!existsSync(join(paths.keys, LOG_VERIFIER_FILE))) {
    throw new Fault('config-invalid', `there is no audit log in ${directory}`);
  }
  const kept = new KeptEvidence(join(directory, 'evidence'));
  return {
    ...common(parts, paths.root, kept),
    checkpoint: () => directoryCheckpoint(paths.root),
    policy: (digest) => Promise.resolve(kept.policy(digest)?.toString('utf8')),
    bundle: (run, signal) => keptBundle(paths.root, kept, run, { withholds, signal }),
    witnesses: () => ({ v: 1, configured: 'unknown', note: 'made from files, with no gateway to ask' }),
  };
}

type Common = Omit<PackSources, 'checkpoint' | 'policy' | 'bundle' | 'witnesses'>;

function common(
  { version, nowMs }: { readonly version: string; readonly nowMs: () => number },
  directory: string,
  kept: KeptEvidence,
): Common {
  const paths = auditPaths(directory);
  const keys = (): PackKeys => keysIn(paths.keys);
  return {
    paths,
    version,
    nowMs,
    heartbeatMs: LIMITS.heartbeatMs,
    maxEntries: LIMITS.auditPackEntries,
    keys,
    verify: () => verifyInThread(directory),
    verifyBundle: (path) => verdictOf(path, keys(), nowMs()),
    denied: (run) => deniedIn(kept, run),
  };
}

/** The newest that witnesses cosigned, where they are asked and answer in time; else the newest. */
async function gatewayCheckpoint(log: OpenAuditLog): Promise<string> {
  await log.sync();
  const head = await readLogHead(log.directory);
  if (head === undefined) throw new Fault('config-invalid', 'nothing in the log is signed yet');
  if (!log.published.isWitnessed) return head.checkpoint;
  const covering = await log.published.witnessed(head.size, AbortSignal.timeout(LIMITS.witnessWaitMs));
  return covering.checkpoint;
}

function gatewayWitnesses(log: OpenAuditLog): Json {
  const { witnessing, alarms, keys, signing } = log.published.status;
  const unwitnessed = witnessing === undefined ? [] : [{ from: witnessing.size, to: signing.signed }];
  return {
    v: 1,
    configured: witnessing !== undefined,
    ...(witnessing === undefined ? {} : { witnesses: plain(witnessing.witnesses), witnessedSize: witnessing.size }),
    unwitnessed: unwitnessed.filter(({ from, to }) => from < to),
    alarms: plain(alarms),
    keys: plain(keys),
  };
}

/** As it would be sent: members that are not set are not there. */
function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

async function directoryCheckpoint(directory: string): Promise<string> {
  const head = await readLogHead(directory);
  if (head === undefined) throw new Fault('config-invalid', 'nothing in the log is signed yet');
  const witnessed = await readWitnessed(directory);
  const covered = witnessed === undefined ? undefined : parseCheckpointText(witnessed.split('\n\n')[0] + '\n');
  return witnessed !== undefined && covered?.size === head.size ? witnessed : head.checkpoint;
}

async function keptBundle(
  directory: string,
  kept: KeptEvidence,
  run: string,
  options: OpenOptions,
): Promise<StoredZip | string> {
  return (await openKept(directory, kept, run, options)) ?? 'its evidence was not made before the gateway ended';
}

/** As they are now: a gateway that runs may get others. */
function keysIn(directory: string): PackKeys {
  const now = readFileSync(join(directory, LOG_VERIFIER_FILE), 'utf8').trimEnd();
  const statement = join(directory, STATEMENT_FILES.public);
  return {
    log: [
      now,
      ...readOldKeys(directory)
        .map(({ vkey }) => vkey)
        .toReversed(),
    ],
    statement: [
      ...(existsSync(statement) ? [readFileSync(statement, 'utf8')] : []),
      ...readOldStatementKeys(directory)
        .map(({ publicKey }) => publicKey)
        .toReversed(),
    ],
  };
}

/** By every key that this log and its statements ever had: evidence keeps what was signed when it was made. */
async function verdictOf(path: string, { log, statement }: PackKeys, nowMs: number): Promise<string> {
  const trust = await readTrust(nodeEngine, {
    policy: Buffer.from(`${log.map((vkey) => `log ${vkey}\n`).join('')}quorum none\n`),
    ...(statement.length === 0 ? {} : { statementKey: Buffer.from(statement.join('')) }),
  });
  if (typeof trust === 'string') throw new Fault('log-corrupt', `the keys of the log cannot be read: ${trust}`);
  return await verdictBy(path, trust, nowMs);
}

async function verdictBy(path: string, trust: Trust, nowMs: number): Promise<string> {
  await using source = await fileSource(path);
  const { verdict } = await verifyBundle(source, { engine: nodeEngine, trust, nowMs });
  return verdict;
}

function deniedIn(kept: KeptEvidence, run: string): number | undefined {
  const statement = kept.read(run, BUNDLE.statement);
  if (statement === undefined) return undefined;
  const payload = Buffer.from(readSigned(statement.toString('utf8')).payload).toString('utf8');
  const { predicate } = JSON.parse(payload) as { readonly predicate?: { readonly summary?: Partial<RunSummary> } };
  return predicate?.summary?.denied;
}
