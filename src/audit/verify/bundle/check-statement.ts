/** The statement: signed by a key of the verifier's own, and about this manifest. */
import { BUNDLE } from '../../bundle/manifest.ts';
import { utf8 } from '../../c2sp/bytes.ts';
import { type BundleCheck, type CheckedStatement, textOf } from './bundle-check.ts';
import { isSignedBy, parseEnvelope, parseStatement, readStatementKeys } from './statement-file.ts';
import { type StatementRotation, statementRotations, wayTo } from './statement-rotations.ts';

const PLACE = { file: BUNDLE.statement };

/** Undefined where there is none that can be gone on with. */
export async function checkStatement(check: BundleCheck): Promise<CheckedStatement | undefined> {
  const { archive, report, manifest, manifestDigest } = check;
  const text = await textOf(archive, BUNDLE.statement);
  if (text === undefined) {
    report.incomplete('statement', 'there is no statement: nobody vouches for the bundle as a whole', PLACE);
    report.end('statement', 'no statement');
    return undefined;
  }
  const envelope = parseEnvelope(text);
  if (typeof envelope === 'string') return unreadable(check, envelope);
  const statement = parseStatement(envelope.payload);
  if (typeof statement === 'string') return unreadable(check, statement);
  const rotations = await statementRotations(check);
  await checkSignature(check, envelope, rotations);
  checkReplaced(check, { envelope, predicate: statement.predicate }, rotations);
  const { subject, predicate } = statement;
  if (subject.name !== BUNDLE.manifest || subject.sha256 !== manifestDigest) {
    report.fail('statement', 'the statement is about another manifest than this one', PLACE);
  }
  if (predicate.run?.id !== manifest.run.id || predicate.log?.origin !== manifest.log.origin) {
    report.fail('statement', 'the statement is about another run or log', PLACE);
  }
  if ((predicate.complete === true) !== manifest.complete) {
    report.fail('statement', 'statement and manifest differ in whether the run is complete', PLACE);
  }
  report.end('statement', 'ECDSA P-256, about this manifest');
  return { envelope, predicate };
}

async function checkSignature(
  check: BundleCheck,
  envelope: CheckedStatement['envelope'],
  rotations: readonly StatementRotation[],
): Promise<void> {
  const { report, trust } = check;
  const { statementKeys } = trust;
  if (statementKeys !== undefined) {
    if (await isSignedBy(statementKeys, envelope)) return;
    const { keyId } = envelope;
    const ids = statementKeys.map(({ id }) => id);
    const way = ids.includes(keyId) ? undefined : wayTo(keyId, ids, rotations);
    if (way === undefined) {
      report.fail('statement', 'no statement key of yours signed it', PLACE);
      return;
    }
    report.incomplete('statement', followed(way, keyId), PLACE);
  } else {
    report.incomplete('statement', 'you named no statement key, so only the one in the bundle was tried', PLACE);
  }
  await checkOwnSignature(check, envelope);
}

function followed(way: 'newer' | 'older', keyId: string): string {
  const told =
    way === 'newer'
      ? 'the log says that the key which you have was replaced, and a later one signed this'
      : 'the log says that the key which you have took the place of another, and that one signed this';
  return `${told}: get the public key with SHA-256 ${keyId} from whoever gave you yours, and add it to your statement keys`;
}

/** By the key that the bundle brings along, which proves nothing but that the bundle agrees with itself. */
async function checkOwnSignature(
  { archive, engine, report }: BundleCheck,
  envelope: CheckedStatement['envelope'],
): Promise<void> {
  report.keys = 'bundle';
  const own = await textOf(archive, BUNDLE.statementKey);
  const keys = own === undefined ? 'none' : await readStatementKeys(engine, utf8(own));
  if (typeof keys === 'string') return;
  if (!(await isSignedBy(keys, envelope))) {
    report.fail('statement', 'not even the key that the bundle brings along signed it', PLACE);
  }
}

/** A key that was replaced signs nothing more: what it signs of later manifests is somebody's who took it. */
function checkReplaced(
  { report }: BundleCheck,
  { envelope, predicate }: CheckedStatement,
  rotations: readonly StatementRotation[],
): void {
  const replaced = rotations.find(({ from }) => from === envelope.keyId);
  const stated = predicate.log?.manifestIndex;
  if (replaced === undefined || stated === undefined || stated < replaced.index) return;
  report.fail(
    'statement',
    `a key signed it that was replaced by then: entry ${replaced.index} of the log says so, and the manifest came later`,
    PLACE,
  );
}

function unreadable({ report }: BundleCheck, why: string): undefined {
  report.fail('statement', why, PLACE);
  report.end('statement', 'cannot be read');
}
