import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from '../support/source-tree.ts';
import { chaperone, environment, makeDataDirectory } from './program.ts';

describe('npm start', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`ends with its gateway and the demo's PostgreSQL on ${signal}, and leaves nothing behind`, async () => {
      const directory = await makeDataDirectory();
      const env = environment(directory, { npm_config_loglevel: 'silent' });
      const ports = ['--listen', '127.0.0.1:0', '--postgres-listen', '127.0.0.1:0'];
      const npm = spawn('npm', ['start', '--', '--json', ...ports], {
        cwd: ROOT,
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = new Promise<void>((resolve) => npm.once('exit', () => resolve()));
      try {
        const ready = await new Promise<{ pid: number }>((resolve) =>
          npm.stdout.on('data', (piece: Buffer) => {
            const [line] = /^\{.*"ready":true.*\}$/m.exec(String(piece)) ?? [];
            if (line !== undefined) resolve(JSON.parse(line) as { pid: number });
          }),
        );
        const listed = await chaperone(['targets', '--json'], env);
        const { targets } = JSON.parse(listed.stdout) as { targets: { address: string }[] };
        const postgres = Number(targets[0]?.address.split(':').at(-1));
        assert.equal(await answers(postgres), true);
        npm.kill(signal);
        await ended;
        assert.equal(existsSync(join(directory, 'gateway.json')), false);
        assert.equal(await answers(postgres), false);
        assert.throws(() => process.kill(ready.pid, 0), { code: 'ESRCH' });
      } finally {
        npm.kill('SIGKILL');
        await rm(directory, { recursive: true, force: true });
      }
    });
  }
});

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
