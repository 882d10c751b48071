import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AwsV4Signer } from 'aws4fetch';
import type { TargetName } from '../../model/ids.ts';
import { Refused } from '../../model/refusal.ts';
import { Secret } from '../../model/secret.ts';
import { provesKey, signingSecret } from '../../model/signing-key.ts';
import type { Proof } from './claims.ts';
import { AwsRefused } from './credentials/aws/aws-refused.ts';
import type { IncomingRequest } from './message.ts';
import { SignedClients } from './signed-clients.ts';

const SERVER_KEY = Buffer.alloc(32, 7);
const KEYS = { salt: Buffer.alloc(16), iterations: 4_096, storedKey: Buffer.alloc(32), serverKey: SERVER_KEY };
const NOW = Date.parse('2026-11-23T12:00:00Z');
const SHOWN: Proof = { claim: { kind: 'password', user: 'gr_1', password: new Secret('s') }, digest: 'd' };

function clients(where: 'carried' | 'native', asked: string[] = []): SignedClients {
  const scramKeys = (user: string) => {
    asked.push(user);
    return Promise.resolve(KEYS);
  };
  const admission = where === 'carried' ? { scramKeys, target: 'aws' as TargetName } : { scramKeys };
  return new SignedClients({ admission, nowMs: () => NOW });
}

async function request(
  sent: { readonly user?: string; readonly secret?: string; readonly body?: string; readonly signQuery?: true } = {},
): Promise<IncomingRequest> {
  const { user = 'gr_1', secret = signingSecret(SERVER_KEY), body, signQuery } = sent;
  const made = await new AwsV4Signer({
    url: 'http://aws.test/?Action=X',
    method: 'POST',
    ...(body === undefined ? {} : { body }),
    ...(signQuery === undefined ? {} : { signQuery }),
    accessKeyId: user,
    secretAccessKey: secret,
    service: 'sts',
    region: 'eu-west-1',
    datetime: '20261123T120000Z',
  }).sign();
  const left = body === undefined ? [] : [Buffer.from(body)];
  const fail = () => assert.fail('nothing is answered');
  return {
    head: {
      version: '1.1',
      method: 'POST',
      authority: 'aws.test',
      target: `${made.url.pathname}${made.url.search}`,
      absolute: false,
      fields: [...made.headers],
    },
    body: { length: body?.length ?? 'none', trailers: [], read: () => Promise.resolve(left.shift() ?? null) },
    expectsContinue: false,
    signal: new AbortController().signal,
    respond: fail,
    write: fail,
    end: fail,
    abort: fail,
    accept: fail,
  };
}

const refused = (code: string) => (cause: unknown) => cause instanceof AwsRefused && cause.awsCode === code;

describe('a signature at a listener of a run', () => {
  test('proves the grant whose id is its access key; the body that was read for it is there again', async () => {
    const asked: string[] = [];
    const checked = clients('carried', asked);
    const signed = await checked.check(await request({ body: 'a=b' }), undefined);
    assert.ok(signed?.proof.claim.kind === 'keyed');
    assert.equal(signed.proof.claim.user, 'gr_1');
    assert.equal(provesKey(signed.proof.claim.proof, signingSecret(SERVER_KEY)), true);
    assert.equal(provesKey(signed.proof.claim.proof, 'another'), false);
    assert.equal(String(await signed.incoming.body.read()), 'a=b');
    assert.equal(await signed.incoming.body.read(), null);
    const again = await checked.check(await request({ body: 'c=d' }), undefined);
    assert.equal(again?.proof.digest, signed.proof.digest);
    assert.deepEqual(asked, ['gr_1']);
  });

  test('is refused where it is wrong, also beside another proof of the same grant, and is nothing beside other keys', async () => {
    const checked = clients('carried');
    const wrong = { secret: 'wrong' };
    await assert.rejects(checked.check(await request(wrong), undefined), refused('SignatureDoesNotMatch'));
    await assert.rejects(checked.check(await request(wrong), SHOWN), refused('SignatureDoesNotMatch'));
    assert.equal((await checked.check(await request(), SHOWN))?.proof, SHOWN);
    assert.equal(await checked.check(await request({ ...wrong, user: 'AKIA1' }), SHOWN), undefined);
    await assert.rejects(checked.check(await request({ signQuery: true }), undefined), refused('AccessDenied'));
    assert.equal(await checked.check(await request({ signQuery: true }), SHOWN), undefined);
    const plain = await request();
    const second = { ...plain, head: { ...plain.head, target: '/k?AWSAccessKeyId=gr_1&Signature=x', fields: [] } };
    await assert.rejects(checked.check(second, undefined), refused('AccessDenied'));
  });

  test('is not looked for under ever more access keys', async () => {
    const checked = clients('carried');
    for (let at = 0; at < 10; at++) {
      await assert.rejects(checked.check(await request({ user: `gr_${at}`, secret: 'x' }), undefined), AwsRefused);
    }
    await assert.rejects(
      checked.check(await request({ user: 'gr_10' }), undefined),
      (cause) => cause instanceof Refused && /too many access keys/.test(cause.message),
    );
  });
});

test("at the gateway's own port a signature proves nothing, since the store has what would check it", async () => {
  const asked: string[] = [];
  const checked = clients('native', asked);
  await assert.rejects(checked.check(await request(), undefined), refused('InvalidClientTokenId'));
  assert.equal(await checked.check(await request(), SHOWN), undefined);
  assert.deepEqual(asked, []);
});
