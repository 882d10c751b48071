import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { type IssuedCertificate, makeAuthority } from '../../../test/support/certificates.ts';
import { startHttpRelay } from '../../../test/support/http-relay.ts';
import { type Nginx, startNginx } from '../../../test/support/nginx.ts';

const run = promisify(execFile);
const BIG = randomBytes(3 * 1024 * 1024 + 7);

describe('curl through both wires to nginx', () => {
  let nginx: Nginx;
  let certificate: IssuedCertificate;
  let home: string;
  before(async () => {
    const authority = await makeAuthority();
    certificate = await authority.issue({ commonName: 'localhost', names: ['localhost', '127.0.0.1'] });
    home = await mkdtemp(join(tmpdir(), 'curl-'));
    await writeFile(join(home, 'ca.pem'), authority.certificate);
    await writeFile(join(home, 'big'), BIG);
    nginx = await startNginx({ big: BIG, 'small.json': Buffer.from('{"a":1}') });
  });
  after(async () => {
    await nginx[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  });

  for (const client of ['1.1', '2'] as const) {
    for (const version of ['1.1', '2'] as const) {
      test(`as HTTP/${client}, to a target of HTTP/${version}, sees what it sees without them`, async () => {
        const host = version === '2' ? nginx.http2 : nginx.http1;
        const http = { basePath: '', hosts: [], version };
        await using relay = await startHttpRelay({
          target: { address: { host, port: 0 }, tls: { mode: 'disable' }, http },
          certificate,
        });
        const base = `https://localhost:${relay.port}`;
        const each = ['-sS', '--cacert', join(home, 'ca.pem'), client === '2' ? '--http2' : '--http1.1', '-m', '60'];
        const told = ['-w', '%{http_version} %{http_code} %{size_download} %{num_connects}\\n', '-o'];
        const out = join(home, `${client}-${version}`);
        const requests = [
          [out, `${base}/big`],
          [`${out}-range`, `${base}/big`, '-H', 'Range: bytes=5-9'],
          ['/dev/null', `${base}/small.json`, '-I'],
          ['/dev/null', `${base}/small.json`, '-H', 'If-None-Match: *'],
          ['/dev/null', `${base}/put`, '-T', join(home, 'big'), '-H', 'Expect: 100-continue'],
          ['/dev/null', `${base}/put`, '-d', 'abc', '-H', 'Transfer-Encoding: chunked'],
          ['/dev/null', `${base}/none`],
        ];
        const args = requests.flatMap((one) => ['--next', ...each, ...told, ...one]).slice(1);
        const { stdout } = await run('curl', args);
        const codes = stdout
          .trim()
          .split('\n')
          .map((line) => line.split(' '));
        assert.deepEqual(
          codes.map(([spoken, code]) => [spoken, code]),
          ['200', '206', '200', '304', '200', '200', '404'].map((code) => [client, code]),
        );
        // One connection for all of it, on either side.
        assert.deepEqual(
          codes.map(([, , , connects]) => connects),
          ['1', '0', '0', '0', '0', '0', '0'],
        );
        assert.equal(relay.dials, 1);
        assert.deepEqual(relay.faults, []);
        assert.equal(sha(await readFile(out)), sha(BIG));
        assert.deepEqual(await readFile(`${out}-range`), BIG.subarray(5, 10));
      });
    }
  }
});

function sha(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
