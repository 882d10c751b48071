import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readStartConfig } from './start-config.ts';

test('a demo needs nothing and listens on loopback', () => {
  const config = readStartConfig({ demo: true }, { CHAPERONE_DATA_DIR: '/data/demo' });
  assert.deepEqual(config, {
    kind: 'demo',
    dataDirectory: '/data/demo',
    api: { host: '127.0.0.1', port: 7420 },
    postgres: { host: '127.0.0.1', port: 7432 },
    http: { host: '127.0.0.1', port: 7480 },
    portsMayMove: true,
  });
});

test('a demo is refused beside anything that makes a deployment a real one', () => {
  assert.throws(
    () => readStartConfig({ demo: true }, { CHAPERONE_DATABASE_URL: 'postgres://x' }),
    /--demo does not go with CHAPERONE_DATABASE_URL/,
  );
  assert.throws(
    () => readStartConfig({ demo: true }, { CHAPERONE_LISTEN: '0.0.0.0:1' }),
    /the demo listens on loopback alone/,
  );
});

test('flags win over variables, and those over the file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-config-'));
  const config = join(directory, 'chaperone.yaml');
  await writeFile(
    config,
    'listen: 127.0.0.1:1\npostgres: { listen: "127.0.0.1:2" }\nrecord: batched\ndataDirectory: data\n',
  );
  try {
    assert.throws(() => readStartConfig({ demo: true, config }, {}), /--demo does not go with a configuration file/);
    const read = readStartConfig({ config, listen: '[::1]:9' }, { CHAPERONE_POSTGRES_LISTEN: '127.0.0.1:8' });
    assert.deepEqual(
      [read.api, read.postgres, read.recordMode, read.dataDirectory],
      [{ host: '::1', port: 9 }, { host: '127.0.0.1', port: 8 }, 'batched', join(directory, 'data')],
    );
    await writeFile(config, 'listn: 127.0.0.1:1\n');
    assert.throws(() => readStartConfig({ config }, {}), /is not a valid configuration[^]*listn/);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('what listens beyond this machine says where it is reached', () => {
  assert.throws(() => readStartConfig({ listen: '0.0.0.0:7420' }, {}), /needs a public URL/);
  assert.throws(() => readStartConfig({ listen: '7420' }, {}), /"7420" is not an address/);
  assert.throws(() => readStartConfig({}, { CHAPERONE_RECORD: 'off' }), /CHAPERONE_RECORD is "off"/);
});
