import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { type DemoIssuer, startDemoIssuer } from '../../demo/demo-issuer.ts';
import { findCiToken } from './find-ci-token.ts';

describe('the CI token', () => {
  let issuer: DemoIssuer;
  let directory: string;
  let tokenFile: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chaperone-token-'));
    tokenFile = join(directory, 'token');
    await writeFile(tokenFile, 'from-a-file\n');
    issuer = await startDemoIssuer({
      port: 0,
      requestToken: 'job',
      nowMs: Date.now,
      randomId: () => crypto.randomUUID(),
    });
  });
  after(async () => {
    await issuer[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  const find = (env: NodeJS.ProcessEnv, more: Partial<Parameters<typeof findCiToken>[0]> = {}) =>
    findCiToken({ audience: 'https://gateway.test', env, signal: AbortSignal.timeout(10_000), ...more });
  const github = () => ({ ACTIONS_ID_TOKEN_REQUEST_URL: issuer.requestUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job' });

  test('comes from GitHub for exactly our audience', async () => {
    const { source, token } = await find(github());
    assert.equal(source, 'github');
    assert.equal(decodeJwt(token.reveal()).aud, 'https://gateway.test');
  });

  test('is what was given, before what could be minted', async () => {
    const given = await find({ ...github(), CHAPERONE_ID_TOKEN: 'given' });
    assert.deepEqual([given.source, given.token.reveal()], ['variable', 'given']);
    const file = await find({ ...github(), CHAPERONE_ID_TOKEN: 'given' }, { tokenFile });
    assert.deepEqual([file.source, file.token.reveal()], ['file', 'from-a-file']);
  });

  test('of a real job never goes to a gateway that a file in the working directory named', async () => {
    const gateway = { url: 'http://127.0.0.1:1', pid: 1 };
    await assert.rejects(find({ ...github(), CHAPERONE_ID_TOKEN: 'given' }, { gateway }), /no demo/);
    const demo = { ...gateway, demo: { requestUrl: issuer.requestUrl, requestTokenFile: tokenFile } };
    await writeFile(tokenFile, 'job');
    const { source } = await find({ ...github(), CHAPERONE_ID_TOKEN: 'given' }, { gateway: demo });
    assert.equal(source, 'demo');
  });

  test('that cannot be had is explained in the words of the CI system', async () => {
    await assert.rejects(find({ GITHUB_ACTIONS: 'true' }), (error: { hint: string }) =>
      /id-token: write/.test(error.hint),
    );
    await assert.rejects(find({ GITLAB_CI: 'true' }), (error: { hint: string }) => /id_tokens/.test(error.hint));
    await assert.rejects(find({ ...github(), ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'wrong' }), /answered 401/);
  });
});
