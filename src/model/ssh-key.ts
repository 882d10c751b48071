import { createHash } from 'node:crypto';

/** `SHA256:…`, as OpenSSH says a public key. */
export function sshFingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The key of a line as in `authorized_keys` or `id_ed25519.pub`, without options; undefined where it is none. */
export function readSshKeyLine(line: string): Buffer | undefined {
  const [, type = '', base64 = ''] =
    /^\s*([a-z0-9@.-]{1,100})\s+([A-Za-z0-9+/]{16,8192}={0,2})(?:\s|$)/.exec(line) ?? [];
  const blob = Buffer.from(base64, 'base64');
  // A key begins with the length of its type's name, and the name.
  if (type === '' || blob.length < 4 || blob.readUInt32BE() !== type.length) return undefined;
  return blob.toString('latin1', 4, 4 + type.length) === type ? blob : undefined;
}
