import { LIMITS } from '../../../model/limits.ts';
import type { ByteStream } from '../../../wire/byte-stream.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { CIPHERS, HOST_CERTIFICATES, HOST_KEYS, KEX, MACS, SIGNATURES } from './algorithms.ts';
import { certifiedKeyExchange } from './certified-host.ts';
import { GcmCipher, GcmDecipher, MOST_DATA_BYTES } from './gcm.ts';
import { MESSAGE } from './numbers.ts';
import { OutBuffer } from './out-buffer.ts';
import { withOwnCiphers } from './own-ciphers.ts';
import { MalformedSsh, PacketWriter } from './packets.ts';
import { Ssh2, type Ssh2Config, type Ssh2HostKey, type Ssh2Offer, type Ssh2Transport } from './ssh2.ts';

/** Which end of the connection this is. */
export type TransportSide =
  | { readonly kind: 'server'; readonly hostKey: Ssh2HostKey }
  /** `verify` is asked at each key exchange, before anything is sent under its keys. */
  | { readonly kind: 'client'; readonly certificates: boolean; readonly verify: (hostKey: Buffer) => boolean };

export interface TransportParts {
  readonly stream: ByteStream;
  readonly side: TransportSide;
  /** Takes each payload of user authentication and of channels, in order. What it throws ends the connection. */
  readonly onPayload: (payload: Buffer) => void;
}

/** One SSH connection as packets (RFC 4253): keys are agreed on, and what is sent is encrypted, by the library. */
export class SshTransport {
  readonly #parts: TransportParts;
  readonly #protocol: Ssh2Transport;
  readonly #ready = Promise.withResolvers<void>();
  #isReady = false;
  #over: Error | undefined;
  /** What the peer says of itself: `OpenSSH_9.2p1`. */
  software = '';
  readonly #out = new OutBuffer();
  #outBytes = 0;
  #writing: Promise<void> | undefined;
  #isFlushing = false;
  #room: PromiseWithResolvers<void> | undefined;
  #sinceKeys = 0;

  constructor(parts: TransportParts) {
    this.#parts = parts;
    this.#ready.promise.catch(() => undefined);
    this.#protocol = withOwnCiphers(new Ssh2(this.#config()), (bytes) => this.#write(bytes));
    const known = this.#protocol._onPayload;
    this.#protocol._onPayload = (payload) => this.#take(payload, known);
    this.#sayExtensions();
  }

  /** Resolves once the first keys are in use. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** RFC 4253, section 7.2. */
  get sessionId(): Buffer {
    return this.#protocol._kex?.sessionID ?? Buffer.alloc(0);
  }

  /** Reads until the connection is over; resolves at its end. Throws what ended it otherwise. */
  async run(): Promise<void> {
    const { stream } = this.#parts;
    this.#protocol.start();
    try {
      for (;;) {
        const bytes = await stream.read();
        if (bytes === null) break;
        this.#parse(bytes);
        if (this.#over !== undefined) throw this.#over;
        // Answers to what it asks may not pile up for one that reads none.
        if (this.#outBytes > LIMITS.maxSshAheadBytes) await this.drained();
      }
    } catch (cause) {
      this.#fail(cause as Error);
      throw this.#over ?? cause;
    } finally {
      this.#fail(new PeerLeft('the peer closed the connection'));
    }
  }

  /** The most that a peer may send in one packet of a channel, in bytes of its data. */
  get mostDataBytes(): number {
    return this.#protocol._decipher instanceof GcmDecipher ? MOST_DATA_BYTES : LEAST_DATA_BYTES;
  }

  /** Sends a payload. Never waits; `drained` does. */
  send(payload: Buffer): void {
    this.#send(payload, NOTHING);
  }

  /** Sends data of a channel: `head` and then `bytes`, copied once. */
  sendData(head: Buffer, bytes: Uint8Array): void {
    this.#send(head, bytes);
    this.#sinceKeys += bytes.length;
    if (this.#sinceKeys < LIMITS.sshRekeyBytes || this.#protocol._kexinit !== undefined) return;
    this.#sinceKeys = 0;
    this.#protocol.rekey();
  }

  /** A promise while more waits to be taken by the peer than should. */
  drained(): Promise<void> | undefined {
    if (this.#over !== undefined || this.#outBytes < LOW_WATER_BYTES) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** Says why, and ends the connection once that was sent. */
  async disconnect(reason: number, text: string): Promise<void> {
    if (this.#over !== undefined) return;
    if (this.#isReady) this.send(new PacketWriter(MESSAGE.disconnect).u32(reason).string(text).string('').done());
    this.#over = new PeerLeft(text);
    await this.flushed();
  }

  /** Resolves once all that was sent was taken, or cannot be any more. */
  async flushed(): Promise<void> {
    this.#flush();
    while (this.#writing !== undefined) await this.#writing;
  }

  /** The library throws plain errors at what is no SSH, and keeps of what it is given what it is not done with. */
  #parse(bytes: Buffer): void {
    const isCopied = this.#protocol._decipher instanceof GcmDecipher;
    try {
      this.#protocol.parse(isCopied ? bytes : Buffer.from(bytes), 0, bytes.length);
    } catch (cause) {
      throw cause instanceof MalformedSsh ? cause : new MalformedSsh((cause as Error).message);
    }
  }

  #send(head: Buffer, bytes: Uint8Array): void {
    if (this.#over !== undefined) return;
    const protocol = this.#protocol;
    const isExchanging = protocol._kexinit !== undefined;
    if (!isExchanging && protocol._cipher instanceof GcmCipher) return protocol._cipher.seal(head, bytes);
    const { write } = protocol._packetRW;
    const alloc = write.alloc(head.length + bytes.length);
    alloc.set(head, write.allocStart);
    alloc.set(bytes, write.allocStart + head.length);
    const packet = write.finalize(alloc);
    // While keys are exchanged nothing else may be sent (RFC 4253, section 7.1); the library sends its queue after that.
    if (isExchanging) (protocol._queue ??= []).push(packet);
    else protocol._cipher.encrypt(packet);
  }

  #take(payload: Buffer, known: (payload: Buffer) => unknown): unknown {
    const type = payload[0] ?? 0;
    if (type === MESSAGE.unimplemented) return undefined;
    if (type < MESSAGE.serviceRequest || type === MESSAGE.kexInit) return known(payload);
    if (type >= KEY_EXCHANGE.from && type <= KEY_EXCHANGE.to) throw new MalformedSsh('a message out of its place');
    try {
      this.#parts.onPayload(payload);
    } catch (cause) {
      // What breaks here is not for the library to take for a malformed packet.
      this.#fail(cause as Error);
    }
    return this.#over === undefined ? undefined : Infinity;
  }

  /** Says that a message is not known (RFC 4253, section 11.4). */
  unimplemented(): void {
    const sequence = (this.#protocol._decipher.inSeqno - 1) >>> 0;
    this.send(new PacketWriter(MESSAGE.unimplemented).u32(sequence).done());
  }

  #config(): Ssh2Config {
    const { side } = this.#parts;
    const common = {
      ident: side.kind === 'server' ? SHOWN_TO_CLIENTS : 'chaperone',
      onWrite: (bytes: Uint8Array | string) => this.#write(bytes),
      onError: (fault: Error) => this.#fail(new MalformedSsh(fault.message)),
      onHeader: ({ versions }: { readonly versions: { readonly software: string } }) => {
        this.software = versions.software;
      },
      onHandshakeComplete: () => {
        this.#isReady = true;
        this.#sinceKeys = 0;
        this.#ready.resolve();
      },
      messageHandlers: {
        DISCONNECT: (_: unknown, __: number, text: string) => this.#fail(new PeerLeft(`the peer left: ${text}`)),
      },
    };
    if (side.kind === 'server') {
      const { hostKey } = side;
      return { ...common, server: true, hostKeys: { [hostKey.type]: hostKey }, offer: offerOf([hostKey.type]) };
    }
    const keys = side.certificates ? [...HOST_CERTIFICATES, ...HOST_KEYS] : HOST_KEYS;
    const hostVerifier = (key: Buffer): boolean => {
      if (!side.verify(key)) return false;
      certifiedKeyExchange(this.#protocol._kex, key);
      return true;
    };
    return { ...common, offer: offerOf(keys), hostVerifier };
  }

  /** The library would offer signatures that are not taken here. */
  #sayExtensions(): void {
    const complete = this.#protocol._onHandshakeComplete;
    if (this.#parts.side.kind === 'client') return;
    this.#protocol._onHandshakeComplete = (negotiated) => {
      const kex = this.#protocol._kex;
      const isWanted = !this.#isReady && kex?.remoteExtInfoEnabled === true;
      if (kex !== undefined) kex.remoteExtInfoEnabled = false;
      complete(negotiated);
      if (!isWanted) return;
      const signatures = SIGNATURES.join(',');
      this.send(new PacketWriter(MESSAGE.extInfo).u32(1).string('server-sig-algs').string(signatures).done());
    };
  }

  /** The pieces of a packet, and packets of one turn, are written together. */
  #write(bytes: Uint8Array | string): void {
    const piece = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    this.#out.push(piece);
    this.#outBytes += piece.length;
    if (this.#isFlushing || this.#writing !== undefined) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#writing !== undefined) return;
    for (let bytes = this.#out.take(); bytes !== undefined; bytes = this.#out.take()) {
      const written = bytes;
      const slow = this.#parts.stream.write(written);
      if (slow === undefined) {
        this.#taken(written);
        continue;
      }
      this.#writing = slow.then(
        () => {
          this.#writing = undefined;
          this.#taken(written);
          this.#flush();
        },
        (cause: Error) => {
          this.#writing = undefined;
          this.#fail(cause);
        },
      );
      return;
    }
  }

  #taken(bytes: Buffer): void {
    this.#out.giveBack(bytes);
    this.#outBytes -= bytes.length;
    if (this.#outBytes >= LOW_WATER_BYTES) return;
    this.#room?.resolve();
    this.#room = undefined;
  }

  #fail(cause: Error): void {
    this.#over ??= cause;
    this.#ready.reject(this.#over);
    this.#room?.resolve();
    this.#room = undefined;
  }
}

/**
 * Clients go by this name: in which order SFTP makes a symbolic link (OpenSSH's PROTOCOL, section 4.1), and whether they may say
 * that nobody reads the output any more (2.1). Both are OpenSSH's way here. Behind the space stands a comment (RFC 4253, 4.2).
 */
const SHOWN_TO_CLIENTS = 'OpenSSH_9.9 chaperone';
/** Below it what waits to be written slows nobody down. */
const LOW_WATER_BYTES = 1024 * 1024;
const NOTHING = new Uint8Array(0);
/** Any SSH takes as much (RFC 4253, section 6.1). */
const LEAST_DATA_BYTES = 32 * 1024;
const KEY_EXCHANGE = { from: 21, to: 49 };

function offerOf(serverHostKey: readonly string[]): Ssh2Offer {
  const direction = { cipher: CIPHERS, mac: MACS, compress: ['none'], lang: [] };
  return { kex: KEX, serverHostKey, cs: direction, sc: direction };
}
