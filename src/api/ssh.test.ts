import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startApi, type TestApi } from '../../test/support/api.ts';
import { runSsh } from '../../test/support/run-ssh.ts';
import { newKey, type SshServer, startSshServer, type TestKey } from '../../test/support/ssh-server.ts';
import { until } from '../../test/support/until.ts';

const POLICIES =
  '\n  - { name: look, principals: any, targets: [box, met], operations: [read, session], effect: permit }\n';

describe('SSH at a gateway', () => {
  let host: SshServer;
  let api: TestApi;
  let hostKey: string;
  before(async () => {
    host = await startSshServer();
    api = await startApi({ policies: POLICIES, host });
    const { ssh } = (await api.call('GET', '/v1/gateway')).json as { readonly ssh: { readonly hostKey: string } };
    hostKey = ssh.hostKey;
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  /** A grant for a key, and what its answer says. */
  async function exchange(key: TestKey): Promise<Readonly<Record<string, unknown>>> {
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: await api.ciToken(),
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      ssh_public_key: key.line,
    });
    const body = { type: 'application/x-www-form-urlencoded', text: form.toString() };
    const answer = await api.call('POST', '/oauth/token', { body });
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  }

  async function configFor(key: TestKey, port: number): Promise<string> {
    const known = join(host.directory, `${key.path.split('/').at(-1)}.known`);
    await writeFile(known, `[127.0.0.1]:${port} ${hostKey}\n`);
    const lines = [`HostName 127.0.0.1`, `Port ${port}`, `UserKnownHostsFile ${known}`, `User +box`, 'BatchMode yes'];
    const more = ['GlobalKnownHostsFile /dev/null', 'StrictHostKeyChecking yes', 'IdentitiesOnly yes'];
    const config = `${known}.config`;
    await writeFile(config, `Host box\n${[...lines, ...more, `IdentityFile ${key.path}`].join('\n')}\n`);
    return config;
  }

  test('a grant is proved at the native port by the key that it was asked for with, or by its certificate', async () => {
    const key = await newKey(host.directory, 'job');
    const granted = await exchange(key);
    const { port } = (granted['targets'] as { name: string; port: number }[]).find(({ name }) => name === 'box')!;
    const config = await configFor(key, port);
    const asked = await runSsh(config, ['box', 'echo in']);
    assert.deepEqual([asked.stdout, asked.code], ['in\n', 0], asked.stderr);
    const refused = await runSsh(config, ['box', 'touch nothing']);
    assert.equal(refused.code, 126);
    assert.match(refused.stderr, /^chaperone: policy-no-match: /);
    const other = await newKey(host.directory, 'other');
    assert.equal((await runSsh(await configFor(other, port), ['box', 'echo in'])).code, 255);
    const certified = await exchange(other);
    await writeFile(`${other.path}-cert.pub`, `${String(certified['ssh_certificate'])}\n`);
    assert.equal((await runSsh(await configFor(other, port), ['box', 'echo in'])).stdout, 'in\n');
    assert.match(String(certified['ssh_certificate']), /^ssh-ed25519-cert-v01@openssh\.com /);
  });

  test('a key that is none is refused', async () => {
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: await api.ciToken(),
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      ssh_public_key: 'ssh-ed25519 AAAA',
    });
    const body = { type: 'application/x-www-form-urlencoded', text: form.toString() };
    assert.equal((await api.call('POST', '/oauth/token', { body })).json['code'], 'protocol-malformed');
  });

  test('a host is tried as a session would reach it, and one that is met first is told of in the log', async () => {
    const check = async (name: string): Promise<Readonly<Record<string, unknown>>> =>
      (await api.call('POST', `/v1/targets/${name}/check`, { auth: api.admin })).json;
    assert.equal((await check('box'))['ok'], true);
    const address = `${host.host}:${host.port}`;
    const key = JSON.stringify(host.clientKey.pem);
    const declare = async (name: string, hostKeys: string): Promise<void> => {
      const credential = `{ user: ${host.user}, key: { value: ${key} } }`;
      const ssh = `{ hostKeys: ${hostKeys}, hosts: [] }`;
      const all = `{ name: ${name}, protocol: ssh, address: "${address}", ssh: ${ssh}, credential: ${credential} }`;
      const text = `targets:\n  - ${all}\n`;
      const headers = { 'if-none-match': '*' };
      const put = await api.call('PUT', `/v1/configuration/target/${name}`, {
        auth: api.admin,
        json: { text },
        headers,
      });
      assert.ok(put.status === 200 || put.status === 201, put.text);
    };
    await declare('met', 'firstUse');
    await declare('other', `["${hostKey}"]`);
    assert.equal((await check('met'))['ok'], true);
    await until(async () => {
      const { text } = await api.call('GET', '/v1/log/entries?limit=100', { auth: api.admin });
      return text.includes('"kind":"host.met"') && text.includes(String.raw`\"target\":\"met\"`);
    });
    const kept = async () => (await api.call('GET', '/v1/host-keys', { auth: api.admin })).json['hostKeys'];
    const [met, ...more] = (await kept()) as Readonly<Record<string, string>>[];
    assert.deepEqual([met?.['target'], more], ['met', []]);
    assert.match(`${met?.['line']} ${met?.['fingerprint']}`, /^ssh-ed25519 \S+ SHA256:[\w+/]{43}$/);
    const forget = async () => (await api.call('DELETE', '/v1/host-keys/met', { auth: api.admin })).status;
    assert.deepEqual([await forget(), await kept(), await forget()], [200, [], 404]);
    await until(async () => {
      const { text } = await api.call('GET', '/v1/log/entries?limit=100', { auth: api.admin });
      const forgotten = String.raw`\"action\":\"host-key.delete\",\"by\"`;
      return (
        text.includes(forgotten) && /host-key\.delete[^{}]*digest[^{}]*[0-9a-f]{64}[^{}]*target[^{}]*met/.test(text)
      );
    });
    const distrusted = await check('other');
    assert.equal(distrusted['ok'], false);
    assert.match(JSON.stringify(distrusted), /not who it should be: its key is SHA256:/);
  });
});
