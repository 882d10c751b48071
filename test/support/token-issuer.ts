import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose';

/** An OpenID Connect issuer on loopback that signs whatever it is told to, and can be told to misbehave. */
export interface TokenIssuer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, and a path where one was asked for. */
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly requests: readonly string[];
  /** Signs with the current key of the algorithm; `header` is added to and overrides `alg` and `kid`. */
  sign(claims: object, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** Replaces the keys by new ones under new ids, and publishes those alone. */
  rotate(): Promise<void>;
  /** The key set as published. */
  jwks(): { keys: JWK[] };
  /** Answers a path differently from now on. */
  answer(path: string, listener: RequestListener): void;
  /** Stops answering; later connections are refused. */
  close(): Promise<void>;
}

interface Key {
  readonly algorithm: 'RS256' | 'ES256';
  readonly privateKey: CryptoKey;
  readonly published: JWK;
}

export const JWKS_PATH = '/keys';
export const DISCOVERY_PATH = '/.well-known/openid-configuration';

export async function startTokenIssuer(path = ''): Promise<TokenIssuer> {
  const requests: string[] = [];
  const answers = new Map<string, RequestListener>();
  let generation = 0;
  let keys: readonly Key[] = [];
  const jwks = () => ({ keys: keys.map(({ published }) => published) });
  const server = createServer((request, response) => {
    const asked = request.url ?? '';
    requests.push(asked);
    const listener = answers.get(asked);
    if (listener === undefined) response.writeHead(404).end();
    else listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const origin = `http://127.0.0.1:${address.port}`;
  const url = `${origin}${path}`;
  const json =
    (body: () => unknown): RequestListener =>
    (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body()));
    };
  answers.set(
    `${path}${DISCOVERY_PATH}`,
    json(() => ({ issuer: url, jwks_uri: `${origin}${JWKS_PATH}` })),
  );
  answers.set(JWKS_PATH, json(jwks));
  const rotate = async () => {
    generation++;
    keys = await Promise.all([makeKey('RS256', generation), makeKey('ES256', generation)]);
  };
  const close = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  await rotate();
  return {
    url,
    requests,
    jwks,
    rotate,
    close,
    answer: (asked, listener) => void answers.set(asked, listener),
    sign: (claims, header) => sign(keys, { ...claims }, header),
    [Symbol.asyncDispose]: close,
  };
}

async function sign(keys: readonly Key[], claims: Record<string, unknown>, header: Partial<JWTHeaderParameters> = {}) {
  const algorithm = header.alg ?? 'RS256';
  const key = keys.find((candidate) => candidate.algorithm === algorithm);
  if (key === undefined) throw new Error(`no key for ${algorithm}`);
  const kid = key.published.kid ?? '';
  return new SignJWT(claims).setProtectedHeader({ typ: 'JWT', kid, ...header, alg: algorithm }).sign(key.privateKey);
}

async function makeKey(algorithm: Key['algorithm'], generation: number): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const published = { ...(await exportJWK(publicKey)), kid: `${algorithm}-${generation}`, alg: algorithm, use: 'sig' };
  return { algorithm, privateKey, published };
}
