import { apiKey } from './api-key.ts';
import { awsSecret } from './aws-secret.ts';
import { card } from './card.ts';
import { credential } from './credential.ts';
import type { Detector } from './detector.ts';
import { email } from './email.ts';
import { iban } from './iban.ts';
import { ipAddress } from './ip-address.ts';
import { jwt } from './jwt.ts';
import { nationalId } from './national-id.ts';
import { NATIONAL_IDS } from './national-ids.ts';
import { phone } from './phone.ts';
import { privateKey } from './private-key.ts';
import { urlPassword } from './url-password.ts';
import { usSsn } from './us-ssn.ts';

/** Every detector, by the name that a policy's `mask` says. */
export const DETECTORS: readonly Detector[] = [
  privateKey,
  jwt,
  apiKey,
  awsSecret,
  urlPassword,
  credential,
  email,
  card,
  iban,
  phone,
  usSsn,
  ...NATIONAL_IDS.map(nationalId),
  ipAddress,
];

const NATIONAL = ['us-ssn', ...NATIONAL_IDS.map(({ name }) => name)];

/** Names that stand for several detectors. A group covers the column classes of the same names, too. */
export const DETECTOR_GROUPS: Readonly<Record<string, readonly string[]>> = {
  secret: ['jwt', 'private-key', 'api-key', 'aws-secret', 'url-password', 'credential'],
  pii: ['email', 'phone', 'card', 'iban', 'ip-address', ...NATIONAL, 'national-id'],
  'national-id': NATIONAL,
};

/** The classes that `names` mean, groups opened. */
export function expandClasses(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => [name, ...(DETECTOR_GROUPS[name] ?? [])]));
}
