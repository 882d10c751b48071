import { type AwsAsked, type AwsReading } from './aws-asked.ts';
import { isAwsHost } from './aws-host.ts';
import { resourcesOf } from './named-resources.ts';
import { restAction } from './rest-actions.ts';

/**
 * What a request says by name: `X-Amz-Target` of AWS's JSON protocols, `Action` of its query protocol, the path of
 * Smithy's RPC, method and path of its REST protocols. Where it says so in two ways, nobody can tell which one counts.
 */
export function namedActions(asked: AwsAsked): AwsReading {
  const rest = restAction(asked);
  const ways = [byTarget(asked), byAction(asked), byPath(asked), rest?.action].filter((way) => way !== undefined);
  const [way, ...others] = ways;
  if (way === undefined) return { why: 'it names no action that is known' };
  if (others.length > 0) return { why: 'it names its action in two ways' };
  if (typeof way !== 'string') return way;
  if (!/^[A-Z][A-Za-z0-9]{1,99}$/.test(way)) return { why: 'the action that it names is none' };
  const service = IAM[asked.service] ?? asked.service;
  return [
    { action: `${service}:${way}`, resources: rest === undefined ? resourcesOf(service, way, asked) : rest.resources },
  ];
}

type Way = string | { readonly why: string } | undefined;

/** IAM calls some services otherwise than signatures do. */
const IAM: Readonly<Record<string, string>> = { monitoring: 'cloudwatch', email: 'ses', tagging: 'tag' };

/** `DynamoDB_20120810.GetItem`. */
function byTarget({ headers, method, path, host, service }: AwsAsked): Way {
  const named = headers['x-amz-target'];
  if (named === undefined) return undefined;
  const [, prefix = '', action] = /^([A-Za-z0-9_.]+)\.([A-Za-z0-9]+)$/.exec(named) ?? [];
  if (action === undefined || method !== 'POST' || path !== '/') return { why: 'its X-Amz-Target cannot be read' };
  const known = SERVICES.find(([of]) => of.test(prefix));
  if (known !== undefined && known[1] !== service) return { why: 'its X-Amz-Target is of another service' };
  // A server that is all of AWS in one goes by the name, and AWS itself by the signature.
  return known === undefined && !isAwsHost(host)
    ? { why: 'its X-Amz-Target is of a service that is not known' }
    : action;
}

const SERVICES: readonly (readonly [prefix: RegExp, service: string])[] = [
  [/^DynamoDB(?:Streams)?_\d+$/, 'dynamodb'],
  [/^secretsmanager$/, 'secretsmanager'],
  [/^AmazonSSM$/, 'ssm'],
  [/^TrentService$/, 'kms'],
  [/^AmazonSQS$/, 'sqs'],
  [/^Logs_\d+$/, 'logs'],
  [/^Kinesis_\d+$/, 'kinesis'],
  [/^Firehose_\d+$/, 'firehose'],
  [/^AWSEvents$/, 'events'],
  [/^AWSStepFunctions$/, 'states'],
  [/^AmazonEC2ContainerServiceV\d+$/, 'ecs'],
  [/^AmazonEC2ContainerRegistry_V\d+$/, 'ecr'],
  [/^CodeBuild_\d+$/, 'codebuild'],
  [/^CodeCommit_\d+$/, 'codecommit'],
  [/^CodePipeline_\d+$/, 'codepipeline'],
  [/^CertificateManager$/, 'acm'],
  [/^AWSGlue$/, 'glue'],
  [/^AmazonAthena$/, 'athena'],
  [/^AWSCognitoIdentityProviderService$/, 'cognito-idp'],
  [/^AWSCognitoIdentityService$/, 'cognito-identity'],
  [/^AWSOrganizationsV\d+$/, 'organizations'],
  [/^GraniteServiceVersion\d+$/, 'monitoring'],
  [/^ResourceGroupsTaggingAPI_\d+$/, 'tagging'],
];

/** In a form or, by GET, in the query; services of SQS take it at a queue's own path. */
function byAction({ method, path, query, body, service }: AwsAsked): Way {
  const sent = [...namesAlike(query), ...(body.kind === 'fields' ? namesAlike(body.value) : [])];
  if (sent.length === 0) return undefined;
  const [only, ...others] = sent;
  const isPlace = path === '/' || service === 'sqs';
  if (others.length > 0 || typeof only !== 'string' || !isPlace || !['GET', 'POST'].includes(method)) {
    return { why: 'its Action cannot be read' };
  }
  return only;
}

/** What `Action` is, and what differs from that name in case alone. */
function namesAlike(fields: unknown): readonly unknown[] {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return [];
  return Object.entries(fields)
    .filter(([name]) => name.toLowerCase() === 'action')
    .flatMap(([name, value]: readonly [string, unknown]): readonly unknown[] => {
      if (name !== 'Action') return [undefined, undefined];
      return Array.isArray(value) ? (value as readonly unknown[]) : [value];
    });
}

/** `/service/GraniteServiceVersion20100801/operation/PutMetricData` (Smithy RPC v2 CBOR). */
function byPath({ headers, method, path, host }: AwsAsked): Way {
  if (headers['smithy-protocol'] === undefined) return undefined;
  const [, action] = /^\/service\/[A-Za-z0-9_.]+\/operation\/([A-Za-z0-9]+)$/.exec(path) ?? [];
  return action === undefined || method !== 'POST' || !isAwsHost(host)
    ? { why: 'its operation cannot be read' }
    : action;
}
