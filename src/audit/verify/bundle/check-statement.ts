/** The statement: signed by a key of the verifier's own, and about this manifest. */
import { BUNDLE } from '../../bundle/manifest.ts';
import { type BundleCheck, type CheckedStatement, textOf } from './bundle-check.ts';
import { utf8 } from './bytes.ts';
import { isSignedBy, parseEnvelope, parseStatement, readStatementKeys } from './statement-file.ts';

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
  await checkSignature(check, envelope);
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

async function checkSignature(check: BundleCheck, envelope: CheckedStatement['envelope']): Promise<void> {
  const { archive, engine, report, trust } = check;
  if (trust.statementKeys !== undefined) {
    if (await isSignedBy(trust.statementKeys, envelope)) return;
    report.fail('statement', 'no statement key of yours signed it', PLACE);
    return;
  }
  report.keys = 'bundle';
  report.incomplete('statement', 'you named no statement key, so only the one in the bundle was tried', PLACE);
  const own = await textOf(archive, BUNDLE.statementKey);
  const keys = own === undefined ? 'none' : await readStatementKeys(engine, utf8(own));
  if (typeof keys === 'string') return;
  if (!(await isSignedBy(keys, envelope))) {
    report.fail('statement', 'not even the key that the bundle brings along signed it', PLACE);
  }
}

function unreadable({ report }: BundleCheck, why: string): undefined {
  report.fail('statement', why, PLACE);
  report.end('statement', 'cannot be read');
}
