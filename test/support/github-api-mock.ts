import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A mock of what gh asks GitHub Enterprise for, under `/api/v3` and `/api/graphql`: one repository, its issues. Whoever does
 * not show the token is not known.
 */
export interface GithubApiMock extends AsyncDisposable {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** What was asked, in order: method and address. */
  readonly asked: readonly string[];
}

export async function startGithubApiMock(token: string): Promise<GithubApiMock> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const send = (status: number, body: unknown): void => {
      const scopes = { 'x-oauth-scopes': 'repo, read:org', 'content-type': 'application/json; charset=utf-8' };
      response.writeHead(status, scopes).end(JSON.stringify(body));
    };
    if (!/^(?:token|bearer) /i.test(request.headers.authorization ?? ''))
      return send(401, { message: 'Bad credentials' });
    if (request.headers.authorization?.split(' ')[1] !== token) return send(401, { message: 'Bad credentials' });
    switch (`${request.method} ${request.url?.split('?')[0]}`) {
      case 'GET /api/v3/repos/octo/shop':
        return send(200, { full_name: 'octo/shop', owner: { login: 'octo', email: 'octo@example.com' } });
      case 'DELETE /api/v3/repos/octo/shop':
        return send(204, undefined);
      case 'POST /api/graphql':
        request.resume();
        return send(200, { data: { viewer: { login: 'octo-app' } } });
      default:
        return send(404, { message: 'Not Found' });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
