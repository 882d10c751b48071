import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AwsV4Signer } from 'aws4fetch';
import { startApi, type TestApi } from '../../../test/support/api.ts';
import { openCarriedRun } from '../../../test/support/carried-run.ts';
import { type MockAws, mockAws, REAL_KEYS } from '../../../test/support/mock-aws.ts';
import { commandEnvironment } from './environment/command-environment.ts';
import type { LocalTarget } from './local-target.ts';

const POLICY = `
  - name: reports
    principals: any
    targets: [web]
    operations: [read, write]
    http:
      actions: ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListBucket"]
      resources: ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]
    effect: permit
  - { name: tables, principals: any, targets: [web], operations: [read], http: { actions: ["dynamodb:List*"] }, effect: permit }
`;

/** What a tool does that knows nothing of Chaperone: all that it is told stands in its environment. */
const TOOL = `
import { S3Client, PutObjectCommand, GetObjectCommand, ListObjectsV2Command, CreateMultipartUploadCommand,
  UploadPartCommand, CompleteMultipartUploadCommand } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
const s3 = new S3Client({ forcePathStyle: true, maxAttempts: 1 });
const Bucket = 'reports';
await s3.send(new PutObjectCommand({ Bucket, Key: "a b/ü(1)'+.txt", Body: 'hello' }));
const got = await s3.send(new GetObjectCommand({ Bucket, Key: "a b/ü(1)'+.txt" }));
const stream = Readable.from([Buffer.alloc(100_000, 1), Buffer.alloc(100_000, 2)]);
await s3.send(new PutObjectCommand({ Bucket, Key: 'large', Body: stream, ContentLength: 200_000 }));
const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
for (const PartNumber of [1, 2]) {
  await s3.send(new UploadPartCommand({ Bucket, Key: 'parts', UploadId, PartNumber, Body: Buffer.alloc(3_000_000, PartNumber) }));
}
const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: 'e' }, { PartNumber: 2, ETag: 'e' }] };
await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'parts', UploadId, MultipartUpload }));
const parts = await s3.send(new GetObjectCommand({ Bucket, Key: 'parts' }));
const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
const text = await got.Body.transformToString();
console.log(JSON.stringify([text, (await parts.Body.transformToByteArray()).length, Contents.length]));
`;

describe('clients of AWS in a run', () => {
  let aws: MockAws;
  let api: TestApi;
  before(async () => {
    aws = await mockAws();
    const { accessKeyId, secretAccessKey, sessionToken } = REAL_KEYS;
    const keys = `accessKeyId: ${accessKeyId}, secretAccessKey: { value: ${secretAccessKey} }, sessionToken: { value: ${sessionToken} }`;
    const credential = `{ aws: { ${keys}, region: eu-west-1 } }`;
    api = await startApi({ policies: POLICY, web: { host: '127.0.0.1', port: aws.port, credential } });
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
    await aws?.[Symbol.asyncDispose]();
  });

  test('work unchanged by what their environment says: put, get, stream, list, uploads in parts', async () => {
    await using run = await openCarriedRun(api, { targets: ['web'] });
    const { env } = await commandEnvironment({
      context: run.context,
      rules: { env: [], inheritAll: false, ofAgent: [] },
      base: { PATH: process.env['PATH'] },
      random: (bytes) => new Uint8Array(bytes).fill(1),
    });
    const tool = ['--input-type=module', '--eval', TOOL];
    const files = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_REGION: '', AWS_ENDPOINT_URL: '' };
    // By the files alone as well: some agents take variables of such names from their tools.
    for (const known of [env, Object.fromEntries(Object.entries(env).filter(([name]) => !(name in files)))]) {
      const { stdout } = await promisify(execFile)(process.execPath, tool, { env: known, cwd: import.meta.dirname });
      assert.deepEqual(JSON.parse(stdout), ['hello', 6_000_000, 3]);
    }
    assert.equal(aws.taken.filter((line) => line.startsWith('PUT /reports/parts?')).length, 4);
  });

  test('are told what was refused in the words of their service, and go on', async () => {
    await using run = await openCarriedRun(api, { targets: ['web'] });
    const [target] = run.context.targets;
    assert.ok(target?.aws);
    const keys = { accessKeyId: target.user, secretAccessKey: target.aws.secretAccessKey.reveal() };
    const settings = { endpoint: `http://127.0.0.1:${target.port}`, region: 'eu-west-1', maxAttempts: 1 };
    const s3 = new S3Client({ ...settings, credentials: keys, forcePathStyle: true });
    const dynamo = new DynamoDBClient({ ...settings, credentials: keys });
    const stranger = new S3Client({
      ...settings,
      credentials: { ...keys, secretAccessKey: 'wrong' },
      forcePathStyle: true,
    });
    try {
      const object = { Bucket: 'reports', Key: 'a' };
      await assert.rejects(s3.send(new DeleteObjectCommand(object)), {
        name: 'AccessDenied',
        message: /^Refused by Chaperone: .*policy-no-match/,
      });
      await assert.rejects(s3.send(new GetObjectCommand({ ...object, Bucket: 'private' })), { name: 'AccessDenied' });
      await assert.rejects(stranger.send(new PutObjectCommand({ ...object, Body: 'x' })), {
        name: 'SignatureDoesNotMatch',
        message: /of another key, or of another request/,
      });
      await s3.send(new PutObjectCommand({ ...object, Body: 'x' }));
      assert.deepEqual((await dynamo.send(new ListTablesCommand({}))).TableNames, ['orders']);
    } finally {
      for (const client of [s3, dynamo, stranger]) client.destroy();
    }
  });

  test('prove nothing by a signature of another time, of another body, of fewer fields, or in the address', async () => {
    await using run = await openCarriedRun(api, { targets: ['web'] });
    const [target] = run.context.targets;
    assert.ok(target);
    const before = aws.taken.length;
    const told = async (asked: Asked) => {
      const { url, method, headers, body } = await signed(target, asked);
      const reply = await fetch(url, { method, headers, body: asked.sent ?? body ?? null });
      const text = await reply.text();
      const [, code] = /<Code>(\w+)<\/Code>/.exec(text) ?? /"__type":"(\w+)"/.exec(text) ?? [];
      return `${reply.status} ${code ?? ''}`;
    };
    const body = '{}';
    const dynamo = { service: 'dynamodb', headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables' }, body } as const;
    assert.equal(await told(dynamo), '200 ');
    assert.equal(await told({ ...dynamo, sent: '{"Limit":1}' }), '403 SignatureDoesNotMatch');
    assert.equal(await told({ ...dynamo, at: '20200101T000000Z' }), '403 RequestTimeTooSkewed');
    assert.equal(
      await told({ ...dynamo, added: { 'x-amz-target': 'DynamoDB_20120810.DeleteTable' } }),
      '403 SignatureDoesNotMatch',
    );
    assert.equal(await told({ ...dynamo, added: { 'x-amz-more': '1' } }), '403 SignatureDoesNotMatch');
    assert.equal(await told({ ...dynamo, user: 'gr_other' }), '403 InvalidClientTokenId');
    const long = 'x'.repeat(1_100_000);
    assert.equal(await told({ ...dynamo, body: long }), '413 EntityTooLarge');
    assert.equal(await told({ service: 's3', isPresigned: true }), '403 AccessDenied');
    assert.deepEqual(aws.taken.slice(before), ['POST / 2']);
  });
});

interface Asked {
  readonly service: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** In place of what was signed. */
  readonly sent?: string;
  /** Beside what was signed. */
  readonly added?: Readonly<Record<string, string>>;
  readonly at?: string;
  readonly user?: string;
  readonly isPresigned?: boolean;
}

async function signed(target: LocalTarget, { service, headers = {}, body, added, at, user, isPresigned }: Asked) {
  const signer = new AwsV4Signer({
    url: `http://127.0.0.1:${target.port}/`,
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers },
    ...(body === undefined ? {} : { body }),
    accessKeyId: user ?? target.user,
    secretAccessKey: target.aws?.secretAccessKey.reveal() ?? '',
    service,
    region: 'eu-west-1',
    ...(at === undefined ? {} : { datetime: at }),
    ...(isPresigned === true ? { signQuery: true } : {}),
  });
  const made = await signer.sign();
  return { url: made.url, method: made.method, body, headers: { ...Object.fromEntries(made.headers), ...added } };
}
