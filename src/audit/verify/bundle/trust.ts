/** What the verifier brings along: nothing of it may come from the bundle. */
import type { JWK } from 'jose';
import { fromUtf8 } from '../../c2sp/bytes.ts';
import { type Certificate, readCertificateFile } from './certificates.ts';
import type { Engine } from './engine.ts';
import { readStatementKeys, type StatementKey } from './statement-file.ts';
import { parsePolicy, type TrustPolicy } from './trust-policy.ts';

export interface Trust {
  readonly policy?: TrustPolicy;
  readonly statementKeys?: readonly StatementKey[];
  /** Of timestamp authorities, or of who certifies them. */
  readonly authorities?: readonly Certificate[];
  /** An age identity: `AGE-SECRET-KEY-1…`. */
  readonly auditorKey?: string;
  /** Of the issuer of CI tokens, as it published them itself (RFC 7517). */
  readonly issuerKeys?: readonly JWK[];
}

/** The bytes of the verifier's own files. */
export interface TrustFiles {
  readonly policy?: Uint8Array;
  readonly statementKey?: Uint8Array;
  readonly tsa?: Uint8Array;
  readonly auditorKey?: Uint8Array;
  readonly issuerKeys?: Uint8Array;
}

/** Reads what a verifier brings along; a text of which of it is wrong. */
export async function readTrust(engine: Engine, files: TrustFiles): Promise<Trust | string> {
  const policy = files.policy && (await parsePolicy(engine, files.policy));
  if (typeof policy === 'string') return `the trust policy cannot be used: ${policy}`;
  const statementKeys = files.statementKey && (await readStatementKeys(engine, files.statementKey));
  if (typeof statementKeys === 'string') return `the statement key cannot be used: ${statementKeys}`;
  const authorities = files.tsa && readCertificateFile(files.tsa);
  if (typeof authorities === 'string')
    return `the certificates of timestamp authorities cannot be used: ${authorities}`;
  const auditorKey = files.auditorKey && readIdentity(files.auditorKey);
  if (auditorKey === null) return "the auditor's key holds no age identity (AGE-SECRET-KEY-1…)";
  const issuerKeys = files.issuerKeys && readKeySet(files.issuerKeys);
  if (issuerKeys === null) return 'the issuer\'s keys are no key set in JSON ({"keys": […]})';
  return {
    ...(policy === undefined ? {} : { policy }),
    ...(statementKeys === undefined ? {} : { statementKeys }),
    ...(authorities === undefined ? {} : { authorities }),
    ...(auditorKey === undefined ? {} : { auditorKey }),
    ...(issuerKeys === undefined ? {} : { issuerKeys }),
  };
}

function readKeySet(file: Uint8Array): readonly JWK[] | null {
  try {
    const { keys } = JSON.parse(fromUtf8(file) ?? '') as { readonly keys?: readonly JWK[] };
    return Array.isArray(keys) && keys.length > 0 ? keys : null;
  } catch {
    return null; // the caller says what it must be
  }
}

function readIdentity(file: Uint8Array): string | null {
  const lines = (fromUtf8(file) ?? '').split('\n').map((line) => line.trim());
  return lines.find((line) => /^AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+$/u.test(line)) ?? null;
}
