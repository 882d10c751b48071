import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { githubClaims } from '../../../test/support/ci-claims.ts';
import { startTokenIssuer } from '../../../test/support/token-issuer.ts';
import { Fault } from '../../model/fault.ts';
import { Secret } from '../../model/secret.ts';
import { findRun } from '../../store/run-rows.ts';
import { openStore } from '../../store/store.ts';
import { claimDeployment } from './deployment.ts';
import { listenForEnd } from './ending.ts';
import { faultLog } from './fault-log.ts';
import { listenFrom } from './listen.ts';
import { openControl } from './open-control.ts';
import { runGateway } from './run-gateway.ts';
import { sweepOnce } from './run-sweeper.ts';
import type { StartConfig } from './start-config.ts';

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-start-'));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const loopback = { host: '127.0.0.1', port: 0 };
const configured = (dataDirectory: string): StartConfig => ({
  kind: 'configured',
  dataDirectory,
  api: loopback,
  postgres: loopback,
  portsMayMove: false,
  audience: 'https://gateway.test',
});

describe('a store', () => {
  test('belongs to one deployment for good, and is never started as the other kind', () =>
    inDirectory(async (directory) => {
      const store = await openStore({ file: join(directory, 'store.sqlite') });
      const keyFile = join(directory, 'deployment.key');
      const first = await claimDeployment(store, { kind: 'demo', keyFile, nowMs: 0 });
      assert.equal((await claimDeployment(store, { kind: 'demo', keyFile, nowMs: 1 })).id, first.id);
      await assert.rejects(claimDeployment(store, { kind: 'configured', keyFile, nowMs: 2 }), /belongs to a demo/);
      await store[Symbol.asyncDispose]();
    }));
});

describe('a port that is taken', () => {
  test('moves on where nobody chose it, and is said to be taken where somebody did', async () => {
    const open = (address: { host: string; port: number }) =>
      new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
        const server = createServer();
        server.once('error', reject);
        server.listen(address, () => resolve(server));
      });
    const holder = await open(loopback);
    const { port } = holder.address() as AddressInfo;
    const { server, movedFrom } = await listenFrom({ host: '127.0.0.1', port }, true, 'the API', open);
    assert.equal(movedFrom, port);
    assert.notEqual((server.address() as AddressInfo).port, port);
    await assert.rejects(
      listenFrom({ host: '127.0.0.1', port }, false, 'the API', open),
      new RegExp(`the API cannot listen on 127.0.0.1:${port}: it is taken`),
    );
    for (const one of [holder, server]) await new Promise((resolve) => one.close(resolve));
  });
});

describe('the end', () => {
  test('is asked for by the first signal, and forced by a second one that is not the same', async () => {
    let now = 0;
    const forced: string[] = [];
    using ending = listenForEnd(
      () => now,
      (signal) => forced.push(signal),
    );
    process.emit('SIGINT', 'SIGINT');
    now = 100;
    process.emit('SIGINT', 'SIGINT');
    assert.deepEqual([await ending.asked, forced], ['SIGINT', []]);
    now = 1_000;
    process.emit('SIGTERM', 'SIGTERM');
    assert.deepEqual(forced, ['SIGTERM']);
  });
});

describe('a fault', () => {
  test('is one line of JSON with its causes, and shows no secret', () => {
    const written: string[] = [];
    const stream = { isTTY: false, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
    const cause = new Error('ECONNREFUSED', { cause: new Error(String(new Secret('hunter2'))) });
    faultLog(stream, () => 0)(new Fault('upstream-unreachable', 'no way', { cause }), '127.0.0.1:5');
    assert.deepEqual(JSON.parse(written.join('')), {
      time: '1970-01-01T00:00:00.000Z',
      level: 'error',
      code: 'upstream-unreachable',
      where: '127.0.0.1:5',
      message: 'no way: ECONNREFUSED: [secret]',
    });
  });
});

describe('a run whose client went without a word', () => {
  test('is closed once no grant of it is good', () =>
    inDirectory(async (directory) => {
      await using stack = new AsyncDisposableStack();
      const issuer = stack.adopt(await startTokenIssuer(), (one) => one.close());
      let now = Date.now();
      const faults: unknown[] = [];
      {
        await using control = await openControl(configured(directory), {
          env: {},
          nowMs: () => now,
          onFault: (fault) => faults.push(fault),
        });
        const files = [
          {
            name: 'trust.yaml',
            text: `issuers: [{ name: ci, kind: github, issuer: "${issuer.url}", insecureLoopback: true }]
targets: [{ name: db, protocol: postgres, address: "127.0.0.1:5", credential: { user: u, password: { value: p } } }]
trust: [{ name: all, issuer: ci, claims: { sourceRepositoryId: "74" }, targets: [db] }]
`,
          },
        ];
        const { digest } = await control.configuration.plan(files);
        await control.configuration.apply(files, digest, 'gateway');
        await control.reload();
        const claims = githubClaims({
          iss: issuer.url,
          aud: 'https://gateway.test',
          nowSeconds: Math.floor(now / 1000),
        });
        const token = new Secret(await issuer.sign(claims));
        const { run, evidence } = await control.grants.exchange({ token, asserted: {} }, AbortSignal.timeout(5_000));
        await control.audit.openRun(run, evidence);
        const attachments = { sweep: () => Promise.resolve() };
        const sweep = () =>
          sweepOnce({ ...control, attachments, liveSessions: () => 0, onFault: (fault) => faults.push(fault) });
        await sweep();
        assert.equal((await findRun(control.store, run.id))?.closed_at, null);
        now += 16 * 60_000;
        await sweep();
        assert.equal((await findRun(control.store, run.id))?.termination, 'expired');
        assert.deepEqual(control.audit.openRuns(), []);
        // Another gateway closes a run in the store that they share; this one's log closes it as well.
        await control.audit.openRun(run, evidence);
        assert.deepEqual(control.audit.openRuns(), [run.id]);
        await sweep();
        assert.deepEqual(control.audit.openRuns(), []);
      }
      assert.deepEqual(faults, []);
    }));
});

describe('a start', () => {
  test('that cannot open its API ends all that it had opened', () =>
    inDirectory(async (directory) => {
      const parts = {
        version: '0',
        openApi: () => Promise.reject(new Error('no API')),
        env: { CHAPERONE_DATA_DIR: directory },
        nowMs: Date.now,
      };
      const start = () => runGateway({ listen: '127.0.0.1:0', postgresListen: '127.0.0.1:0' }, parts);
      await assert.rejects(start(), /the API cannot listen on 127.0.0.1:0: no API/);
      await assert.rejects(start(), /no API/);
    }));
});
