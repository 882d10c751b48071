import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { answerTo, makeRunKey, openRunAgent } from './ssh-agent.ts';

const KEY = makeRunKey();
const string = (content: string | Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(content));
  return Buffer.concat([length, Buffer.from(content)]);
};
/** What a client signs to log in (RFC 4252, section 7). */
const login = (parts: { service?: string; method?: string; key?: Buffer } = {}): Buffer =>
  Buffer.concat([
    string(Buffer.alloc(32, 7)),
    Buffer.from([50]),
    string('deploy'),
    string(parts.service ?? 'ssh-connection'),
    string(parts.method ?? 'publickey'),
    Buffer.from([1]),
    string('ssh-ed25519'),
    string(parts.key ?? KEY.blob),
  ]);
const asked = (data: Buffer, key = KEY.blob): Buffer =>
  answerTo(Buffer.concat([Buffer.from([13]), string(key), string(data), Buffer.alloc(4)]), KEY);
const FAILURE = Buffer.from([5]);

describe("the run's agent", () => {
  test('signs a login with its key', () => {
    const data = login();
    const answer = asked(data);
    assert.equal(answer[0], 14);
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), KEY.blob.subarray(-32)]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    assert.ok(verify(null, data, key, answer.subarray(-64)));
  });

  test('signs nothing else, and with no other key', () => {
    assert.deepEqual(asked(Buffer.from('SSHSIG a commit of git')), FAILURE);
    assert.deepEqual(asked(login({ service: 'ssh-other' })), FAILURE);
    assert.deepEqual(asked(login({ method: 'hostbased' })), FAILURE);
    assert.deepEqual(asked(login({ key: makeRunKey().blob })), FAILURE);
    assert.deepEqual(asked(login(), makeRunKey().blob), FAILURE);
    for (let end = 0; end < login().length; end += 7) assert.deepEqual(asked(login().subarray(0, end)), FAILURE);
    for (const other of [9, 17, 18, 19, 20, 22, 25, 26, 27])
      assert.deepEqual(answerTo(Buffer.from([other]), KEY), FAILURE);
    assert.deepEqual(answerTo(Buffer.alloc(0), KEY), FAILURE);
  });

  test('answers whoever asks byte by byte, ends what is too long, and is for this user alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'run-agent-'));
    try {
      await using agent = await openRunAgent(KEY, join(folder, 'agent.sock'));
      assert.equal((await stat(agent.path)).mode & 0o077, 0);
      const client = connect(agent.path);
      for (const byte of [0, 0, 0, 1, 11]) client.write(Buffer.from([byte]));
      const answer = await new Promise<Buffer>((resolve) => client.once('data', resolve));
      assert.ok(answer.includes(KEY.blob));
      client.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
      await new Promise((resolve) => client.once('close', resolve));
      await assert.rejects(openRunAgent(KEY, join(folder, 'x'.repeat(200))), /too long a path/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
