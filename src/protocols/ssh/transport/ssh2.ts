/**
 * The library's transport layer (RFC 4253), which it does not export by name: key exchange, ciphers, packets. What is said
 * over it (user authentication, channels) is ours, for the library's own has fixed windows, drops what it does not know,
 * and mixes up what waits in the two streams of a channel.
 */
// @ts-expect-error -- The package has types for its clients and servers alone.
import library from 'ssh2/lib/protocol/Protocol.js';

/** What the library has of a connection. */
export interface Ssh2Transport {
  start(): void;
  /** Takes what arrived. Throws where it is no SSH. */
  parse(bytes: Buffer, from: number, to: number): void;
  rekey(): void;
  disconnect(reason: number): void;
  cleanup(): void;
  _kex: Ssh2KeyExchange | undefined;
  /** Set while keys are exchanged. */
  _kexinit: Buffer | undefined;
  _queue: Buffer[] | undefined;
  _cipher: Ssh2Cipher;
  _decipher: Ssh2Decipher;
  _packetRW: {
    readonly write: {
      readonly allocStart: number;
      alloc(length: number): Buffer;
      finalize(packet: Buffer): Buffer;
    };
  };
  _onPayload: (payload: Buffer) => unknown;
  _onHandshakeComplete: (negotiated: unknown) => void;
}

/** Its own under AES-GCM has what is optional here. */
export interface Ssh2Cipher {
  outSeqno: number;
  encrypt(packet: Buffer): void;
  allocPacket(payloadBytes: number): Buffer;
  free(): void;
  readonly _encSSLName?: string;
  readonly _encKey?: Buffer;
  readonly _encIV?: Buffer;
}

export interface Ssh2Decipher {
  inSeqno: number;
  decrypt(data: Buffer, from: number, to: number): unknown;
  free(): void;
  readonly _decipherSSLName?: string;
  readonly _decipherKey?: Buffer;
  readonly _decipherIV?: Buffer;
  _onPayload?: (payload: Buffer) => unknown;
}

export interface Ssh2KeyExchange {
  readonly sessionID: Buffer;
  readonly negotiated: { serverHostKey: string };
  remoteExtInfoEnabled: boolean;
}

export interface Ssh2Offer {
  readonly kex: readonly string[];
  readonly serverHostKey: readonly string[];
  readonly cs: Ssh2Direction;
  readonly sc: Ssh2Direction;
}

interface Ssh2Direction {
  readonly cipher: readonly string[];
  readonly mac: readonly string[];
  readonly compress: readonly string[];
  readonly lang: readonly string[];
}

/** What signs for a server; as the library wants its keys. */
export interface Ssh2HostKey {
  readonly type: string;
  getPublicSSH(): Buffer;
  sign(data: Buffer): Buffer;
}

export interface Ssh2Config {
  readonly server?: boolean;
  readonly hostKeys?: Readonly<Record<string, Ssh2HostKey>>;
  readonly ident: string;
  readonly offer: Ssh2Offer;
  readonly hostVerifier?: (key: Buffer) => boolean;
  readonly onWrite: (bytes: Uint8Array | string) => void;
  readonly onError: (fault: Error) => void;
  readonly onHeader: (header: { readonly versions: { readonly software: string } }) => void;
  readonly onHandshakeComplete: () => void;
  readonly messageHandlers: { DISCONNECT(protocol: unknown, reason: number, text: string): void };
}

export const Ssh2 = library as new (config: Ssh2Config) => Ssh2Transport;
