import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ConnectProxy, startConnectProxy } from '../../../../test/support/connect-proxy.ts';
import { type Bridge, openBridge } from './bridge.ts';

describe('the way out of a network namespace', () => {
  let directory: string;
  let echo: Server;
  let bridge: Bridge;
  let proxy: ConnectProxy;
  const faults: Error[] = [];
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chaperone-bridge-'));
    echo = createServer({ allowHalfOpen: true }, (client) => void client.on('error', () => {}).pipe(client));
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    proxy = await startConnectProxy('ci:hush');
    const env = { HTTPS_PROXY: `http://ci:hush@127.0.0.1:${proxy.port}` };
    const destinations = [here(), here().replace('127.0.0.1', 'api.example.test')];
    bridge = await openBridge({ directory, destinations, env, onFault: (fault) => faults.push(fault) });
  });
  after(async () => {
    await bridge[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await new Promise((resolve) => echo.close(resolve));
    await rm(directory, { recursive: true });
    assert.deepEqual(faults, []);
  });

  const here = () => `127.0.0.1:${(echo.address() as AddressInfo).port}`;
  /** All that comes back until the connection is closed; what is sent may come in any pieces. */
  const asked = async (...pieces: readonly string[]): Promise<string> => {
    const client = connect({ path: bridge.path, allowHalfOpen: true });
    await once(client, 'connect');
    let answer = '';
    client.setEncoding('latin1').on('data', (part: string) => {
      answer += part;
    });
    client.on('error', () => {});
    for (const piece of pieces) await new Promise((resolve) => client.write(piece, resolve));
    client.end();
    await once(client, 'close');
    return answer;
  };

  test('leads to a destination of the list, to the byte, in whatever pieces', async () => {
    assert.equal(await asked(`${here()}\nhello`), 'ok\nhello');
    assert.equal(await asked(...Array.from(`${here()}\nhello`)), 'ok\nhello');
    const large = 'x'.repeat(1 << 20);
    assert.equal((await asked(`${here()}\n`, large)).length, large.length + 3);
  });

  test('leads through the proxy of the network where there is one, to the byte', async () => {
    const there = here().replace('127.0.0.1', 'api.example.test');
    const large = 'x'.repeat(1 << 20);
    assert.equal((await asked(`${there}\n`, large)).length, large.length + 3);
    assert.deepEqual(proxy.asked, [there]);
  });

  test('leads nowhere else, whatever is asked for', async () => {
    const port = here().split(':')[1];
    for (const line of [
      '127.0.0.1:1',
      `localhost:${port}`,
      `127.0.0.1:${port} `,
      ` ${here()}`,
      `${here()}\r`,
      '',
      '../x',
      'x'.repeat(400),
    ]) {
      assert.equal(await asked(`${line}\nhello`), '', line);
    }
    assert.equal(await asked('no line at all'), '');
  });

  test('has one leash, which is told signals', async () => {
    assert.equal(bridge.signal('SIGUSR1'), false);
    const leash = connect({ path: bridge.path, allowHalfOpen: true });
    leash.write('leash\n');
    // A second one is turned away once the first is there.
    while ((await asked('leash\n')) !== '' || !bridge.signal('SIGUSR1'));
    const [told] = (await once(leash, 'data')) as [Buffer];
    assert.match(String(told), /^SIGUSR1\n/);
    leash.destroy();
  });

  test('stands in a folder that is closed to others', async () => {
    assert.equal((await stat(directory)).mode & 0o777, 0o700);
  });
});
