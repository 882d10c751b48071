/** Amazon S3's requests as IAM names them (Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3"). */

export type Verb = 'GET' | 'PUT' | 'POST' | 'DELETE';
export type Row = { readonly [Key in Verb]?: string };

const same = (get: string, put: string, remove?: string): Row => ({
  GET: get,
  PUT: put,
  ...(remove === undefined ? {} : { DELETE: remove }),
});
/** What is put may be deleted, by the same permission. */
const both = (name: string): Row => same(`Get${name}`, `Put${name}`, `Put${name}`);

/** By the parameter that names what of a bucket is meant; the empty one is the bucket itself. */
export const OF_BUCKET: Readonly<Record<string, Row>> = {
  '': { GET: 'ListBucket', PUT: 'CreateBucket', DELETE: 'DeleteBucket' },
  accelerate: same('GetAccelerateConfiguration', 'PutAccelerateConfiguration'),
  acl: same('GetBucketAcl', 'PutBucketAcl'),
  analytics: both('AnalyticsConfiguration'),
  cors: both('BucketCORS'),
  delete: { POST: 'DeleteObject' },
  encryption: both('EncryptionConfiguration'),
  'intelligent-tiering': both('IntelligentTieringConfiguration'),
  inventory: both('InventoryConfiguration'),
  lifecycle: both('LifecycleConfiguration'),
  location: { GET: 'GetBucketLocation' },
  logging: same('GetBucketLogging', 'PutBucketLogging'),
  metrics: both('MetricsConfiguration'),
  notification: same('GetBucketNotification', 'PutBucketNotification'),
  'object-lock': same('GetBucketObjectLockConfiguration', 'PutBucketObjectLockConfiguration'),
  ownershipControls: both('BucketOwnershipControls'),
  policy: same('GetBucketPolicy', 'PutBucketPolicy', 'DeleteBucketPolicy'),
  policyStatus: { GET: 'GetBucketPolicyStatus' },
  publicAccessBlock: both('BucketPublicAccessBlock'),
  replication: both('ReplicationConfiguration'),
  requestPayment: same('GetBucketRequestPayment', 'PutBucketRequestPayment'),
  tagging: both('BucketTagging'),
  uploads: { GET: 'ListBucketMultipartUploads' },
  versioning: same('GetBucketVersioning', 'PutBucketVersioning'),
  versions: { GET: 'ListBucketVersions' },
  website: same('GetBucketWebsite', 'PutBucketWebsite', 'DeleteBucketWebsite'),
};

/** The same of an object. */
export const OF_OBJECT: Readonly<Record<string, Row>> = {
  '': { GET: 'GetObject', PUT: 'PutObject', DELETE: 'DeleteObject' },
  acl: same('GetObjectAcl', 'PutObjectAcl'),
  attributes: { GET: 'GetObjectAttributes' },
  'legal-hold': same('GetObjectLegalHold', 'PutObjectLegalHold'),
  restore: { POST: 'RestoreObject' },
  retention: same('GetObjectRetention', 'PutObjectRetention'),
  select: { POST: 'GetObject' },
  tagging: same('GetObjectTagging', 'PutObjectTagging', 'DeleteObjectTagging'),
  torrent: { GET: 'GetObjectTorrent' },
  uploadId: { GET: 'ListMultipartUploadParts', PUT: 'PutObject', POST: 'PutObject', DELETE: 'AbortMultipartUpload' },
  uploads: { POST: 'PutObject' },
};

/** What an action is called where the request names a version (`versionId`). */
export const OF_VERSION: Readonly<Record<string, string>> = {
  GetObject: 'GetObjectVersion',
  DeleteObject: 'DeleteObjectVersion',
  GetObjectAcl: 'GetObjectVersionAcl',
  PutObjectAcl: 'PutObjectVersionAcl',
  GetObjectAttributes: 'GetObjectVersionAttributes',
  GetObjectTagging: 'GetObjectVersionTagging',
  PutObjectTagging: 'PutObjectVersionTagging',
  DeleteObjectTagging: 'DeleteObjectVersionTagging',
  GetObjectTorrent: 'GetObjectVersionTorrent',
};

/** Parameters that change nothing of what is asked; with any other one nobody can tell. Those of presigned URLs are taken off. */
export const NEUTRAL: ReadonlySet<string> = new Set(
  `x-id prefix delimiter marker max-keys list-type continuation-token start-after encoding-type fetch-owner key-marker
  version-id-marker upload-id-marker max-uploads part-number-marker max-parts partNumber id select-type versionId max-buckets
  bucket-region response-content-type response-content-language response-expires response-cache-control
  response-content-disposition response-content-encoding X-Amz-Algorithm X-Amz-Credential X-Amz-Date X-Amz-Expires
  X-Amz-SignedHeaders X-Amz-Signature X-Amz-Security-Token X-Amz-Content-Sha256 x-amz-checksum-mode
  x-amz-sdk-checksum-algorithm x-amz-checksum-crc32 x-amz-checksum-crc32c x-amz-checksum-crc64nvme x-amz-checksum-sha1
  x-amz-checksum-sha256`.split(/\s+/),
);

/** What headers ask for beside the request itself, of an object and of a bucket. */
export const BY_HEADER: readonly (readonly [header: RegExp, ofObject: string, ofBucket: string | undefined])[] = [
  [/^x-amz-(?:acl|grant-)/, 'PutObjectAcl', 'PutBucketAcl'],
  [/^x-amz-tagging$/, 'PutObjectTagging', undefined],
  [/^x-amz-object-lock-(?:mode|retain-until-date)$/, 'PutObjectRetention', undefined],
  [/^x-amz-object-lock-legal-hold$/, 'PutObjectLegalHold', undefined],
  [/^x-amz-bypass-governance-retention$/, 'BypassGovernanceRetention', 'BypassGovernanceRetention'],
  [/^x-amz-object-ownership$/, 'PutBucketOwnershipControls', 'PutBucketOwnershipControls'],
  [/^x-amz-bucket-object-lock-enabled$/, 'PutBucketObjectLockConfiguration', 'PutBucketObjectLockConfiguration'],
];
