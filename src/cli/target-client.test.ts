import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { askedClient, targetClient } from './target-client.ts';

const TARGETS = [
  { name: 'shop', protocol: 'postgres' },
  { name: 'web-1', protocol: 'ssh' },
  { name: 'dev', protocol: 'kubernetes' },
  { name: 'api', protocol: 'http' },
];

test('each kind of target has the client that people use with it, where that is installed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-path-'));
  try {
    for (const name of ['psql', 'ssh', 'kubectl']) writeFileSync(join(folder, name), '');
    const client = (text: string, args: readonly string[] = [], path = folder) =>
      targetClient(askedClient(text, args), TARGETS, { PATH: path, SHELL: '/bin/zsh' });
    assert.deepEqual(client('shop', ['-X']), ['psql', '-X']);
    assert.deepEqual(client('shop', ['-X'], ''), ['chaperone', 'sql']);
    assert.deepEqual(client('web-1'), ['ssh', 'web-1']);
    assert.deepEqual(client('deploy@web-1', ['uptime']), ['ssh', '-l', 'deploy', 'web-1', 'uptime']);
    assert.deepEqual(client('dev', ['get', 'pods']), ['kubectl', 'get', 'pods']);
    assert.deepEqual(client('dev'), ['/bin/zsh']);
    assert.throws(() => client('web-1', [], ''), /ssh is not installed/);
    assert.throws(() => client('deploy@shop'), /no SSH host/);
    assert.throws(() => client('api'), /no one client for api \(http\)/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
