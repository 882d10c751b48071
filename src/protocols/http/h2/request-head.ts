import { isAuthority, isOriginForm, isToken } from '../grammar.ts';
import { type BodyLength, MalformedHttp, type RequestHead } from '../message.ts';
import { readSection, type Section, type SectionLimits } from './fields.ts';

export interface H2Request {
  readonly head: RequestHead;
  readonly length: BodyLength;
  readonly expectsContinue: boolean;
}

const KNOWN: ReadonlySet<string> = new Set([':method', ':scheme', ':authority', ':path', ':protocol']);

/** Reads a request's header section (RFC 9113, 8.3.1); `ends` where no body follows. Throws `MalformedHttp`. */
export function readRequest(
  raw: readonly string[],
  ends: boolean,
  limits: SectionLimits & { readonly maxHttpTargetBytes: number },
): H2Request {
  const section = readSection(raw, limits);
  const { pseudo, fields, length, expectsContinue } = section;
  for (const name of pseudo.keys()) if (!KNOWN.has(name)) throw new MalformedHttp(400, 'a pseudo-field that is none');
  const method = pseudo.get(':method') ?? '';
  if (!isToken(method)) throw new MalformedHttp(400, 'a method that is none');
  const authority = readAuthority(section);
  const upgrade = pseudo.get(':protocol');
  const isConnect = method === 'CONNECT' && upgrade === undefined;
  if (upgrade !== undefined && (method !== 'CONNECT' || upgrade !== 'websocket')) {
    throw new MalformedHttp(501, 'an extended CONNECT to something else than a WebSocket');
  }
  const target = isConnect ? readTunnel(pseudo, authority) : readTarget(pseudo, method, limits.maxHttpTargetBytes);
  if (ends && length !== undefined && length > 0) throw new MalformedHttp(400, 'a length without a body');
  const connects = method === 'CONNECT';
  if (connects && length !== undefined) throw new MalformedHttp(400, 'a CONNECT with a body');
  return {
    head: {
      version: '2',
      // RFC 8441, 5: what was a GET of HTTP/1.1.
      method: upgrade === undefined ? method : 'GET',
      authority,
      target,
      absolute: false,
      ...(upgrade === undefined ? undefined : { upgrade }),
      fields,
    },
    length: ends || connects ? 'none' : (length ?? 'unknown'),
    expectsContinue,
  };
}

/** RFC 9113, 8.3.1: `Host` may stand for `:authority`, and must not differ from it. */
function readAuthority({ pseudo, host }: Section): string {
  const authority = pseudo.get(':authority') ?? host;
  if (authority === undefined || !isAuthority(authority))
    throw new MalformedHttp(400, 'an authority that names no host');
  if (host !== undefined && host.toLowerCase() !== authority.toLowerCase()) {
    throw new MalformedHttp(400, 'a Host field unlike the host that is asked for');
  }
  return authority;
}

/** RFC 9113, 8.5. */
function readTunnel(pseudo: Section['pseudo'], authority: string): string {
  if (pseudo.has(':scheme') || pseudo.has(':path') || !/:[0-9]+$/.test(authority)) {
    throw new MalformedHttp(400, 'a CONNECT to no host and port');
  }
  return '';
}

function readTarget(pseudo: Section['pseudo'], method: string, maxTargetBytes: number): string {
  const scheme = pseudo.get(':scheme');
  if (scheme !== 'http' && scheme !== 'https') throw new MalformedHttp(400, 'a scheme other than http and https');
  const path = pseudo.get(':path') ?? '';
  if (path.length > maxTargetBytes) throw new MalformedHttp(414, 'a request target that is too long');
  if (path === '*' && method === 'OPTIONS') return path;
  if (!isOriginForm(path)) throw new MalformedHttp(400, 'a request target with a character that targets have not');
  return path;
}
