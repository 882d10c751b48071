import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { targetNamed } from '../../../../../test/support/subjects.ts';
import type { HttpTarget } from '../../../../model/http.ts';
import type { AskedHead } from '../../inspector.ts';
import { queryOf } from '../../path.ts';
import { createBodyInspector } from '../body-inspector.ts';

interface Sent {
  readonly service?: string;
  readonly region?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly http?: Partial<HttpTarget>;
}

const inspector = createBodyInspector({ asksForBody: () => false });

/** `METHOD /path?query` as what it is taken for: access, action, resources, flags and the reason, a line an operation. */
async function told(line: string, sent: Sent = {}): Promise<readonly string[]> {
  const { service = 's3', region = 'eu-west-1', host = 'aws.test', headers = {}, body, http } = sent;
  const [method = '', target = ''] = line.split(' ');
  const [path = '', query] = target.split('?');
  const contentType = headers['content-type'] ?? '';
  const head: AskedHead = {
    target: {
      ...targetNamed('aws'),
      protocol: 'http',
      http: { basePath: '', hosts: [], version: 'auto', dialect: 'aws', ...http },
    },
    facts: {
      method,
      host,
      path,
      query: queryOf(query),
      headers,
      mediaType: contentType,
      body: { kind: body === undefined ? 'none' : 'unread' },
    },
    codings: [],
    contentType,
    ...(service === '' ? {} : { signed: { service, region } }),
  };
  const read = body === undefined ? undefined : { bytes: Buffer.from(body), complete: true };
  const { operations } = await inspector.inspect(head, read);
  return operations.map(({ access, flags, http: facts, reason }) =>
    [access, facts?.action, facts?.resources?.join(',') ?? '-', ...flags, reason]
      .filter((part) => part !== undefined)
      .join(' '),
  );
}

const B = 'arn:aws:s3:::bucket';
const UNKNOWN = 'unknown unknown - it is none of the requests of S3 that are known';

describe('a request to S3', () => {
  test('is the action that IAM names, on its bucket or object', async () => {
    const lines: Readonly<Record<string, string>> = {
      'GET /': 'read s3:ListAllMyBuckets *',
      'GET /?x-id=ListBuckets': 'read s3:ListAllMyBuckets *',
      'GET /bucket?list-type=2&prefix=a': `read s3:ListBucket ${B}`,
      'HEAD /bucket/': `read s3:ListBucket ${B}`,
      'PUT /bucket': `write s3:CreateBucket ${B}`,
      'DELETE /bucket': `write s3:DeleteBucket ${B}`,
      'GET /bucket?policy': `read s3:GetBucketPolicy ${B}`,
      'PUT /bucket?policy': `admin s3:PutBucketPolicy ${B}`,
      'DELETE /bucket?cors': `write s3:PutBucketCORS ${B}`,
      'GET /bucket?versions': `read s3:ListBucketVersions ${B}`,
      'GET /bucket/a/b.txt?x-id=GetObject': `read s3:GetObject ${B}/a/b.txt`,
      'GET /bucket/a%20%C3%BC': `read s3:GetObject ${B}/a ü`,
      'HEAD /bucket/k': `read s3:GetObject ${B}/k`,
      'GET /bucket/k?versionId=1': `read s3:GetObjectVersion ${B}/k`,
      'PUT /bucket/k': `write s3:PutObject ${B}/k`,
      'PUT /bucket/k?partNumber=1&uploadId=u': `write s3:PutObject ${B}/k`,
      'POST /bucket/k?uploads': `write s3:PutObject ${B}/k`,
      'DELETE /bucket/k?uploadId=u': `write s3:AbortMultipartUpload ${B}/k`,
      'DELETE /bucket/k': `write s3:DeleteObject ${B}/k`,
      'DELETE /bucket/k?versionId=1': `write s3:DeleteObjectVersion ${B}/k`,
      'PUT /bucket/k?acl': `admin s3:PutObjectAcl ${B}/k`,
      'POST /bucket/k?select&select-type=2': `read s3:GetObject ${B}/k`,
    };
    for (const [line, expected] of Object.entries(lines)) assert.deepEqual(await told(line), [expected], line);
  });

  test('is unknown where nobody can tell', async () => {
    for (const line of [
      'GET /bucket/k?acl&policy',
      'GET /bucket/k?ACL',
      'GET /bucket?new-feature',
      'POST /bucket',
      'PATCH /bucket/k',
      'GET /bucket/k?versionId=1&versionId=2',
      'PUT /bucket/k?uploadId=u',
      'PUT /bucket/k?partNumber=1',
      'GET /bucket/k?acl;x',
      'POST /bucket/k?select',
      'PUT /',
    ]) {
      assert.deepEqual(await told(line), [UNKNOWN], line);
    }
    assert.deepEqual(await told('GET //k'), ['unknown unknown - its address names no bucket that can be read']);
    assert.match((await told('GET /b/k', { service: '' })).join(), /nobody says for which service/);
  });

  test("has its bucket in the target's own host, of AWS's own hosts; which must be for what is signed", async () => {
    const host = 'bucket.s3.eu-west-1.amazonaws.com';
    assert.deepEqual(await told('GET /k', { host }), [`read s3:GetObject ${B}/k`]);
    assert.deepEqual(await told('GET /', { host }), [`read s3:ListBucket ${B}`]);
    assert.deepEqual(await told('GET /bucket/k', { host: 's3.eu-west-1.amazonaws.com' }), [`read s3:GetObject ${B}/k`]);
    const cn = { host: 's3.cn-north-1.amazonaws.com.cn', region: 'cn-north-1' };
    assert.deepEqual(await told('GET /bucket/k', cn), ['read s3:GetObject arn:aws-cn:s3:::bucket/k']);
    // As requests on record are read, which bear no signature.
    assert.deepEqual(await told('GET /k', { host, service: '' }), [`read s3:GetObject ${B}/k`]);
    const older = { host: 'bucket.s3-eu-west-1.amazonaws.com', service: '' };
    assert.deepEqual(await told('GET /k', older), [`read s3:GetObject ${B}/k`]);
    const sts = { host: 'sts.amazonaws.com', service: '' };
    assert.deepEqual(await told('GET /?Action=GetCallerIdentity', sts), ['read sts:GetCallerIdentity *']);
    assert.match((await told('GET /k', { host, region: 'us-east-1' })).join(), /another region than that of its host/);
    assert.match((await told('GET /k', { host, service: 'sqs' })).join(), /another service than that of its host/);
  });

  test('asks for more by headers: what it copies, rights, tags, locks', async () => {
    const of = (headers: Readonly<Record<string, string>>) => told('PUT /bucket/k', { headers });
    assert.deepEqual(await of({ 'x-amz-copy-source': '/other/a%20b' }), [
      `write s3:PutObject ${B}/k`,
      'read s3:GetObject arn:aws:s3:::other/a b',
    ]);
    assert.deepEqual(await of({ 'x-amz-copy-source': 'other/a?versionId=7' }), [
      `write s3:PutObject ${B}/k`,
      'read s3:GetObjectVersion arn:aws:s3:::other/a',
    ]);
    assert.deepEqual(await of({ 'x-amz-copy-source': 'arn:aws:s3:x' }), [
      `write s3:PutObject ${B}/k`,
      'read s3:GetObject -',
    ]);
    assert.deepEqual(await of({ 'x-amz-acl': 'public-read', 'x-amz-tagging': 'a=b' }), [
      `write s3:PutObject ${B}/k`,
      `admin s3:PutObjectAcl ${B}/k`,
      `write s3:PutObjectTagging ${B}/k`,
    ]);
  });

  test('that deletes several is about each of them, as far as its list can be read', async () => {
    const of = (body: string) => told('POST /bucket?delete', { body, headers: { 'content-type': 'application/xml' } });
    const list = (inside: string) =>
      `<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</Delete>`;
    assert.deepEqual(await of(list('<Object><Key>a &amp; &#98;</Key></Object>\n<Object><Key>c</Key></Object>')), [
      `write s3:DeleteObject ${B}/a & b,${B}/c`,
    ]);
    assert.deepEqual(await of(list('<Object><Key>a</Key><VersionId>1</VersionId></Object><Quiet>true</Quiet>')), [
      `write s3:DeleteObjectVersion ${B}/a`,
    ]);
    for (const inside of [
      '',
      '<Object><Key>a</Key><Key>b</Key></Object>',
      '<Object><Key><![CDATA[a]]></Key></Object>',
      '<!-- <Object> --><Object><Key>a</Key></Object>',
      '<Object><Key>&xxe;</Key></Object>',
      '<Object xmlns="x"><Key>a</Key></Object>',
    ]) {
      assert.deepEqual(await of(list(inside)), ['write s3:DeleteObject -'], inside);
    }
  });
});

describe('a request that names its action', () => {
  const json = (target: string) => ({ 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const post = (service: string, headers: Readonly<Record<string, string>>, body: string) =>
    told('POST /', { service, headers, body });

  test('does it in a header, with what it is about in JSON', async () => {
    const dynamo = (action: string, body: unknown) =>
      post('dynamodb', json(`DynamoDB_20120810.${action}`), JSON.stringify(body));
    const table = (name: string) => `arn:aws:dynamodb:eu-west-1::table/${name}`;
    assert.deepEqual(await dynamo('GetItem', { TableName: 'orders', Key: { TableName: { S: 'no' } } }), [
      `read dynamodb:GetItem ${table('orders')}`,
    ]);
    assert.deepEqual(await dynamo('BatchWriteItem', { RequestItems: { a: [], b: [] } }), [
      `write dynamodb:BatchWriteItem ${table('a')},${table('b')}`,
    ]);
    assert.deepEqual(await dynamo('TransactWriteItems', { TransactItems: [{ Put: { TableName: 'c' } }] }), [
      `write dynamodb:TransactWriteItems ${table('c')}`,
    ]);
    assert.deepEqual(await dynamo('ExecuteStatement', { Statement: 'select * from a' }), [
      'write dynamodb:ExecuteStatement -',
    ]);
    assert.deepEqual(await dynamo('ListTables', {}), ['read dynamodb:ListTables *']);
    const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf';
    const asked = JSON.stringify({ SecretId: secret });
    assert.deepEqual(await post('secretsmanager', json('secretsmanager.GetSecretValue'), asked), [
      `read secretsmanager:GetSecretValue ${secret},${secret.slice(0, -7)}`,
    ]);
    assert.deepEqual(await post('ssm', json('AmazonSSM.GetParameters'), '{"Names":["/a/b","c:3"]}'), [
      'read ssm:GetParameters arn:aws:ssm:eu-west-1::parameter/a/b,arn:aws:ssm:eu-west-1::parameter/c',
    ]);
    const queue = '{"QueueUrl":"https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"}';
    assert.deepEqual(await post('sqs', json('AmazonSQS.SendMessage'), queue), [
      'write sqs:SendMessage arn:aws:sqs:eu-west-1:123456789012:jobs',
    ]);
  });

  test('does it in a form or the query, and those that hand out credentials say so', async () => {
    assert.deepEqual(await post('sts', form, 'Action=GetCallerIdentity&Version=2011-06-15'), [
      'read sts:GetCallerIdentity *',
    ]);
    assert.deepEqual(await told('GET /?Action=ListTopics', { service: 'sns' }), ['read sns:ListTopics *']);
    const old = { service: 'sqs', host: 'eu-west-1.queue.amazonaws.com' };
    assert.deepEqual(await told('GET /?Action=ListQueues', old), ['read sqs:ListQueues *']);
    assert.deepEqual(await post('sts', form, 'Action=AssumeRole&RoleArn=arn:aws:iam::1:role/x'), [
      'admin sts:AssumeRole arn:aws:iam::1:role/x credentials',
    ]);
    assert.deepEqual(await post('sts', form, 'Action=GetSessionToken'), ['admin sts:GetSessionToken - credentials']);
    assert.deepEqual(await post('iam', form, 'Action=PutUserPolicy'), ['admin iam:PutUserPolicy -']);
    assert.deepEqual(await post('monitoring', form, 'Action=PutMetricData'), ['write cloudwatch:PutMetricData -']);
  });

  test('is unknown where it says it twice, otherwise, or to another service', async () => {
    const why = async (found: Promise<readonly string[]>) => (await found).join().replace('unknown unknown - ', '');
    assert.equal(await why(post('sts', form, 'Action=A&Action=B')), 'its Action cannot be read');
    assert.equal(await why(post('sts', form, 'action=GetCallerIdentity')), 'its Action cannot be read');
    assert.equal(await why(post('sts', form, 'Version=1')), 'it names no action that is known');
    assert.equal(
      await why(told('POST /?Action=A', { service: 'sts', headers: form, body: 'Action=B' })),
      'its Action cannot be read',
    );
    assert.equal(
      await why(told('POST /?Action=A', { service: 'dynamodb', headers: json('DynamoDB_1.GetItem'), body: '{}' })),
      'it names its action in two ways',
    );
    assert.equal(
      await why(post('dynamodb', json('secretsmanager.GetSecretValue'), '{}')),
      'its X-Amz-Target is of another service',
    );
    assert.equal(
      await why(post('other', json('Other_1.Get'), '{}')),
      'its X-Amz-Target is of a service that is not known',
    );
    const own = { service: 'other', host: 'other.eu-west-1.amazonaws.com', headers: json('Other_1.GetIt'), body: '{}' };
    assert.deepEqual(await told('POST /', own), ['read other:GetIt -']);
    assert.equal(await why(post('sts', form, 'Action=get-x')), 'the action that it names is none');
  });

  test("is for what the target's credential signs, whatever its client signed for", async () => {
    const http = { signs: { service: 's3' } };
    const sent = { service: 'dynamodb', headers: json('DynamoDB_20120810.GetItem'), body: '{}', http };
    assert.deepEqual(await told('POST /bucket?delete', sent), ['write s3:DeleteObject -']);
  });

  test('is read in a time that grows with its length, whatever it names', async () => {
    const started = process.cpuUsage();
    const long = ':'.repeat(900_000);
    assert.deepEqual(await post('ssm', json('AmazonSSM.GetParameter'), JSON.stringify({ Name: `${long}/` })), [
      'read ssm:GetParameter -',
    ]);
    for (const piece of ['<Object>', ' ', '&', '<Key>']) {
      const inside = piece.repeat(900_000 / piece.length);
      const body = `<Delete><Object>${inside}</Object>${inside}</Delete>`;
      assert.deepEqual(await told('POST /bucket?delete', { body }), ['write s3:DeleteObject -'], piece);
    }
    // Seconds of work, where a pattern that goes back would take hours.
    assert.ok(process.cpuUsage(started).user < 20_000_000);
  });

  test('of Lambda stands in its path', async () => {
    const fn = (line: string) => told(line, { service: 'lambda' });
    const arn = 'arn:aws:lambda:eu-west-1::function:job';
    assert.deepEqual(await fn('POST /2015-03-31/functions/job/invocations'), [`write lambda:InvokeFunction ${arn}`]);
    assert.deepEqual(await fn('GET /2015-03-31/functions/123456789012:function:job'), [
      'read lambda:GetFunction arn:aws:lambda:eu-west-1:123456789012:function:job',
    ]);
    assert.deepEqual(await fn('GET /2015-03-31/functions/'), ['read lambda:ListFunctions *']);
    assert.deepEqual(await fn('PUT /2015-03-31/functions/job/code'), [`write lambda:UpdateFunctionCode ${arn}`]);
    assert.deepEqual(await fn('GET /2018-10-31/unheard'), ['unknown unknown - it names no action that is known']);
  });
});

describe('a request to a service of method and path', () => {
  const EKS = 'arn:aws:eks:eu-west-1::cluster';
  const cases: readonly (readonly [service: string, line: string, told: string])[] = [
    ['eks', 'GET /clusters', 'read eks:ListClusters *'],
    ['eks', 'GET /clusters/prod', `read eks:DescribeCluster ${EKS}/prod`],
    ['eks', 'GET /clusters/prod/', `read eks:DescribeCluster ${EKS}/prod`],
    ['eks', 'DELETE /clusters/prod', `write eks:DeleteCluster ${EKS}/prod`],
    ['eks', 'DELETE /clusters/prod/node-groups/a', 'write eks:DeleteNodegroup -'],
    ['eks', 'POST /clusters', 'write eks:CreateCluster -'],
    [
      'lambda',
      'POST /2021-11-15/functions/job/response-streaming-invocations',
      'write lambda:InvokeFunction arn:aws:lambda:eu-west-1::function:job',
    ],
    ['lambda', 'GET /2018-10-31/layers?find=LayerVersion&Arn=a', 'read lambda:GetLayerVersion -'],
    ['lambda', 'GET /2018-10-31/layers', 'read lambda:ListLayers *'],
    ['apigateway', 'GET /restapis/a', 'read apigateway:GET arn:aws:apigateway:eu-west-1::/restapis/a'],
    ['apigateway', 'DELETE /v2/apis/a', 'write apigateway:DELETE arn:aws:apigateway:eu-west-1::/v2/apis/a'],
    ['route53', 'POST /2013-04-01/hostedzone/Z/rrset/', 'write route53:ChangeResourceRecordSets -'],
    ['cloudfront', 'POST /2020-05-31/distribution?WithTags', 'write cloudfront:CreateDistributionWithTags -'],
    ['bedrock', 'POST /model/m/converse', 'write bedrock:InvokeModel -'],
    ['codeartifact', 'POST /v1/authorization-token', 'admin codeartifact:GetAuthorizationToken - credentials'],
    [
      'elasticfilesystem',
      'DELETE /2015-02-01/file-systems/fs-1',
      'write elasticfilesystem:DeleteFileSystem arn:aws:elasticfilesystem:eu-west-1::file-system/fs-1',
    ],
    ['securityhub', 'DELETE /insights/arn:aws/a/b', 'write securityhub:DeleteInsight -'],
  ];
  for (const [service, line, wanted] of cases) {
    test(`${service} ${line} is ${wanted}`, async () => assert.deepEqual(await told(line, { service }), [wanted]));
  }

  test('is unknown where the model of the service has no such operation, or it may be two', async () => {
    const unknown = ['unknown unknown - it names no action that is known'];
    for (const [service, line] of [
      ['eks', 'GET /Clusters/prod'],
      ['eks', 'PATCH /clusters/prod'],
      ['eks', 'GET /clusters//prod'],
      ['eks', 'GET /clusters/prod/secrets'],
      ['cloudfront', 'POST /2020-05-31/distribution?withtags'],
      ['iot', 'GET /things'],
    ] as const) {
      assert.deepEqual(await told(line, { service }), unknown, line);
    }
    const twice = ['unknown unknown - it names its action in two ways'];
    assert.deepEqual(await told('GET /clusters?Action=DeleteCluster', { service: 'eks' }), twice);
  });
});
