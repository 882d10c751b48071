/** Who the run was: the CI token, its issuer's keys, and what sessions and statement say of the job. */
import { Decrypter } from 'age-encryption';
import { compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import { SIGNATURE_ALGORITHMS } from '../../../model/signature-algorithms.ts';
import { BUNDLE } from '../../bundle/manifest.ts';
import { fromUtf8, utf8 } from '../../c2sp/bytes.ts';
import { type BundleCheck, type CheckedStatement, MAX_WHOLE_BYTES, textOf } from './bundle-check.ts';
import type { SeenRun } from './check-sessions.ts';
import { readSmall } from './zip-archive.ts';

const TOKEN = { file: BUNDLE.token };
const CLAIMS = { file: BUNDLE.claims };
const JWKS = { file: BUNDLE.jwks };
/** How far a CI system's clock and the gateway's may be apart, in seconds. */
const SKEW_SECONDS = 60;
/** `Ed25519` is the newer word for what `EdDSA` is with such a key (RFC 9864). */
const ALGORITHMS = [...SIGNATURE_ALGORITHMS, 'Ed25519'];

type Members = Readonly<Record<string, unknown>>;

export async function checkIdentity(
  check: BundleCheck,
  seen: SeenRun,
  statement: CheckedStatement | undefined,
): Promise<void> {
  const { report, manifest } = check;
  checkSayings(check, seen, statement);
  const [workload] = seen.workloads;
  if (workload !== undefined && report.run !== undefined) report.run = { ...report.run, workload: texts(workload) };
  const { tokenDigest, jwksDigest } = manifest.identity;
  if (tokenDigest === undefined) {
    report.end('identity', 'a run that no CI token opened', true);
    return;
  }
  const jwks = await checkJwks(check, jwksDigest);
  const opened = await openToken(check, tokenDigest);
  if (opened !== undefined && jwks !== undefined) await checkToken(check, opened, jwks, seen, statement);
  report.end('identity', told(check, opened), opened === undefined);
}

/** Whose word it is in the end. */
function told({ report, trust }: BundleCheck, token: string | undefined): string {
  if (token === undefined) return 'the CI token was not opened, so who the run was is the word of the gateway';
  if (!report.isGood('identity')) return 'the CI token does not prove who the run was';
  return trust.issuerKeys === undefined
    ? "the CI token says what the sessions say, by its issuer's keys as the gateway kept them"
    : "the CI token says what the sessions say, by its issuer's keys that you named";
}

/** All sessions of a run say the same of its job, and the statement does. */
function checkSayings({ report }: BundleCheck, seen: SeenRun, statement: CheckedStatement | undefined): void {
  const [first, ...others] = seen.workloads;
  const stated = (statement?.predicate.workload ?? {}) as unknown as Members;
  if (first === undefined) return;
  if (others.some((one) => JSON.stringify(one) !== JSON.stringify(first))) {
    report.fail('identity', 'the sessions of the run say different things of its job');
  }
  if (statement === undefined) return;
  const differing = Object.keys(first).find((name) => first[name] !== stated[name]);
  if (differing !== undefined) {
    report.fail('identity', `the statement says another ${differing} than the sessions`, { file: BUNDLE.statement });
  }
}

async function checkJwks(check: BundleCheck, digest: string | undefined): Promise<readonly JWK[] | undefined> {
  const { archive, engine, report } = check;
  const text = await textOf(archive, BUNDLE.jwks);
  if (text === undefined) {
    report.incomplete('identity', "the issuer's keys are not here", JWKS);
    return undefined;
  }
  if (engine.sha256(utf8(text)) !== digest) {
    report.fail('identity', "these are not the issuer's keys that the log says verified the token", JWKS);
    return undefined;
  }
  try {
    const { keys } = JSON.parse(text) as { readonly keys: readonly JWK[] };
    if (Array.isArray(keys)) return keys;
  } catch {
    // told below, as for a document without keys
  }
  report.fail('identity', "the issuer's keys cannot be read", JWKS);
  return undefined;
}

/** The CI token in clear; undefined where it cannot be had. */
async function openToken(
  { archive, engine, report, trust, absent, said }: BundleCheck,
  digest: string,
): Promise<string | undefined> {
  const file = archive.get(BUNDLE.token);
  if (file === undefined) {
    const told = said.get(BUNDLE.token);
    const why = told === 'erased' || told === 'role' ? told : absent.has(BUNDLE.token) ? 'missing' : 'not sealed';
    report.withheld.push({ file: BUNDLE.token, why });
    if (trust.auditorKey !== undefined) report.incomplete('identity', `the CI token is not here: ${why}`, TOKEN);
    return undefined;
  }
  if (trust.auditorKey === undefined) {
    if (trust.issuerKeys !== undefined) {
      report.incomplete('identity', "you named an issuer's keys, and no auditor's key that opens the token", TOKEN);
    }
    report.note('identity', "the CI token is sealed to the auditors: an auditor's key opens it", TOKEN);
    return undefined;
  }
  const sealed = await readSmall(file, MAX_WHOLE_BYTES);
  const token = sealed === undefined ? undefined : await decrypt(sealed, trust.auditorKey);
  if (token === undefined)
    report.incomplete('identity', "the auditor's key that you named does not open the CI token", TOKEN);
  else if (engine.sha256(utf8(token)) !== digest) {
    report.fail('identity', 'this is not the CI token that the log says opened the run', TOKEN);
    return undefined;
  }
  return token;
}

async function decrypt(sealed: Uint8Array, identity: string): Promise<string | undefined> {
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    return fromUtf8(await decrypter.decrypt(sealed));
  } catch {
    return undefined; // sealed to others, or cut: the caller says so
  }
}

async function checkToken(
  check: BundleCheck,
  token: string,
  keys: readonly JWK[],
  seen: SeenRun,
  statement: CheckedStatement | undefined,
): Promise<void> {
  const { report, manifest, trust } = check;
  const claims = await verifiedClaims(token, keys);
  if (claims === undefined) {
    report.fail('identity', "the CI token is not signed by its issuer's keys", TOKEN);
    return;
  }
  if (trust.issuerKeys !== undefined && (await verifiedClaims(token, trust.issuerKeys)) === undefined) {
    report.fail('identity', "the CI token is not signed by the issuer's keys that you named", TOKEN);
  }
  const said = (seen.workloads[0] ?? statement?.predicate.workload ?? {}) as Members;
  if (issuerOf(claims) !== said['issuer'])
    report.fail('identity', 'the CI token is of another issuer than the sessions say', TOKEN);
  const subject = statement?.predicate.workload?.tokenSubject;
  if (subject !== undefined && claims['sub'] !== subject) {
    report.fail('identity', 'the CI token has another subject than the statement says', TOKEN);
  }
  const read = await readClaims(check);
  if (read !== undefined) {
    const problems = claimProblems(claims, read, seen.workloads[0] ?? {});
    for (const problem of problems) report.fail('identity', problem, CLAIMS);
  }
  const openedAt = Date.parse(manifest.run.openedAt) / 1000;
  const { exp, nbf, iat } = claims;
  if (typeof exp !== 'number' || exp + SKEW_SECONDS < openedAt) {
    report.fail('identity', 'the CI token was too old when the run was opened', TOKEN);
  }
  const from = typeof nbf === 'number' ? nbf : iat;
  if (typeof from === 'number' && from - SKEW_SECONDS > openedAt) {
    report.fail('identity', 'the CI token was not valid yet when the run was opened', TOKEN);
  }
}

/** A SPIFFE ID names its trust domain, and a JWT-SVID needs no `iss` (SPIFFE JWT-SVID, section 3). */
export function issuerOf({ iss, sub }: Members): unknown {
  if (iss !== undefined || typeof sub !== 'string') return iss;
  return /^spiffe:\/\/[a-z0-9._-]+(?=\/)/u.exec(sub)?.[0];
}

/** The claims of a token that one of the keys signed; undefined for any other. */
async function verifiedClaims(token: string, keys: readonly JWK[]): Promise<Members | undefined> {
  try {
    const { kid, alg = '' } = decodeProtectedHeader(token);
    for (const jwk of keys.filter((key) => kid === undefined || key.kid === kid)) {
      const claims = await claimsBy(token, jwk, alg);
      if (claims !== undefined) return claims;
    }
  } catch {
    return undefined; // no token at all: the caller says so
  }
  return undefined;
}

async function claimsBy(token: string, jwk: JWK, alg: string): Promise<Members | undefined> {
  try {
    const { payload } = await compactVerify(token, await importJWK(jwk, alg), { algorithms: ALGORITHMS });
    return JSON.parse(fromUtf8(payload) ?? '') as Members;
  } catch {
    return undefined; // another key may fit
  }
}

/** The words of claims.json: what a claim of the token says by itself, and what was computed from claims. */
interface Claims {
  readonly verified: Members;
  readonly derived: Members;
}

async function readClaims({ archive, report }: BundleCheck): Promise<Claims | undefined> {
  const text = await textOf(archive, BUNDLE.claims);
  if (text === undefined) return undefined;
  try {
    const { verified, derived } = JSON.parse(text) as Partial<Claims>;
    if (typeof verified === 'object' && typeof derived === 'object') return { verified, derived };
  } catch {
    // told below, as for a file without its members
  }
  report.fail('identity', 'what the claims were read as cannot be read', CLAIMS);
  return undefined;
}

/** A generic issuer's declaration may lead so many steps into the claims, and one more into a list. */
const CLAIM_DEPTH = 9;

/** What was read from the token must stand in it, and be what the sessions say. */
function* claimProblems(token: Members, { verified, derived }: Claims, said: Members): Generator<string> {
  const values = new Set(valuesIn(token, CLAIM_DEPTH));
  for (const [word, value] of Object.entries(verified)) {
    if (!values.has(textOfClaim(value))) yield `no claim of the CI token has the value that is called its ${word}`;
  }
  for (const [word, value] of Object.entries(said)) {
    const claimed = verified[word] ?? derived[word];
    if (claimed !== value) yield `the sessions say another ${word} than the claims of the CI token were read as`;
  }
}

/** The values in a token's claims, down to a depth. */
function* valuesIn(value: unknown, depth: number): Generator<string> {
  if (typeof value !== 'object' || value === null) yield textOfClaim(value);
  else if (depth > 0) for (const member of Object.values(value)) yield* valuesIn(member, depth - 1);
}

/** A line may say anything of its job; what is shown of it is text. */
function texts(workload: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const said = Object.entries(workload);
  return Object.fromEntries(said.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}

function textOfClaim(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
