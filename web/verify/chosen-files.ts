/**
 * Tells what each dropped file is, by what is in it. A name counts where that says nothing: what is called a zip is
 * verified, and fails. */
import { fromUtf8 } from '../../src/audit/c2sp/bytes.ts';
import type { TrustFiles } from '../../src/audit/verify/bundle/trust.ts';
import { looksLikeBundle } from '../../src/audit/verify/bundle/verify-bundle.ts';

export type FileKind = 'bundle' | keyof TrustFiles;

/** The most that a file of keys takes. */
const MAX_KEY_BYTES = 1024 * 1024;

export const KIND_WORDS: Readonly<Record<FileKind, string>> = {
  bundle: 'Evidence bundle',
  policy: 'Trust policy: logs and witnesses',
  statementKey: 'Statement key',
  tsa: 'Timestamp authorities',
  auditorKey: "Auditor's key",
  issuerKeys: "Keys of the CI tokens' issuer",
};

/** Undefined for a file that is none of them. */
export async function kindOf(file: File): Promise<FileKind | undefined> {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  if (looksLikeBundle(head)) return 'bundle';
  const named = /\.zip$/iu.test(file.name) ? 'bundle' : undefined;
  if (file.size > MAX_KEY_BYTES) return named;
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = fromUtf8(bytes) ?? '';
  if (text.includes('-----BEGIN PUBLIC KEY-----')) return 'statementKey';
  if (text.includes('-----BEGIN CERTIFICATE-----') || head[0] === 0x30) return 'tsa';
  if (text.includes('AGE-SECRET-KEY-')) return 'auditorKey';
  if (/^\s*\{[^]*"keys"\s*:/u.test(text)) return 'issuerKeys';
  return /^\s*(?:log|witness|group|quorum)[ \t]/mu.test(text) ? 'policy' : named;
}
