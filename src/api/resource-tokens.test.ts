import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startApi, type TestApi } from '../../test/support/api.ts';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let api: TestApi;
/** Where the HTTP port is reached. */
let http: string;

before(async () => {
  api = await startApi({ web: { host: '127.0.0.1', port: 9 } });
  http = `https://localhost:${api.httpPort}`;
});
after(() => api[Symbol.asyncDispose]());

async function token(form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) {
  const body = { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(form).toString() };
  return api.call('POST', '/oauth/token', { body, headers });
}

test('the metadata names the token endpoint, by the issuer under which it is asked for', async () => {
  const { status, json } = await api.call('GET', '/.well-known/oauth-authorization-server');
  assert.equal(status, 200);
  assert.deepEqual(
    [json['issuer'], json['token_endpoint'], json['grant_types_supported'], json['response_types_supported']],
    [
      api.url,
      `${api.url}/oauth/token`,
      ['urn:ietf:params:oauth:grant-type:token-exchange', JWT_BEARER, 'client_credentials'],
      [],
    ],
  );
  const { pathname } = new URL(String(json['authorization_endpoint']));
  const asked = await api.call('GET', `${pathname}?response_type=code`);
  assert.deepEqual([asked.status, asked.json['error']], [400, 'unsupported_response_type']);
});

test('a CI token as an assertion gives a bearer token for the endpoint of MCP targets', async () => {
  const { status, json } = await token({ grant_type: JWT_BEARER, assertion: await api.ciToken() });
  assert.equal(status, 200);
  assert.equal(json['token_type'], 'Bearer');
  assert.match(String(json['access_token']), /^grt_\w{26}\.[\w-]{43}$/);
  const again = await api.store.read((db) =>
    db.selectFrom('grants').select('resource').where('id', '=', String(json['grant'])).executeTakeFirstOrThrow(),
  );
  assert.equal(again.resource, '/mcp');
});

test('a client that proves itself by its CI token gets a token for the target whose place it names', async () => {
  const { json } = await token({
    grant_type: 'client_credentials',
    client_id: 'an agent',
    client_assertion_type: ASSERTION,
    client_assertion: await api.ciToken(),
    resource: `${http}/t/web`,
  });
  assert.deepEqual([json['scope'], json['token_type']], ['web', 'Bearer']);
});

test('a token for one place lets nobody in elsewhere', async () => {
  const { json } = await token({ grant_type: JWT_BEARER, assertion: await api.ciToken(), resource: `${http}/mcp` });
  const [user = '', password = ''] = String(json['access_token']).split('.');
  await assert.rejects(api.connect({ user, password, run: '' }), /another resource/);
});

test('a token is used once, whichever way it is shown', async () => {
  const assertion = await api.ciToken();
  assert.equal((await token({ grant_type: JWT_BEARER, assertion })).status, 200);
  const again = await token({
    grant_type: 'client_credentials',
    client_assertion_type: ASSERTION,
    client_assertion: assertion,
  });
  assert.deepEqual([again.status, again.json['error'], again.json['code']], [401, 'invalid_client', 'claim-replayed']);
});

test('what cannot be given is refused in the words of OAuth', async () => {
  const asked = async (form: Readonly<Record<string, string>>) => {
    const { status, json } = await token(form);
    return [status, json['error'], json['code']];
  };
  const bearer = { grant_type: JWT_BEARER, assertion: await api.ciToken() };
  assert.deepEqual(await asked({ ...bearer, resource: 'https://elsewhere.test/mcp' }), [
    400,
    'invalid_target',
    'target-unknown',
  ]);
  assert.deepEqual(await asked({ ...bearer, resource: `${http}/t/web`, scope: 'people' }), [
    400,
    'invalid_target',
    'target-not-granted',
  ]);
  assert.deepEqual(await asked({ ...bearer, resource: `${http}/t/nothing` }), [
    400,
    'invalid_target',
    'target-not-granted',
  ]);
  assert.deepEqual(await asked({ grant_type: JWT_BEARER, assertion: 'no token' }), [
    400,
    'invalid_grant',
    'claim-invalid',
  ]);
  assert.deepEqual(await asked({ grant_type: JWT_BEARER }), [400, 'invalid_request', 'protocol-malformed']);
  assert.deepEqual(await asked({ grant_type: 'password' }), [400, 'unsupported_grant_type', 'protocol-malformed']);
});
