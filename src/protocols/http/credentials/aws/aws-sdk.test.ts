import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { httpTarget, startHttpGateway } from '../../../../../test/support/http-gateway.ts';
import { mockAws, REAL_KEYS } from '../../../../../test/support/mock-aws.ts';
import { Secret } from '../../../../model/secret.ts';

test("the AWS SDK's requests, signed with placeholders, reach AWS signed with the real keys", async () => {
  await using aws = await mockAws();
  const { accessKeyId, secretAccessKey, sessionToken } = REAL_KEYS;
  const http = {
    kind: 'aws',
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: new Secret(sessionToken),
  } as const;
  const target = httpTarget({ host: '127.0.0.1', port: aws.port }, { name: 'aws', credential: { user: '', http } });
  await using gateway = await startHttpGateway({ targets: [target] });
  const { user, password } = await gateway.grant();
  const settings = {
    endpoint: `http://127.0.0.1:${gateway.port}/t/aws`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'placeholder', secretAccessKey: 'placeholder' },
    maxAttempts: 1,
  };
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const dynamo = new DynamoDBClient(settings);
  const sts = new STSClient(settings);
  for (const { middlewareStack } of [s3, dynamo, sts] as readonly Pick<S3Client, 'middlewareStack'>[]) {
    middlewareStack.add(
      (next) => (call) => {
        (call.request as { headers: Record<string, string> }).headers['chaperone-grant'] = `${user}.${password}`;
        return next(call);
      },
      { step: 'build' },
    );
  }
  try {
    const name = { Bucket: 'bucket', Key: "a b/ü(1)'+.txt" };
    await s3.send(new PutObjectCommand({ ...name, Body: 'hello' }));
    const got = await s3.send(new GetObjectCommand(name));
    assert.equal(await got.Body?.transformToString(), 'hello');
    const streamed = Readable.from([Buffer.alloc(100_000, 1), Buffer.alloc(100_000, 2)]);
    await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'large', Body: streamed, ContentLength: 200_000 }));
    assert.deepEqual((await dynamo.send(new ListTablesCommand({}))).TableNames, ['orders']);
    assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, 'arn:aws:iam::1:user/real');
    assert.deepEqual(
      aws.taken.map((line) => line.split(' ', 1)[0]),
      ['PUT', 'GET', 'PUT', 'POST', 'POST'],
    );
  } finally {
    for (const client of [s3, dynamo, sts]) client.destroy();
  }
});
