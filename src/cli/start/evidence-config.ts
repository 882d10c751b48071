import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { recipientProblem } from '../../audit/bundle/seal-token.ts';
import type { TimestampAuthority } from '../../audit/bundle/timestamp.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type KeyPlace, keySchema } from './log-config.ts';

/** `evidence` of the configuration file; docs/reference/configuration.md explains each key. */
export const evidenceSchema = z.strictObject({
  /** age recipients, to whom CI tokens are sealed. */
  auditors: z
    .array(
      z.string().superRefine((recipient, context) => {
        const problem = recipientProblem(recipient);
        if (problem !== undefined) context.addIssue({ code: 'custom', message: `is no age recipient: ${problem}` });
      }),
    )
    .max(50)
    .optional(),
  /** Authorities of RFC 3161 timestamps; `certificates` is a file in PEM beside the configuration. */
  timestamps: z
    .array(z.strictObject({ url: z.url({ protocol: /^https?$/ }), certificates: z.string() }))
    .max(5)
    .optional(),
  /** Whether the bundle that a job fetches of its own run opens: `withheld`, or `included`. */
  bodiesForJobs: z.enum(['withheld', 'included']).optional(),
  /** Where the key of statements is, when it is no file of ours: ECDSA on P-256. */
  key: keySchema.optional(),
});

export interface EvidenceConfig {
  readonly auditors: readonly string[];
  readonly timestamps: readonly TimestampAuthority[];
  readonly bodiesForJobs: boolean;
  readonly key?: KeyPlace;
}

export const NO_EVIDENCE_CONFIG: EvidenceConfig = { auditors: [], timestamps: [], bodiesForJobs: false };

/** Reads the files that it names with `read`; throws a `CliError` where one holds no certificate. */
export function readEvidenceConfig(
  given: z.infer<typeof evidenceSchema> | undefined,
  read: (path: string) => string,
): EvidenceConfig {
  return {
    auditors: given?.auditors ?? [],
    timestamps: (given?.timestamps ?? []).map(({ url, certificates }) => ({
      url,
      certificates: checked(read(certificates), certificates),
    })),
    bodiesForJobs: given?.bodiesForJobs === 'included',
    ...(given?.key === undefined ? {} : { key: given.key }),
  };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The certificates of a file and nothing else that is in it: they are handed out. */
function checked(pem: string, path: string): string {
  const certificates = pem.match(CERTIFICATE) ?? [];
  if (certificates.length === 0 || !certificates.every(isCertificate)) {
    throw new CliError(EXIT.config, `${path} holds no certificates in PEM`, {
      hint: 'evidence.timestamps names the certificates of each authority, from its root to the one that signs.',
    });
  }
  return `${certificates.join('\n')}\n`;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false; // the caller says which file
  }
}
