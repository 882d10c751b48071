import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { type CiEndpointsMock, mockToken, startCiEndpointsMock } from '../../../../test/support/ci-endpoints-mock.ts';
import { findCiToken } from './find-ci-token.ts';
import type { TokenPlaces } from './token-sources.ts';

const AUDIENCE = 'https://gateway.test';

describe('a job’s token', () => {
  let directory: string;
  let ci: CiEndpointsMock;
  let nowhere: TokenPlaces;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chaperone-sources-'));
    ci = await startCiEndpointsMock(directory, AUDIENCE);
    const none = join(directory, 'none');
    nowhere = { kubernetesFile: none, cursorSocket: none, googleMetadata: ci.url, productName: none };
  });
  after(async () => {
    await ci[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  const path = () => `${ci.programs}:/usr/bin:/bin`;
  const find = (env: NodeJS.ProcessEnv, more: { places?: Partial<TokenPlaces>; tokenFrom?: string } = {}) =>
    findCiToken({
      audience: AUDIENCE,
      env,
      tokenFrom: more.tokenFrom,
      places: { ...nowhere, ...more.places },
      signal: AbortSignal.timeout(10_000),
    });
  /** Which source gave it, who issued it, and for whom. */
  const found = async (...given: Parameters<typeof find>) => {
    const { source, token } = await find(...given);
    const { iss, aud } = decodeJwt(token.reveal());
    return [source, iss, aud];
  };
  const GITHUB = () => ({
    ACTIONS_ID_TOKEN_REQUEST_URL: `${ci.url}/github?v=2`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job',
  });

  test('is asked for in each CI system’s own way, for our audience wherever one can be named', async () => {
    assert.deepEqual(await found(GITHUB()), ['github', 'github', AUDIENCE]);
    const buildkite = { PATH: path(), BUILDKITE_JOB_ID: 'j', BUILDKITE_AGENT_ACCESS_TOKEN: 't' };
    assert.deepEqual(await found(buildkite), ['buildkite', 'buildkite', AUDIENCE]);
    assert.deepEqual(await found({ PATH: path(), CIRCLECI: 'true' }), ['circleci', 'circleci', AUDIENCE]);
    assert.deepEqual(await found({ SYSTEM_OIDCREQUESTURI: `${ci.url}/azure`, SYSTEM_ACCESSTOKEN: 'job' }), [
      'azure-devops',
      'azure-devops',
      'api://AzureADTokenExchange',
    ]);
    const spire = { PATH: path(), SPIFFE_ENDPOINT_SOCKET: 'unix:///spire.sock' };
    assert.deepEqual(await found(spire), ['spiffe', 'spiffe', AUDIENCE]);
    assert.deepEqual(await found({ CURSOR_AGENT_SOCKET: ci.socket }), ['cursor', 'cursor', AUDIENCE]);
    assert.deepEqual(await found({}, { places: { cursorSocket: ci.socket } }), ['cursor', 'cursor', AUDIENCE]);
    assert.deepEqual(await found({ K_SERVICE: 'worker' }), ['google', 'google', AUDIENCE]);
    assert.deepEqual(await found({ PATH: path() }, { tokenFrom: 'aws' }), ['aws', 'aws', AUDIENCE]);
  });

  test('is taken from where the CI system puts it', async () => {
    const own = mockToken('job', AUDIENCE);
    const file = join(directory, 'projected');
    await writeFile(file, `${own}\n`);
    const from = async (...given: Parameters<typeof find>) => {
      const { source, token } = await find(...given);
      assert.equal(token.reveal(), own, source);
      return source;
    };
    assert.equal(await from({ CHAPERONE_ID_TOKEN: ` ${own}\n` }), 'variable');
    assert.equal(await from({ CHAPERONE_ID_TOKEN_FILE: file }), 'variable-file');
    assert.equal(await from({ BITBUCKET_STEP_OIDC_TOKEN: own }), 'bitbucket');
    assert.equal(await from({ SPACELIFT_OIDC_TOKEN: own }), 'spacelift');
    assert.equal(await from({ TFC_WORKLOAD_IDENTITY_TOKEN: own }), 'hcp-terraform');
    assert.equal(
      await from({ TFC_WORKLOAD_IDENTITY_TOKEN: 'another', TFC_WORKLOAD_IDENTITY_TOKEN_CHAPERONE: own }),
      'hcp-terraform',
    );
    assert.equal(await from({}, { places: { kubernetesFile: file } }), 'kubernetes');
  });

  test('is one source’s where that is named, whatever else there is', async () => {
    const both = { ...GITHUB(), CHAPERONE_ID_TOKEN: mockToken('job', AUDIENCE) };
    assert.deepEqual(await found(both), ['variable', 'job', AUDIENCE]);
    assert.deepEqual(await found(both, { tokenFrom: 'github' }), ['github', 'github', AUDIENCE]);
    await assert.rejects(
      find(both, { tokenFrom: 'nobody' }),
      /--token-from takes one of variable, variable-file, github/,
    );
  });

  test('comes from what works: a variable that only says where it runs is passed over', async () => {
    const lies = { GITHUB_ACTIONS: 'true', GITLAB_CI: 'true', ACTIONS_ID_TOKEN_REQUEST_URL: `${ci.url}/github` };
    assert.deepEqual(await found({ ...lies, PATH: path(), CIRCLECI: '1' }), ['circleci', 'circleci', AUDIENCE]);
    const broken = {
      ...GITHUB(),
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'stolen',
      BITBUCKET_STEP_OIDC_TOKEN: mockToken('b', 'x'),
    };
    assert.deepEqual(await found(broken), ['bitbucket', 'b', 'x']);
  });

  test('that cannot be had is told with what was tried, and no login stands in for it', async () => {
    const broken = { ACTIONS_ID_TOKEN_REQUEST_URL: `${ci.url}/github`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'stolen' };
    const options = { audience: AUDIENCE, places: nowhere, login: 'of-a-person', signal: AbortSignal.timeout(10_000) };
    await assert.rejects(
      findCiToken({ ...options, env: broken }),
      /no CI token could be had \(github: it answered 401\)/,
    );
    await assert.rejects(
      find({ PATH: path(), BUILDKITE_JOB_ID: 'j', BUILDKITE_AGENT_ACCESS_TOKEN: 't' }, { tokenFrom: 'spiffe' }),
      /spiffe: spire-agent failed: asked for: api fetch jwt/,
    );
    await assert.rejects(find({ PATH: '/nowhere' }, { tokenFrom: 'aws' }), /aws: aws is not installed/);
    assert.equal((await findCiToken({ ...options, env: {} })).source, 'login');
  });

  test('is no answer that is too long, empty, or of another shape', async () => {
    const at = (place: string) =>
      find({ ACTIONS_ID_TOKEN_REQUEST_URL: `${ci.url}/${place}`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job' });
    await assert.rejects(at('huge'), /the answer is too long for a token/);
    await assert.rejects(at('empty'), /the answer holds no token/);
    await assert.rejects(at('elsewhere'), /it answered 404/);
  });
});
