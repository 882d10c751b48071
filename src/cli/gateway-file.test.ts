import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findGatewayFile, runningGateway } from './gateway-file.ts';

test('a gateway on this machine is found by a file that is closed to others, and by no other', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-gateway-'));
  const env = { CHAPERONE_DATA_DIR: directory };
  const path = join(directory, 'gateway.json');
  const write = async (url: string, mode: number, pid = process.pid) => {
    await writeFile(path, JSON.stringify({ url, pid }));
    await chmod(path, mode);
  };
  try {
    assert.equal(findGatewayFile(env), undefined);
    await write('http://127.0.0.1:7420', 0o600);
    assert.equal(findGatewayFile(env)?.url, 'http://127.0.0.1:7420');
    assert.equal(runningGateway(directory)?.pid, process.pid);
    await write('http://127.0.0.1:7420', 0o644);
    assert.throws(() => findGatewayFile(env), /open to others/);
    await write('https://gateway.example.com', 0o600);
    assert.throws(() => findGatewayFile(env), /not on this machine/);
    await write('http://127.0.0.1:7420', 0o600, 2 ** 22 + 1);
    assert.equal(runningGateway(directory), undefined);
  } finally {
    await rm(directory, { recursive: true });
  }
});
