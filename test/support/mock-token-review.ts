import { once } from 'node:events';
import { createServer } from 'node:https';
import { json } from 'node:stream/consumers';
import { makeAuthority } from './certificates.ts';

/** A stand-in for a cluster's API server, of which it has one route: TokenReview, over TLS of its own authority. */
export interface MockTokenReview extends AsyncDisposable {
  readonly server: string;
  readonly ca: string;
  /** What it was sent, in order. */
  readonly asked: readonly { readonly authorization: string | undefined; readonly body: unknown }[];
  /** Answers so from now on: a status object, or a HTTP status alone. */
  answer(status: object | number): void;
}

export async function startMockTokenReview(): Promise<MockTokenReview> {
  const authority = await makeAuthority();
  const { certificate, key } = await authority.issue({ commonName: 'kubernetes', names: ['127.0.0.1'] });
  const asked: { authorization: string | undefined; body: unknown }[] = [];
  let answer: object | number = 500;
  const server = createServer({ cert: certificate, key }, (request, response) => {
    void json(request).then((body) => {
      asked.push({ authorization: request.headers.authorization, body });
      const isThere = request.method === 'POST' && request.url === '/apis/authentication.k8s.io/v1/tokenreviews';
      if (!isThere) return response.writeHead(404).end();
      if (typeof answer === 'number') return response.writeHead(answer).end('{}');
      return response
        .writeHead(201, { 'content-type': 'application/json' })
        .end(JSON.stringify({ kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', status: answer }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    server: `https://127.0.0.1:${address.port}`,
    ca: authority.certificate,
    asked,
    answer: (status) => void (answer = status),
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
