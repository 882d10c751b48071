import { Fault } from '../../../model/fault.ts';
import type { HostKeys } from '../../../model/ssh.ts';
import { readSshKeyLine, sshFingerprint } from '../../../model/ssh-key.ts';
import { CERTIFICATE_SUFFIX, readCertificate, whyNotGood } from '../keys/certificate.ts';
import { readPublicKey } from '../keys/public-key.ts';
import { MalformedSsh, PacketReader } from '../transport/packets.ts';

/** How a host is known now: `firstUse` with the key that was kept, where one was. */
export type KnownHost =
  | Exclude<HostKeys, { readonly kind: 'firstUse' }>
  | { readonly kind: 'firstUse'; readonly kept: string | undefined };

/**
 * Checks the key that a host shows, or its certificate. Throws a `Fault` of code `upstream-tls`, as where a server's
 * certificate is not trusted, that says which key it was.
 */
export function checkHostKey(shown: Buffer, known: KnownHost, nowMs: number): void {
  const why = whyUnknown(shown, known, nowMs);
  if (why !== undefined) throw new Fault('upstream-tls', `the host is not who it should be: ${why}`);
}

function whyUnknown(shown: Buffer, known: KnownHost, nowMs: number): string | undefined {
  try {
    const isCertificate = new PacketReader(shown, 0).text().endsWith(CERTIFICATE_SUFFIX);
    if (known.kind === 'authority') return isCertificate ? whyNotCertified(shown, known, nowMs) : NO_CERTIFICATE;
    // The rest of a certificate says nothing that is asked here.
    const key = isCertificate ? readCertificate(shown).key : shown;
    readPublicKey(key);
    if (known.kind === 'firstUse') return known.kept === undefined ? undefined : whyNotOneOf(key, [known.kept]);
    return whyNotOneOf(key, known.keys);
  } catch (cause) {
    if (cause instanceof MalformedSsh) return cause.message;
    throw cause;
  }
}

const NO_CERTIFICATE = 'it shows no certificate of a kind that can be checked';

function whyNotOneOf(key: Buffer, lines: readonly string[]): string | undefined {
  const isKnown = lines.some((line) => readSshKeyLine(line)?.equals(key));
  return isKnown ? undefined : `its key is ${sshFingerprint(key)}`;
}

function whyNotCertified(
  shown: Buffer,
  { keys, principal }: Extract<HostKeys, { readonly kind: 'authority' }>,
  nowMs: number,
): string | undefined {
  const certificate = readCertificate(shown);
  if (whyNotOneOf(certificate.authority, keys) !== undefined) return 'another authority signed its certificate';
  const why = whyNotGood(certificate, { kind: 'host', principal, nowMs });
  return why && `its certificate does not do: ${why}`;
}
