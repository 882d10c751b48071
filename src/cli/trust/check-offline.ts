import { readFileSync } from 'node:fs';
import { checkTrust, type TrustReport } from '../../identity/check-trust.ts';
import type { Issuer } from '../../identity/issuer.ts';
import { IssuerKeys } from '../../identity/issuer-keys.ts';
import { loadIssuers } from '../../identity/load-issuers.ts';
import { loadTrustRules } from '../../identity/load-trust-rules.ts';
import { isJobRule } from '../../identity/people-rule.ts';
import { makeTokenVerifier } from '../../identity/token-verifier.ts';
import type { TrustRule } from '../../identity/trust-rule.ts';
import type { Problem } from '../../model/declaration.ts';
import type { Secret } from '../../model/secret.ts';
import { readConfiguration } from '../../targets/read-configuration.ts';
import { readYamlFiles } from '../apply.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { printable } from '../printable.ts';

interface OfflineCheck {
  readonly paths: readonly string[];
  readonly audience: string;
  /** The issuer's key set, in place of what would be fetched. */
  readonly jwksFile: string | undefined;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** What a gateway with these files would say of the token, by the same code. Throws a `CliError` where they do not load. */
export function checkOffline(token: Secret, check: OfflineCheck): Promise<TrustReport> {
  const { audience, jwksFile, nowMs, signal } = check;
  const declared = readTrust(check.paths);
  const pinned = jwksFile === undefined ? undefined : readFile(jwksFile);
  const issuers = declared.issuers.map((issuer): Issuer => {
    return pinned === undefined ? issuer : { ...issuer, keys: { from: 'declaration', jwks: pinned } };
  });
  const keys = new IssuerKeys({ now: Date.now, archive: () => Promise.resolve() });
  const verifier = makeTokenVerifier({ issuers: () => issuers, audience, keys, now: () => nowMs, review: 'elsewhere' });
  return checkTrust(token, { verify: verifier.verify, rules: declared.rules }, signal);
}

function readTrust(paths: readonly string[]): { issuers: readonly Issuer[]; rules: readonly TrustRule[] } {
  const { sections, problems } = readConfiguration(readYamlFiles(paths));
  const issuers = loadIssuers(sections.issuers ?? []);
  const rules = loadTrustRules(sections.trust ?? [], issuers.items);
  // Without its issuers no rule loads, and what it says then is about nothing.
  const all = [...problems, ...issuers.problems, ...(issuers.problems.length > 0 ? [] : rules.problems)];
  if (all.length > 0) throw unusable(all);
  if (issuers.items.length === 0) {
    throw new CliError(EXIT.config, 'these files declare no issuer', { hint: 'They stand under `issuers:`.' });
  }
  return { issuers: issuers.items, rules: rules.items.filter((rule) => isJobRule(rule)) };
}

function unusable(problems: readonly Problem[]): CliError {
  const lines = problems.map(
    ({ file, line, message, advice }) => `${printable(file)}:${line}: ${printable(message)}. ${printable(advice)}`,
  );
  return new CliError(EXIT.config, `the files cannot be used:\n  ${lines.join('\n  ')}`);
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CliError(EXIT.config, `${printable(path)} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
