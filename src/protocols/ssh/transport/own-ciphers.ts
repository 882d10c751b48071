import { createSecretKey, type KeyObject } from 'node:crypto';
import { GcmCipher, GcmDecipher, type GcmKeys } from './gcm.ts';
import type { Ssh2Cipher, Ssh2Decipher, Ssh2Transport } from './ssh2.ts';

/**
 * Puts our own ciphers in the place of the library's wherever AES-GCM was agreed on, at each key exchange. Its others get
 * their keys as objects: Node takes ten times as long to begin with bytes, which it must tell from an object first.
 */
export function withOwnCiphers(protocol: Ssh2Transport, write: (bytes: Buffer) => void): Ssh2Transport {
  let cipher = protocol._cipher;
  let decipher = protocol._decipher;
  Object.defineProperty(protocol, '_cipher', {
    get: () => cipher,
    set: (made: Ssh2Cipher) => {
      const keys = keysOf(made._encSSLName, made._encKey, made._encIV, made.outSeqno);
      cipher = keys === undefined ? withKeyObjects(made) : new GcmCipher(keys, write);
    },
  });
  Object.defineProperty(protocol, '_decipher', {
    get: () => decipher,
    set: (made: Ssh2Decipher) => {
      const keys = keysOf(made._decipherSSLName, made._decipherKey, made._decipherIV, made.inSeqno);
      const onPayload = made._onPayload ?? protocol._onPayload;
      decipher = keys === undefined ? withKeyObjects(made) : new GcmDecipher(keys, onPayload);
    },
  });
  return protocol;
}

/** Undefined for other ciphers, and where the library was built with its native code, which shows none. */
function keysOf(
  algorithm: string | undefined,
  key: Buffer | undefined,
  iv: Buffer | undefined,
  sequence: number,
): GcmKeys | undefined {
  if (algorithm !== 'aes-128-gcm' && algorithm !== 'aes-256-gcm') return undefined;
  return key === undefined || iv === undefined ? undefined : { algorithm, key, iv, sequence };
}

/** What the library's ChaCha20-Poly1305 and its HMACs begin with for each packet. */
const KEYS = ['_encKeyMain', '_encKeyPktLen', '_decKeyMain', '_decKeyPktLen', '_macKey'] as const;

function withKeyObjects<Made extends Ssh2Cipher | Ssh2Decipher>(made: Made): Made {
  const keyed = made as Partial<Record<(typeof KEYS)[number], Buffer | KeyObject>>;
  for (const name of KEYS) {
    const key = keyed[name];
    if (Buffer.isBuffer(key)) keyed[name] = createSecretKey(key);
  }
  return made;
}
