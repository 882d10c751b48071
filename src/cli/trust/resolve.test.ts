import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';

const MAIN = join(import.meta.dirname, '..', '..', 'main.ts');

/** A mock of the two routes of GitHub's and GitLab's API, as their documentation shows the answers. */
const mock = createServer(({ url }, response) => {
  if (url === '/repos/acme/shop') {
    response.end(JSON.stringify({ id: 1296269, full_name: 'acme/shop', owner: { id: 9 }, private: false }));
  } else if (url === '/api/v4/projects/group%2Fsub%2Fshop') {
    response.end(JSON.stringify({ id: 20, path_with_namespace: 'group/sub/shop', namespace: { id: 72 } }));
  } else if (url === '/repos/acme/endless') {
    const piece = ' '.repeat(65_536);
    const pour = (): void => void (!response.destroyed && response.write(piece, pour));
    pour();
  } else if (url === '/repos/acme/odd') {
    response.end('{"id":"1; rm"}');
  } else if (url === '/repos/acme/moved') {
    response.writeHead(301, { location: 'https://elsewhere.example/' }).end();
  } else {
    response.writeHead(404).end('{}');
  }
});
let server = '';
before(async () => {
  mock.listen(0, '127.0.0.1');
  await once(mock, 'listening');
  const address = mock.address();
  server = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});
after(() => mock.close());

async function resolve(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, 'trust', 'resolve', ...args, '--server', server], {
    env: { PATH: process.env['PATH'], NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { status, stdout, stderr };
}

test('the ids of a public repository come as the rule that pins them, or in JSON', async () => {
  const { stdout } = await resolve('github', 'acme/shop');
  assert.equal(
    stdout,
    `  - name: acme-shop
    preset: github
    repository: acme/shop
    repositoryId: "1296269"     # ownerId: "9" for all of the owner's
    branches: main
    targets: []
`,
  );
  const json = await resolve('gitlab', 'group/sub/shop', '--json');
  assert.deepEqual(JSON.parse(json.stdout), { kind: 'gitlab', id: '20', ownerId: '72', name: 'group/sub/shop' });
});

test('what is private, was moved or is no name is said so', async () => {
  const [missing, moved, odd, endless, other] = await Promise.all([
    resolve('github', 'acme/secret'),
    resolve('github', 'acme/moved'),
    resolve('github', 'acme/../x'),
    resolve('github', 'acme/endless'),
    resolve('github', 'acme/odd'),
  ]);
  assert.equal(missing.status, 66);
  assert.match(missing.stderr, /no such public repository/);
  assert.deepEqual([moved.status, odd.status, endless.status, other.status], [69, 64, 69, 69]);
  assert.match(other.stderr, /something else than a repository/);
});
