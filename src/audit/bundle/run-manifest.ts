/** Makes a run's manifest and what its statement says, of the log's entries, the session files and the control plane. */
import { createHash, hash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { Fault } from '../../model/fault.ts';
import { type AuditPaths, bodyPath, sessionPath } from '../audit-paths.ts';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { claimsJson } from './claims.ts';
import { BUNDLE, type ManifestFile, type ManifestSession, type RunManifest } from './manifest.ts';
import type { LoggedRunSession, RunEntries } from './run-entries.ts';
import type { FactSource, RunFacts } from './run-facts.ts';
import { sealForAuditors } from './seal-token.ts';
import type { SessionSurvey } from './survey-session.ts';
import { surveyBeside } from './survey-thread.ts';

export interface ManifestParts {
  readonly paths: AuditPaths;
  readonly origin: string;
  readonly entries: RunEntries;
  readonly facts: RunFacts;
  readonly policy: FactSource['policy'];
  /** The auditors' age recipients. */
  readonly auditors: readonly string[];
}

export interface MadeManifest {
  readonly manifest: RunManifest;
  /** RFC 8785. */
  readonly bytes: Buffer;
  /** SHA-256, hex. */
  readonly digest: string;
  readonly surveys: readonly SessionSurvey[];
  /** Small content files by path, policies apart. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** By digest. */
  readonly policies: ReadonlyMap<string, string>;
}

/** The policy whose file has this path in a bundle; undefined where the path is of something else, or nobody has it. */
export function policyAt(
  path: string,
  find: (digest: string) => Uint8Array | string | undefined,
): Uint8Array | undefined {
  const [, digest] = /^policy\/([0-9a-f]{64})\.json$/u.exec(path) ?? [];
  const text = digest === undefined ? undefined : find(digest);
  return typeof text === 'string' ? Buffer.from(text) : text;
}

export async function makeManifest(parts: ManifestParts): Promise<MadeManifest> {
  const { entries, facts, origin } = parts;
  const sessions: ManifestSession[] = [];
  const surveys: SessionSurvey[] = [];
  const files: ManifestFile[] = [];
  for (const logged of entries.sessions) {
    const path = sessionFile(parts.paths, logged);
    const survey = await surveyBeside(path, { root: logged.close === undefined });
    surveys.push(survey);
    sessions.push(manifestSession(logged, survey));
    files.push(file(BUNDLE.session(logged.id), survey.bytes, survey.sha256, 'application/jsonl', 'open'));
    files.push(...(await bodiesFile(parts.paths, logged.id)));
  }
  const contents = await identityFiles(parts);
  for (const [path, bytes] of contents) files.push(contentFile(path, bytes));
  const policies = await policyTexts(parts, surveys);
  for (const [digest, text] of policies) files.push(contentFile(BUNDLE.policy(digest), Buffer.from(text)));
  const decided = [...new Set(surveys.flatMap((survey) => survey.policies))].sort();
  const { tokenDigest, jwksDigest } = facts.run;
  const manifest: RunManifest = {
    v: 1,
    run: runMember(entries),
    log: {
      origin,
      openIndex: entries.opens[0]?.index ?? 0,
      ...(entries.close === undefined ? {} : { closeIndex: entries.close.index }),
    },
    sessions,
    identity: { ...(tokenDigest ? { tokenDigest } : {}), ...(jwksDigest ? { jwksDigest } : {}) },
    policies: decided,
    files: files.sort((one, other) => (one.path < other.path ? -1 : 1)),
    elsewhere: facts.elsewhere,
    complete:
      entries.close !== undefined &&
      facts.elsewhere.length === 0 &&
      entries.sessions.every(({ close }) => close !== undefined),
  };
  const bytes = Buffer.from(canonicalJson(manifest as unknown as Json));
  return { manifest, bytes, digest: hash('sha256', bytes, 'hex'), surveys, contents, policies };
}

/** Where a session's lines are. The day in its path stands in its `session.open`. */
export function sessionFile(paths: AuditPaths, { id, open }: Pick<LoggedRunSession, 'id' | 'open'>): string {
  const path = sessionPath(paths, String(open.members['day']), id);
  if (existsSync(path)) return path;
  throw new Fault('log-corrupt', `the file of session ${id} is missing, and the log has its opening`);
}

function manifestSession({ id, open, close, head }: LoggedRunSession, survey: SessionSurvey): ManifestSession {
  const said = close?.members;
  return {
    id,
    target: survey.target,
    protocol: survey.protocol,
    events: said === undefined ? survey.events : Number(said['size']),
    root: said === undefined ? (survey.root ?? '') : String(said['root']),
    openIndex: open.index,
    ...(close === undefined ? {} : { closeIndex: close.index, outcome: String(close.members['outcome']) }),
    ...(close !== undefined || head === undefined ? {} : { headIndex: head.index }),
  };
}

function runMember({ run, opens, close }: RunEntries): RunManifest['run'] {
  const openedAt = String(opens[0]?.members['at']);
  if (close === undefined) return { id: run, openedAt };
  const { at, termination } = close.members;
  return { id: run, openedAt, closedAt: String(at), termination: String(termination) };
}

async function identityFiles({ facts, auditors }: ManifestParts): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>([[BUNDLE.claims, Buffer.from(claimsJson(facts))]]);
  if (facts.jwks !== undefined) files.set(BUNDLE.jwks, Buffer.from(facts.jwks));
  if (facts.token !== undefined && auditors.length > 0) {
    files.set(BUNDLE.token, await sealForAuditors(facts.token.reveal(), auditors));
  }
  return files;
}

/** The sets that decided; one whose text is not what its digest says is left out, and the verifier says that it is missing. */
async function policyTexts({ policy }: ManifestParts, surveys: readonly SessionSurvey[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const digest of [...new Set(surveys.flatMap((survey) => survey.policies))].sort()) {
    const text = await policy(digest);
    if (text !== undefined && hash('sha256', text, 'hex') === digest) texts.set(digest, text);
  }
  return texts;
}

/** Packs as they stand on disk now; of a session that is closed they change no more. */
async function bodiesFile(paths: AuditPaths, session: string): Promise<readonly ManifestFile[]> {
  const path = bodyPath(paths, session);
  const bytes = existsSync(path) ? statSync(path).size : 0;
  if (bytes === 0) return [];
  const digest = createHash('sha256');
  for await (const piece of createReadStream(path, { end: bytes - 1 })) digest.update(piece as Buffer);
  return [file(BUNDLE.bodies(session), bytes, digest.digest('hex'), 'application/octet-stream', 'restricted')];
}

function contentFile(path: string, bytes: Uint8Array): ManifestFile {
  const isToken = path === BUNDLE.token;
  const media = isToken ? 'application/octet-stream' : 'application/json';
  return file(path, bytes.length, hash('sha256', bytes, 'hex'), media, isToken ? 'restricted' : 'open');
}

function file(path: string, bytes: number, sha256: string, media: string, tier: ManifestFile['tier']): ManifestFile {
  return { path, bytes: String(bytes), sha256, media, tier };
}
