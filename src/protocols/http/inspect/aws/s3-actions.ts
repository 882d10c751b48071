import { type AwsAction, type AwsAsked, type AwsReading, arn } from './aws-asked.ts';
import { bucketOfHost } from './aws-host.ts';
import { deletedKeys } from './deleted-keys.ts';
import { BY_HEADER, NEUTRAL, OF_BUCKET, OF_OBJECT, OF_VERSION, type Row, type Verb } from './s3-table.ts';

/** What a request to Amazon S3 asks for, the bucket in its path or in the target's own host. */
export function s3Actions(asked: AwsAsked): AwsReading {
  const place = placeOf(asked);
  if (place === undefined) return { why: 'its address names no bucket that can be read' };
  const names = Object.keys(asked.query);
  const meant = names.filter((name) => !NEUTRAL.has(name));
  const table = place.key === undefined ? OF_BUCKET : OF_OBJECT;
  const [sub = '', ...others] = meant;
  const row = Object.hasOwn(table, sub) ? table[sub] : undefined;
  const verb = asked.method === 'HEAD' ? 'GET' : asked.method;
  const name = row && isVerb(verb) ? row[verb] : undefined;
  if (place.bucket === undefined) {
    const isList = verb === 'GET' && meant.length === 0;
    return isList ? [{ action: 's3:ListAllMyBuckets', resources: ['*'] }] : { why: NO_ACTION };
  }
  if (name === undefined || row === undefined || others.length > 0) return { why: NO_ACTION };
  if (!fitsParameters(asked, place, sub, row)) return { why: NO_ACTION };
  if (sub === 'delete') return severalDeleted(asked, place.bucket);
  const isVersion = asked.query['versionId'] !== undefined;
  const action = (isVersion ? OF_VERSION[name] : undefined) ?? name;
  const resource = arn(asked, 's3', place.key === undefined ? place.bucket : `${place.bucket}/${place.key}`);
  return [
    { action: `s3:${action}`, resources: [resource] },
    ...besides(asked, name, resource, place.key !== undefined),
  ];
}

const NO_ACTION = 'it is none of the requests of S3 that are known';

interface Place {
  readonly bucket: string | undefined;
  readonly key: string | undefined;
}

/** Undefined where what stands for a bucket is something else: an access point's ARN, say. */
function placeOf({ host, path }: AwsAsked): Place | undefined {
  const text = decodeURIComponent(path);
  const ofHost = bucketOfHost(host);
  if (ofHost !== undefined) return { bucket: ofHost, key: text === '/' ? undefined : text.slice(1) };
  if (text === '/') return { bucket: undefined, key: undefined };
  const slash = text.indexOf('/', 1);
  const bucket = slash < 0 ? text.slice(1) : text.slice(1, slash);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(bucket)) return undefined;
  const key = slash < 0 ? '' : text.slice(slash + 1);
  return { bucket, key: key === '' ? undefined : key };
}

function isVerb(method: string): method is Verb {
  return method === 'GET' || method === 'PUT' || method === 'POST' || method === 'DELETE';
}

/** A name that is there twice has two readings; parts are parts of an upload, and versions are of objects. */
function fitsParameters({ query, method }: AwsAsked, { key }: Place, sub: string, row: Row): boolean {
  if (Object.values(query).some((values) => values.length > 1)) return false;
  if (query['versionId'] !== undefined && (key === undefined || query['versionId'][0] === '')) return false;
  if (method === 'PUT' && (sub === 'uploadId') !== (query['partNumber'] !== undefined)) return false;
  return sub !== 'select' || (row.POST !== undefined && query['select-type']?.[0] === '2');
}

/** What headers ask for beside: rights, tags, locks, and the object that is copied. */
function besides(asked: AwsAsked, name: string, resource: string, isObject: boolean): readonly AwsAction[] {
  const headers = Object.keys(asked.headers);
  const found = BY_HEADER.flatMap(([header, ofObject, ofBucket]): readonly AwsAction[] => {
    const action = isObject ? ofObject : ofBucket;
    const isAsked = headers.some((one) => header.test(one));
    return !isAsked || action === undefined || action === name
      ? []
      : [{ action: `s3:${action}`, resources: [resource] }];
  });
  const source = asked.headers['x-amz-copy-source'];
  return source === undefined ? found : [...found, copied(asked, source)];
}

/** `bucket/key`, percent-encoded, with `?versionId=` behind it. */
function copied(asked: AwsAsked, source: string): AwsAction {
  const [, bucket, key, version] =
    /^\/?([A-Za-z0-9][A-Za-z0-9._-]{1,254})\/([^?]+)(\?versionId=[^&]+)?$/.exec(source) ?? [];
  const action = version === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
  const plain = key === undefined || source.includes(', ') ? undefined : decoded(key);
  if (bucket === undefined || plain === undefined) return { action: 's3:GetObject', resources: undefined };
  return { action, resources: [arn(asked, 's3', `${bucket}/${plain}`)] };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // What is no UTF-8 has a name that nobody can tell.
    return undefined;
  }
}

function severalDeleted(asked: AwsAsked, bucket: string): AwsReading {
  const keys = asked.bytes && deletedKeys(asked.bytes);
  if (keys === undefined) return [{ action: 's3:DeleteObject', resources: undefined }];
  const of = (action: string, isVersion: boolean): readonly AwsAction[] => {
    const some = keys.filter((one) => one.isVersion === isVersion);
    if (some.length === 0) return [];
    return [{ action, resources: [...new Set(some.map(({ key }) => arn(asked, 's3', `${bucket}/${key}`)))] }];
  };
  const found = [...of('s3:DeleteObject', false), ...of('s3:DeleteObjectVersion', true)];
  return [...found, ...besides(asked, 'DeleteObject', arn(asked, 's3', `${bucket}/*`), false)];
}
