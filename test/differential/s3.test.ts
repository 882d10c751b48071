/** AWS's own client at a real S3 server (Ceph's) sees through the gateway what it sees without it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { Secret } from '../../src/model/secret.ts';
import { PERMIT_ALL, type TestGateway } from '../support/gateway.ts';
import { httpTarget, startHttpGateway } from '../support/http-gateway.ts';
import { type RadosGateway, startRadosGateway } from '../support/radosgw.ts';

const skip =
  process.env['CHAPERONE_TEST_S3'] === undefined &&
  'CHAPERONE_TEST_S3=1 runs it, where Debian has radosgw, ceph-mon, ceph-osd and ceph-common';
const LARGE = randomBytes(6 * 1024 * 1024);

describe('a real S3 server through the gateway', { skip, concurrency: false }, () => {
  const suite = {} as {
    server: RadosGateway;
    gateway: TestGateway;
    grant: string;
    direct: S3Client;
    through: S3Client;
  };

  before(async () => {
    suite.server = await startRadosGateway();
    const { port, accessKeyId, secretAccessKey } = suite.server;
    const http = { kind: 'aws', accessKeyId, secretAccessKey: new Secret(secretAccessKey) } as const;
    const settings = { basePath: '', hosts: [], version: '1.1', dialect: 'aws' } as const;
    const target = httpTarget(
      { host: '127.0.0.1', port },
      { name: 's3', credential: { user: '', http }, http: settings },
    );
    suite.gateway = await startHttpGateway({ targets: [target] });
    const { user, password } = await suite.gateway.grant();
    suite.grant = `${user}.${password}`;
    // Ceph 16 knows no checksums behind bodies.
    const checksums = { requestChecksumCalculation: 'WHEN_REQUIRED' } as const;
    const common = { region: 'us-east-1', forcePathStyle: true, maxAttempts: 1, ...checksums };
    const credentials = { accessKeyId, secretAccessKey };
    suite.direct = new S3Client({ ...common, endpoint: `http://127.0.0.1:${port}`, credentials });
    suite.through = new S3Client({
      ...common,
      endpoint: `http://127.0.0.1:${suite.gateway.port}/t/s3`,
      credentials: { accessKeyId: 'placeholder', secretAccessKey: 'placeholder' },
    });
    suite.through.middlewareStack.add(
      (next) => (call) => {
        (call.request as { headers: Record<string, string> }).headers['chaperone-grant'] = suite.grant;
        return next(call);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
  });
  after(async () => {
    suite.direct?.destroy();
    suite.through?.destroy();
    await suite.gateway?.[Symbol.asyncDispose]();
    await suite.server?.[Symbol.asyncDispose]();
  });

  /** What it does and sees; the same by either way. */
  async function session(s3: S3Client, Bucket: string): Promise<unknown> {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    const put = (Key: string, Body: string | Buffer) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    const text = async (Key: string, Range?: string) => {
      const got = await s3.send(new GetObjectCommand({ Bucket, Key, ...(Range === undefined ? {} : { Range }) }));
      return [got.ContentType, got.ContentRange, await got.Body?.transformToString()];
    };
    await put("a b/ü(1)'+~.txt", 'hello');
    await put('twice', 'one');
    await put('twice', 'two');
    const Body = Readable.from([LARGE.subarray(0, 100_000), LARGE.subarray(100_000, 200_000)]);
    await s3.send(new PutObjectCommand({ Bucket, Key: 'streamed', Body, ContentLength: 200_000 }));
    const params = { Bucket, Key: 'parts', Body: LARGE };
    await new Upload({ client: s3, params, partSize: 5 * 1024 * 1024 }).done();
    const whole = await s3.send(new GetObjectCommand({ Bucket, Key: 'parts' }));
    const isSame = Buffer.from((await whole.Body?.transformToByteArray()) ?? []).equals(LARGE);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'streamed' }));
    const listed = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 3 }));
    const lost = await text('lost').catch((fault: Error) => fault.name);
    const Objects = [{ Key: 'twice' }, { Key: 'streamed' }];
    const deleted = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    return {
      text: await text("a b/ü(1)'+~.txt"),
      range: await text("a b/ü(1)'+~.txt", 'bytes=1-3'),
      isSame,
      length: head.ContentLength,
      listed: listed.Contents?.map(({ Key, Size }) => [Key, Size]),
      isTruncated: listed.IsTruncated,
      lost,
      deleted: deleted.Deleted?.map(({ Key }) => Key).toSorted(),
    };
  }

  test('is the same with objects, versions, streams, parts, ranges, lists and deletions', async () => {
    const direct = await session(suite.direct, 'direct');
    assert.deepEqual(await session(suite.through, 'through'), direct);
    assert.equal((direct as { isSame: boolean }).isSame, true);
    assert.deepEqual(suite.gateway.faults, []);
  });

  test('takes presigned URLs of who shows a grant, rules by action and resource, and masks', async () => {
    const { through, direct, gateway, grant } = suite;
    await direct.send(new CreateBucketCommand({ Bucket: 'ruled' }));
    await direct.send(new PutObjectCommand({ Bucket: 'ruled', Key: 'open/a.txt', Body: 'from canary@example.com' }));
    await direct.send(new PutObjectCommand({ Bucket: 'ruled', Key: 'closed/a.txt', Body: 'closed' }));
    gateway.setPolicies([
      { ...PERMIT_ALL, http: { actions: ['s3:GetObject'], resources: ['arn:aws:s3:::ruled/open/*'] }, mask: ['email'] },
    ]);
    const get = (Key: string) => new GetObjectCommand({ Bucket: 'ruled', Key });
    const got = await through.send(get('open/a.txt'));
    assert.equal(await got.Body?.transformToString(), 'from [redacted]');
    await assert.rejects(through.send(get('closed/a.txt')), { name: 'AccessDenied' });
    await assert.rejects(through.send(new PutObjectCommand({ Bucket: 'ruled', Key: 'open/b', Body: 'x' })), {
      name: 'AccessDenied',
    });
    const url = await getSignedUrl(through, get('open/a.txt'), { expiresIn: 60 });
    const reply = await fetch(url, { headers: { 'chaperone-grant': grant } });
    assert.deepEqual([reply.status, await reply.text()], [200, 'from [redacted]']);
    assert.equal((await fetch(url)).status, 403);
  });
});
