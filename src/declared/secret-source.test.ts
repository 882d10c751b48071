import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchSealed, type SecretSource, sourceSchema } from './secret-source.ts';

const fetchSecret = (source: SecretSource) => Promise.resolve('value' in source ? source.value : '');
const sealed = JSON.stringify({ key: { value: 'hush' }, other: { env: 'NOT_SET' } });

test('a secret is fetched by its name, and one that is missing or empty is a fault that names its owner', async () => {
  assert.equal((await fetchSealed(sealed, 'key', 'the channel ops', fetchSecret)).reveal(), 'hush');
  await assert.rejects(fetchSealed(sealed, 'token', 'the channel ops', fetchSecret), {
    code: 'config-invalid',
    message: 'the channel ops has no token',
  });
  await assert.rejects(fetchSealed(sealed, 'other', 'the channel ops', fetchSecret), {
    code: 'config-invalid',
    message: 'the other of the channel ops is empty',
  });
  await assert.rejects(fetchSealed('{"key":"hush"}', 'key', 'the channel ops', fetchSecret), { name: 'ZodError' });
});

test('a source is a value, a variable or an absolute path, and one of them alone', () => {
  for (const right of [{ value: 'x' }, { env: 'TOKEN' }, { file: '/run/secrets/token' }])
    assert.equal(sourceSchema.safeParse(right).success, true, JSON.stringify(right));
  for (const wrong of [{}, { value: '' }, { env: '1X' }, { file: 'token' }, { env: 'A', value: 'b' }, 'x'])
    assert.equal(sourceSchema.safeParse(wrong).success, false, JSON.stringify(wrong));
});
