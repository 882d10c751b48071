import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { httpTarget, startHttpGateway } from '../../../../test/support/http-gateway.ts';
import { recorded } from '../../../../test/support/recorded.ts';
import { Secret } from '../../../model/secret.ts';
import type { HttpCredential } from '../../../model/target.ts';

const CANARY = 'canary+secret/1=';
const secret = new Secret(CANARY);
const BASIC = Buffer.from(`app:${CANARY}`).toString('base64');

const KINDS: readonly HttpCredential[] = [
  { kind: 'bearer', token: secret },
  { kind: 'basic', user: 'app', password: secret },
  { kind: 'header', name: 'x-acme', value: secret },
  { kind: 'query', name: 'k', value: secret },
];

for (const http of KINDS) {
  test(`a target that sends back its credential (${http.kind}), coded or not, shows it to nobody and to no record`, async () => {
    const server = createServer(({ url = '', headers, rawHeaders }, response) => {
      const { authorization, 'x-acme': acme } = headers;
      const echo = JSON.stringify({ url, authorization, acme, plain: decodeURIComponent(url), rawHeaders });
      const isCoded = url.startsWith('/coded');
      response.writeHead(200, {
        'content-type': 'application/json',
        'x-echo': `${url} ${authorization} ${String(acme)}`,
        ...(isCoded ? { 'content-encoding': 'gzip' } : {}),
      });
      response.end(isCoded ? gzipSync(echo) : echo);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const target = httpTarget({ host: '127.0.0.1', port }, { credential: { user: '', http } });
      await using gateway = await startHttpGateway({ targets: [target] });
      const { user, password } = await gateway.grant();
      const headers = { authorization: `Bearer ${user}.${password}` };
      for (const path of ['/coded', '/plain']) {
        const reply = await fetch(`http://127.0.0.1:${gateway.port}/t/api${path}`, { headers });
        const shown = `${reply.headers.get('x-echo')} ${await reply.text()}`;
        assert.match(shown, /\*{16}/);
        assert.deepEqual([shown.includes('canary'), shown.includes(BASIC)], [false, false]);
      }
      const kept = Buffer.concat((await recorded(gateway)).map(({ body }) => Buffer.from(body))).toString('latin1');
      assert.match(kept, /GET \/plain HTTP/);
      assert.deepEqual([kept.includes('canary'), kept.includes(BASIC)], [false, false]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}
