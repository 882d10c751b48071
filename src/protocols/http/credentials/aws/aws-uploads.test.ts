import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { DescribeClusterCommand, EKSClient, ListClustersCommand } from '@aws-sdk/client-eks';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { PERMIT_ALL, type TestGateway } from '../../../../../test/support/gateway.ts';
import { httpTarget, startHttpGateway } from '../../../../../test/support/http-gateway.ts';
import { type MockAws, mockAws, REAL_KEYS } from '../../../../../test/support/mock-aws.ts';
import { recorded } from '../../../../../test/support/recorded.ts';
import { Secret } from '../../../../model/secret.ts';
import type { Policy } from '../../../../policy/policy.ts';

const READERS: Policy = {
  ...PERMIT_ALL,
  name: 'readers',
  http: {
    actions: ['s3:GetObject', 'eks:DescribeCluster'],
    resources: ['arn:aws:s3:::bucket/*', 'arn:aws:eks:*:*:cluster/prod'],
  },
};

describe("AWS's own code through the gateway", () => {
  const suite = {} as { aws: MockAws; gateway: TestGateway; grant: string; s3: S3Client; eks: EKSClient };

  before(async () => {
    suite.aws = await mockAws();
    const { accessKeyId, secretAccessKey, sessionToken } = REAL_KEYS;
    const secrets = { secretAccessKey: new Secret(secretAccessKey), sessionToken: new Secret(sessionToken) };
    const http = { kind: 'aws', accessKeyId, ...secrets } as const;
    const settings = { basePath: '', hosts: [], version: 'auto', dialect: 'aws' } as const;
    const at = { host: '127.0.0.1', port: suite.aws.port };
    const target = httpTarget(at, { name: 'aws', credential: { user: '', http }, http: settings });
    suite.gateway = await startHttpGateway({ targets: [target] });
    const { user, password } = await suite.gateway.grant();
    suite.grant = `${user}.${password}`;
    const common = {
      endpoint: `http://127.0.0.1:${suite.gateway.port}/t/aws`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'placeholder', secretAccessKey: 'placeholder' },
      maxAttempts: 1,
    };
    suite.s3 = new S3Client({ ...common, forcePathStyle: true });
    suite.eks = new EKSClient(common);
    for (const { middlewareStack } of [suite.s3, suite.eks] as readonly Pick<S3Client, 'middlewareStack'>[]) {
      middlewareStack.add(
        (next) => (call) => {
          (call.request as { headers: Record<string, string> }).headers['chaperone-grant'] = suite.grant;
          return next(call);
        },
        // Behind what signs, so that presigned URLs are without it.
        { step: 'finalizeRequest', priority: 'low' },
      );
    }
  });
  after(async () => {
    suite.s3?.destroy();
    suite.eks?.destroy();
    await suite.gateway?.[Symbol.asyncDispose]();
    await suite.aws?.[Symbol.asyncDispose]();
  });

  test('an upload in parts, several at once, arrives whole', async () => {
    const { s3 } = suite;
    const body = randomBytes(12 * 1024 * 1024);
    const params = { Bucket: 'bucket', Key: 'large', Body: body };
    await new Upload({ client: s3, params, partSize: 5 * 1024 * 1024, queueSize: 3 }).done();
    const got = await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'large' }));
    assert.ok(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(body));
  });

  test('a presigned URL is signed anew for who shows a grant, decided as what it is, and proves none itself', async () => {
    const { s3, gateway, grant } = suite;
    const name = { Bucket: 'bucket', Key: 'a b/ü.txt' };
    const ask = async (url: string, init: RequestInit = {}, headers = { 'chaperone-grant': grant }) => {
      const reply = await fetch(url, { ...init, headers });
      return [reply.status, await reply.text()] as const;
    };
    const put = await getSignedUrl(s3, new PutObjectCommand(name), { expiresIn: 60 });
    const get = await getSignedUrl(s3, new GetObjectCommand(name), { expiresIn: 60 });
    assert.match(get, /X-Amz-Signature=/);
    assert.equal((await ask(put, { method: 'PUT', body: 'hello' }))[0], 200);
    assert.deepEqual(await ask(get), [200, 'hello']);
    const [status, told] = await ask(get, {}, {} as never);
    assert.equal(status, 403);
    assert.match(told, /AccessDenied.*presigned URL proves no grant/s);
    const past = await getSignedUrl(s3, new GetObjectCommand(name), {
      expiresIn: 60,
      signingDate: new Date(Date.now() - 3_600_000),
    });
    assert.equal((await ask(past))[0], 403);
    gateway.setPolicies([READERS]);
    assert.equal((await ask(get))[0], 200);
    assert.equal((await ask(put, { method: 'PUT', body: 'other' }))[0], 403);
    // What a signer hoists out of the head counts as if it stood there.
    assert.equal((await ask(`${get}&x-amz-acl=public-read`))[0], 403);
    gateway.setPolicies([PERMIT_ALL]);
    assert.deepEqual(await ask(get), [200, 'hello']);
    // Whoever reads the record can use none of them.
    for (const { body } of await recorded(gateway)) {
      const [, signature] = /X-Amz-Signature=([^&\s]*)/i.exec(body.toString('latin1')) ?? [];
      assert.ok(signature === undefined || signature.startsWith('sha-256='), signature);
    }
  });

  test('an action that method and path tell is permitted by its name, and others are not', async () => {
    const { eks, gateway, aws } = suite;
    gateway.setPolicies([READERS]);
    // The mock has no clusters.
    await assert.rejects(eks.send(new DescribeClusterCommand({ name: 'prod' })));
    assert.equal(aws.taken.at(-1), 'GET /clusters/prod 0');
    for (const refused of [new DescribeClusterCommand({ name: 'other' }), new ListClustersCommand({})]) {
      await assert.rejects(eks.send(refused as DescribeClusterCommand), /readers|no rule/i);
    }
    assert.equal(aws.taken.at(-1), 'GET /clusters/prod 0');
  });
});
