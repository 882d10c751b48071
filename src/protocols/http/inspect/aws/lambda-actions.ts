import { type AwsAsked, type AwsReading, arn } from './aws-asked.ts';

/** AWS Lambda's requests about functions (AWS Lambda API Reference), by method and by what stands behind the name. */
const OF_FUNCTION: Readonly<Record<string, string>> = {
  'GET ': 'GetFunction',
  'DELETE ': 'DeleteFunction',
  'GET configuration': 'GetFunctionConfiguration',
  'PUT configuration': 'UpdateFunctionConfiguration',
  'PUT code': 'UpdateFunctionCode',
  'POST invocations': 'InvokeFunction',
  'POST invoke-async': 'InvokeFunction',
  'POST response-streaming-invocations': 'InvokeFunction',
  'GET versions': 'ListVersionsByFunction',
  'POST versions': 'PublishVersion',
  'GET aliases': 'ListAliases',
  'POST aliases': 'CreateAlias',
  'GET policy': 'GetPolicy',
  'POST policy': 'AddPermission',
  'GET concurrency': 'GetFunctionConcurrency',
  'PUT concurrency': 'PutFunctionConcurrency',
  'DELETE concurrency': 'DeleteFunctionConcurrency',
  'GET url': 'GetFunctionUrlConfig',
  'POST url': 'CreateFunctionUrlConfig',
};

export function lambdaActions(asked: AwsAsked): AwsReading {
  const [, rest] = /^\/20\d\d-\d\d-\d\d\/functions(\/.*)?$/.exec(asked.path) ?? [];
  const [name, ...behind] = decodeURIComponent(rest ?? '')
    .split('/')
    .slice(1);
  if (rest === undefined && !asked.path.endsWith('/functions')) return UNKNOWN;
  if (name === undefined || name === '') {
    if (behind.length > 0) return UNKNOWN;
    if (asked.method === 'GET') return [{ action: 'lambda:ListFunctions', resources: ['*'] }];
    return asked.method === 'POST' ? [{ action: 'lambda:CreateFunction', resources: undefined }] : UNKNOWN;
  }
  const key = `${asked.method} ${behind.join('/').replace(/\/$/, '')}`;
  const action = Object.hasOwn(OF_FUNCTION, key) ? OF_FUNCTION[key] : undefined;
  if (action === undefined) return UNKNOWN;
  const resource = name.startsWith('arn:') ? name : functionOf(name, asked);
  return [{ action: `lambda:${action}`, resources: resource === undefined ? undefined : [resource] }];
}

const UNKNOWN: AwsReading = { why: 'it is none of the requests of Lambda that are known' };

/** `name`, `name:version`, `account:function:name`. */
function functionOf(name: string, asked: AwsAsked): string | undefined {
  const [, account, own] = /^(\d{12}):function:([A-Za-z0-9_-]+(?::[A-Za-z0-9_$-]+)?)$/.exec(name) ?? [];
  if (own !== undefined) return arn(asked, 'lambda', `function:${own}`).replace('::', `:${account}:`);
  return /^[A-Za-z0-9_-]+(?::[A-Za-z0-9_$-]+)?$/.test(name) ? arn(asked, 'lambda', `function:${name}`) : undefined;
}
