/** The messages of SCRAM (RFC 5802, section 7) as strict parsers: what the grammar does not allow is refused. */

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-256-PLUS';

/** RFC 5929: what both ends know of the TLS connection. `tls-server-end-point` is the only type in use here. */
export interface ChannelBinding {
  readonly type: 'tls-server-end-point';
  readonly data: Uint8Array;
}

/** What is wrong with a message or a proof; says nothing secret. */
export class ScramError extends Error {
  override readonly name = 'ScramError';
}

export interface ClientFirst {
  /** `n`: the client cannot bind; `y`: it could, and believes the server cannot; `p`: it binds. */
  readonly binding: 'n' | 'y' | 'p';
  readonly gs2Header: string;
  readonly bare: string;
  readonly user: string;
  readonly nonce: string;
}

/** RFC 5802: `gs2-header client-first-message-bare`. */
export function parseClientFirst(message: string): ClientFirst {
  const header = /^(?:(n|y)|p=([A-Za-z0-9.-]+)),(a=[^,]*)?,/.exec(message);
  if (header === null) throw new ScramError('malformed client-first message');
  const [gs2Header, flag, bindingType, authorizationId] = header;
  if (authorizationId !== undefined) throw new ScramError('an authorization identity is not supported');
  if (bindingType !== undefined && bindingType !== 'tls-server-end-point') {
    throw new ScramError('unsupported channel binding type');
  }
  const bare = message.slice(gs2Header.length);
  const parts = /^n=([^,]*),r=([\x21-\x2b\x2d-\x7e]+)$/.exec(bare);
  if (parts === null) throw new ScramError('malformed client-first message');
  const binding = flag === 'n' || flag === 'y' ? flag : 'p';
  return { binding, gs2Header, bare, user: unescapeName(parts[1] ?? ''), nonce: parts[2] ?? '' };
}

export interface ServerFirst {
  readonly nonce: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

/** RFC 5802: `r=… ,s=… ,i=…`. Extensions are refused: the mandatory ones must be, and no server sends others. */
export function parseServerFirst(message: string): ServerFirst {
  const parts = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/=]+),i=([1-9][0-9]{0,9})$/.exec(message);
  if (parts === null) throw new ScramError('malformed server-first message');
  return { nonce: parts[1] ?? '', salt: decodeBase64(parts[2] ?? ''), iterations: Number(parts[3]) };
}

export interface ClientFinal {
  readonly channelBinding: Buffer;
  readonly nonce: string;
  readonly proof: Buffer;
  readonly withoutProof: string;
}

/** RFC 5802: `c=… ,r=… ,p=…`. */
export function parseClientFinal(message: string): ClientFinal {
  const parts = /^(c=([A-Za-z0-9+/=]+),r=([\x21-\x2b\x2d-\x7e]+)),p=([A-Za-z0-9+/=]+)$/.exec(message);
  if (parts === null) throw new ScramError('malformed client-final message');
  const proof = decodeBase64(parts[4] ?? '');
  if (proof.length !== 32) throw new ScramError('malformed client-final message');
  return {
    channelBinding: decodeBase64(parts[2] ?? ''),
    nonce: parts[3] ?? '',
    proof,
    withoutProof: parts[1] ?? '',
  };
}

/** RFC 5802: `v=…`, or `e=…` with the server's reason. Yields the server's signature. */
export function parseServerFinal(message: string): Buffer {
  const error = /^e=([A-Za-z0-9-]{1,100})/.exec(message);
  if (error !== null) throw new ScramError(`the server answered ${error[1]}`);
  const parts = /^v=([A-Za-z0-9+/=]+)$/.exec(message);
  if (parts === null) throw new ScramError('malformed server-final message');
  return decodeBase64(parts[1] ?? '');
}

/** RFC 5802, section 5.1: `saslname`. */
export function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

function unescapeName(name: string): string {
  if (/=(?!2C|3D)/.test(name)) throw new ScramError('malformed user name');
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

/** RFC 4648 base 64 in its one canonical form, which Node's decoder alone does not insist on. */
function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== text) throw new ScramError('malformed base 64');
  return bytes;
}
