/**
 * Stand-ins for what CI systems offer a job to ask for a token with: their HTTP endpoints on loopback, a socket, and
 * programs of their names. None of these can be had outside of the CI systems themselves; what each wants to be shown,
 * and in which shape it answers, is from their documentation.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface CiEndpointsMock extends AsyncDisposable {
  readonly url: string;
  /** Of Cursor's cloud agents. */
  readonly socket: string;
  /** Where the programs stand, for PATH. */
  readonly programs: string;
  /** `METHOD path?query body` of what was asked, over both. */
  readonly asked: readonly string[];
}

/** A token that names who gave it and for whom: shaped as one, signed by nobody. */
export function mockToken(issuer: string, audience: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part({ iss: issuer, aud: audience, exp: 1 })}.c2ln`;
}

/** `audience` is the only one that the programs give tokens for. */
export async function startCiEndpointsMock(directory: string, audience: string): Promise<CiEndpointsMock> {
  const asked: string[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    void readBody(request).then((body) => {
      asked.push(`${request.method} ${request.url} ${body}`);
      const [status, answer] = answerOf(request, body);
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
    });
  };
  const [tcp, unix] = [createServer(listener), createServer(listener)];
  const socket = join(directory, 'cursor.sock');
  await Promise.all([
    new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve)),
    new Promise<void>((resolve) => unix.listen(socket, resolve)),
  ]);
  const programs = join(directory, 'bin');
  await mkdir(programs);
  await Promise.all(Object.entries(programTexts(audience)).map(([name, text]) => program(join(programs, name), text)));
  return {
    url: `http://127.0.0.1:${(tcp.address() as AddressInfo).port}`,
    socket,
    programs,
    asked,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([tcp, unix].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request) text += String(part);
  return text;
}

function answerOf(request: IncomingMessage, body: string): readonly [status: number, answer: string] {
  const url = new URL(request.url ?? '/', 'http://mock');
  const audience = url.searchParams.get('audience') ?? '';
  const may = request.headers.authorization === 'Bearer job';
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /github':
      return may ? [200, JSON.stringify({ count: 1, value: mockToken('github', audience) })] : [401, '{}'];
    case 'POST /azure':
      return may && url.searchParams.get('api-version') === '7.1'
        ? [200, JSON.stringify({ oidcToken: mockToken('azure-devops', 'api://AzureADTokenExchange') })]
        : [401, '{}'];
    case 'GET /computeMetadata/v1/instance/service-accounts/default/identity':
      return request.headers['metadata-flavor'] === 'Google' && url.searchParams.get('format') === 'full'
        ? [200, mockToken('google', audience)]
        : [403, ''];
    case 'POST /v1/tokens/oidc':
      return [200, JSON.stringify({ token: mockToken('cursor', (JSON.parse(body) as { aud: string }).aud) })];
    case 'GET /huge':
      return [200, JSON.stringify({ value: 'x'.repeat(1 << 20) })];
    case 'GET /empty':
      return [200, '{}'];
    default:
      return [404, '{}'];
  }
}

/** Each fails where it is asked for anything else than it should be. */
function programTexts(audience: string): Readonly<Record<string, string>> {
  const gives = (wanted: string, answer: string) =>
    `[ "$*" = '${wanted}' ] || { echo "asked for: $*" >&2; exit 3; }\necho '${answer}'`;
  const spire = [{ svids: [{ spiffe_id: 'spiffe://test/ci', svid: mockToken('spiffe', audience) }] }, { bundles: {} }];
  const buildkite = `oidc request-token --claim organization_id --claim pipeline_id --claim build_id --audience ${audience}`;
  const aws = `sts get-web-identity-token --signing-algorithm ES384 --duration-seconds 300 --output json --audience ${audience}`;
  return {
    'buildkite-agent': gives(buildkite, mockToken('buildkite', audience)),
    circleci: gives(`run oidc get --claims {"aud":"${audience}"}`, mockToken('circleci', audience)),
    'spire-agent': gives(
      `api fetch jwt -audience ${audience} -socketPath /spire.sock -output json`,
      JSON.stringify(spire),
    ),
    aws: gives(aws, JSON.stringify({ WebIdentityToken: mockToken('aws', audience), Expiration: 'soon' })),
  };
}

async function program(path: string, text: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
}
