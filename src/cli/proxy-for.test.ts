import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { startApi } from '../../test/support/api.ts';
import { openCarriedRun } from '../../test/support/carried-run.ts';
import { startConnectProxy } from '../../test/support/connect-proxy.ts';
import { ApiClient } from './api-client.ts';
import { proxyFor } from './proxy-for.ts';
import { findCiToken } from './run/ci/find-ci-token.ts';

const PROXY = 'http://proxy.test:3128';
const chosen = (address: string, env: NodeJS.ProcessEnv) => proxyFor(new URL(address), env)?.href;

describe('the proxy for an address', () => {
  test('is that of HTTPS_PROXY, the lower case first, with or without a scheme', () => {
    assert.equal(chosen('https://gateway.test', { HTTPS_PROXY: PROXY }), 'http://proxy.test:3128/');
    assert.equal(chosen('https://gateway.test', { HTTPS_PROXY: 'http://b', https_proxy: PROXY }), `${PROXY}/`);
    assert.equal(chosen('https://gateway.test', { HTTPS_PROXY: 'u:p@proxy.test:1' }), 'http://u:p@proxy.test:1/');
    assert.equal(chosen('https://gateway.test', { HTTP_PROXY: PROXY, HTTPS_PROXY: ' ' }), undefined);
  });

  test('is none for this machine itself and for plain HTTP', () => {
    for (const address of ['https://localhost:1', 'https://127.0.0.1', 'https://[::1]:1', 'http://gateway.test']) {
      assert.equal(chosen(address, { HTTPS_PROXY: PROXY }), undefined, address);
    }
  });

  test('is none where NO_PROXY names the address, its domain or its network', () => {
    const without = (address: string, exceptions: string) =>
      chosen(address, { HTTPS_PROXY: PROXY, NO_PROXY: exceptions }) === undefined;
    for (const [address, exceptions] of [
      ['https://gateway.corp.test', '*'],
      ['https://gateway.corp.test', 'other.test, GATEWAY.corp.test.'],
      ['https://gateway.corp.test', 'corp.test'],
      ['https://gateway.corp.test', 'a .corp.test'],
      ['https://gateway.corp.test', '*.corp.test'],
      ['https://gateway.corp.test:7420', 'corp.test:7420'],
      ['https://10.1.2.3', '10.0.0.0/8'],
      ['https://10.1.2.3', '10.1.2.3'],
      ['https://[fd00::2]:7420', 'fd00::/8'],
      ['https://[fd00::2]:7420', '[fd00::2]:7420'],
    ] as const) {
      assert.ok(without(address, exceptions), `${address} with ${exceptions}`);
    }
    for (const [address, exceptions] of [
      ['https://gateway.corp.test', ''],
      ['https://gatewaycorp.test', 'corp.test'],
      ['https://corp.test.example', 'corp.test'],
      ['https://gateway.corp.test', 'corp.test:443x'],
      ['https://gateway.corp.test', 'corp.test:7420'],
      ['https://11.1.2.3', '10.0.0.0/8'],
      ['https://10.1.2.3', '10.0.0.0/99'],
      ['https://10.1.2.3', '::/0'],
      ['https://gateway.corp.test', '.'],
    ] as const) {
      assert.ok(!without(address, exceptions), `${address} with ${exceptions}`);
    }
  });

  test('is an error that does not repeat the login where it is none of HTTP', () => {
    assert.throws(() => chosen('https://gateway.test', { HTTPS_PROXY: 'socks5://u:hush@proxy.test' }), {
      message: 'HTTPS_PROXY does not name a proxy of HTTP',
      exitCode: 78,
    });
  });
});

describe('a gateway behind a proxy that wants a login', () => {
  test('is reached through it by calls and by what carries connections, and a wrong login is said', async () => {
    await using api = await startApi();
    await using proxy = await startConnectProxy('ci:p@ss');
    const address = new URL(api.url);
    address.hostname = hostname();
    const find = (login: string) =>
      ApiClient.find(
        { url: address.origin },
        {
          CHAPERONE_CA_FILE: join(api.directory, 'tls', 'ca.crt'),
          HTTPS_PROXY: `http://${login}@127.0.0.1:${proxy.port}`,
        },
      );
    await using run = await openCarriedRun(api, { client: find('ci:p%40ss') });
    const client = await run.connect();
    assert.deepEqual((await client.query('select id, email from people')).rows, [{ id: 1, email: '[redacted]' }]);
    await client.end();
    assert.deepEqual([...new Set(proxy.asked)], [address.host]);
    const before = proxy.tunnels;
    await assert.rejects(find('ci:guess').call({ path: '/healthz' }, z.unknown()), {
      message: `the gateway at ${address.origin} does not answer through the proxy 127.0.0.1:${proxy.port} (it answered 407 to CONNECT)`,
      exitCode: 69,
    });
    assert.equal(proxy.tunnels, before);
  });

  test('is the way to the CI system too, where a token is asked for', async () => {
    await using proxy = await startConnectProxy('ci:p@ss');
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: 'https://actions.test/token?v=2',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job',
      HTTPS_PROXY: `http://ci:hush@127.0.0.1:${proxy.port}`,
    };
    const asked = findCiToken({ audience: 'https://gateway.test', env, signal: AbortSignal.timeout(10_000) });
    await assert.rejects(asked, (error: Error) => {
      assert.match(error.message, /^no CI token could be had \(github: .*407/);
      assert.doesNotMatch(error.message, /hush/);
      return true;
    });
    assert.deepEqual(proxy.asked, ['actions.test:443']);
  });
});
