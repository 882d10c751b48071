import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { NotFound } from './not-found.ts';
import { handleProblems } from './problem.ts';
import { secureHeaders } from './security-headers.ts';
import { webFiles } from './web-files.ts';

const BROWSER = { accept: 'text/html,application/xhtml+xml', 'accept-encoding': 'gzip, br' };

async function serve(directory: string | undefined, url = 'https://gateway.example'): Promise<FastifyInstance> {
  const app = Fastify();
  const notFound = new NotFound(app);
  handleProblems(app, assert.fail);
  secureHeaders(app, () => url);
  await app.register((scope, _options, done) => {
    scope.get('/v1/things/:thing', () => ({ thing: true }));
    scope.delete('/v1/things/:thing', () => ({ thing: false }));
    scope.post('/v1/things', () => ({}));
    done();
  });
  notFound.handle(app, await webFiles(app, directory));
  return app;
}

describe('the files of the web UI', () => {
  let directory: string;
  let app: FastifyInstance;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chaperone-web-'));
    await mkdir(join(directory, 'assets'));
    await writeFile(join(directory, 'index.html'), '<!doctype html><title>UI</title>');
    await writeFile(join(directory, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    await writeFile(join(directory, 'assets', 'main-a1b2c3.js'), 'console.log(1);');
    await writeFile(join(directory, 'assets', 'main-a1b2c3.js.br'), brotliCompressSync('console.log(1);'));
    await mkdir(join(directory, 'verify'));
    const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-AAAA='" />`;
    await writeFile(join(directory, 'verify', 'index.html'), `<!doctype html>${policy}<title>Verify</title>`);
    app = await serve(directory);
  });
  after(async () => {
    await app.close();
    await rm(directory, { recursive: true, force: true });
  });

  const get = (url: string, headers: Record<string, string> = BROWSER) => app.inject({ method: 'GET', url, headers });

  test('a page is index.html for every path of the UI, and is never kept', async () => {
    for (const path of ['/', '/approvals/apr_1', '/runs?who=ada', '/assetsx']) {
      const page = await get(path);
      assert.deepEqual([path, page.statusCode, page.body], [path, 200, '<!doctype html><title>UI</title>']);
      assert.equal(page.headers['cache-control'], 'no-store');
      assert.match(String(page.headers['content-type']), /^text\/html/);
    }
  });

  test('the first page is there for a client that takes nothing compressed', async () => {
    const page = await get('/', { accept: '*/*' });
    assert.deepEqual([page.statusCode, page.body], [200, '<!doctype html><title>UI</title>']);
  });

  test("the build's own notes are not served", async () => {
    await writeFile(join(directory, '.built-of'), 'a digest');
    assert.equal((await get('/.built-of', { accept: '*/*' })).statusCode, 404);
  });

  test('a hashed file is kept for ever, and comes as the build compressed it', async () => {
    const packed = await get('/assets/main-a1b2c3.js');
    assert.equal(packed.headers['content-encoding'], 'br');
    assert.equal(brotliDecompressSync(packed.rawPayload).toString(), 'console.log(1);');
    assert.match(String(packed.headers['content-type']), /javascript/);
    assert.equal(packed.headers['cache-control'], 'public, max-age=31536000, immutable');
    const plain = await get('/assets/main-a1b2c3.js', {});
    assert.deepEqual([plain.headers['content-encoding'], plain.body], [undefined, 'console.log(1);']);
    assert.equal((await get('/icon.svg')).headers['cache-control'], 'no-cache');
  });

  test('a file that is not there is a problem and not a page', async () => {
    const missing = await get('/assets/main-gone.js');
    assert.deepEqual([missing.statusCode, missing.headers['content-type']], [404, 'application/problem+json']);
    assert.equal((await get('/robots.txt', { accept: '*/*' })).statusCode, 404);
  });

  test('nothing outside of the folder is served', async () => {
    for (const path of ['/../package.json', '/assets/..%2f..%2fetc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/.env']) {
      const answer = await get(path, { accept: '*/*' });
      assert.ok(answer.statusCode >= 400, `${path}: ${answer.statusCode}`);
    }
  });

  test('a path of the API is never a page, and says which methods it takes', async () => {
    const unknown = await get('/v1/nothing');
    assert.deepEqual([unknown.statusCode, unknown.json<{ title: string }>().title], [404, 'There is nothing here']);
    const put = await app.inject({ method: 'PUT', url: '/v1/things/1' });
    assert.deepEqual([put.statusCode, put.headers.allow], [405, 'DELETE, GET, HEAD']);
    assert.equal(put.headers['content-type'], 'application/problem+json');
    assert.equal((await get('/v1/things')).statusCode, 405);
  });

  test('every answer carries the headers of a careful browser, and nothing inline is allowed', async () => {
    for (const answer of [await get('/'), await get('/v1/things/1'), await get('/v1/nothing')]) {
      const policy = String(answer.headers['content-security-policy']);
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /unsafe/);
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
      assert.equal(answer.headers['referrer-policy'], 'no-referrer');
      assert.equal(answer.headers['cross-origin-opener-policy'], 'same-origin');
      assert.equal(answer.headers['strict-transport-security'], 'max-age=31536000');
      assert.equal(answer.headers['cache-control'], 'no-store');
    }
  });

  test('the page that verifies bundles is at /verify, under the policy that it brings along', async () => {
    for (const path of ['/verify', '/verify/index.html']) {
      const page = await get(path);
      assert.match(page.body, /<title>Verify<\/title>/);
      assert.equal(
        page.headers['content-security-policy'],
        "default-src 'none'; script-src 'sha256-AAAA='; frame-ancestors 'none'",
      );
      assert.equal(page.headers['x-content-type-options'], 'nosniff');
    }
  });

  test('HSTS is not said for a name that other programs of the machine share', async () => {
    for (const url of ['https://localhost:7420', 'https://127.0.0.1', 'https://[::1]:1', 'http://gateway.example']) {
      const local = await serve(directory, url);
      const answer = await local.inject({ method: 'GET', url: '/', headers: BROWSER });
      assert.equal(answer.headers['strict-transport-security'], undefined);
      await local.close();
    }
  });

  test('where the UI is not built, a page says how to build it', async () => {
    const unbuilt = await serve(join(directory, 'nowhere'));
    const page = await unbuilt.inject({ method: 'GET', url: '/approvals', headers: BROWSER });
    assert.deepEqual([page.statusCode, page.body.includes('npm run build')], [503, true]);
    assert.equal((await unbuilt.inject({ method: 'GET', url: '/approvals' })).statusCode, 404);
    await unbuilt.close();
  });
});
