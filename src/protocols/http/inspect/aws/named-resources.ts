import type { JsonValue } from '../../../../model/http.ts';
import { type AwsAsked, arn } from './aws-asked.ts';

/** ARNs of what a request names, in the way of its service; undefined where nothing that is known names anything. */
export function resourcesOf(service: string, action: string, asked: AwsAsked): readonly string[] | undefined {
  const { body } = asked;
  const fields = body.kind === 'fields' ? body.value : Object.fromEntries(Object.entries(asked.query));
  if (!isObject(fields)) return undefined;
  if (ABOUT_ALL.has(`${service}:${action}`)) return ['*'];
  if (service === 'dynamodb') return tablesOf(fields, action, asked);
  const members = Object.hasOwn(MEMBERS, service) ? MEMBERS[service] : undefined;
  if (members === undefined) return undefined;
  const found = Object.entries(members).flatMap(([member, of]) => {
    const value = Object.hasOwn(fields, member) ? fields[member] : undefined;
    const texts = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
    return texts
      .filter((one) => typeof one === 'string')
      .flatMap((one) => (isLong(one) ? [one] : one.startsWith('arn:') ? ofArn(one) : of(one)));
  });
  if (found.length === 0 || found.some(isLong)) return undefined;
  return [...new Set(found.map((one) => whole(one, service, asked)))];
}

/** No resource has a name of more characters (IAM, "Quotas": 2,048 of an ARN); what is longer is not looked into. */
const MOST_CHARACTERS = 2_048;

function isLong(name: string): boolean {
  return name.length > MOST_CHARACTERS;
}

/** They name nothing, and are about the account. */
const ABOUT_ALL: ReadonlySet<string> = new Set(
  `sts:GetCallerIdentity dynamodb:ListTables dynamodb:DescribeLimits dynamodb:DescribeEndpoints sqs:ListQueues
  secretsmanager:ListSecrets secretsmanager:GetRandomPassword ssm:DescribeParameters kms:ListKeys kms:ListAliases
  kms:GenerateRandom sns:ListTopics sns:ListSubscriptions kinesis:ListStreams lambda:ListFunctions logs:DescribeLogGroups`.split(
    /\s+/,
  ),
);

type Resource = (name: string) => readonly string[];
const named =
  (before: string): Resource =>
  (name) => [`${before}${name}`];

/** By service, the members that name what it is about, and what stands in an ARN for each. */
const MEMBERS: Readonly<Record<string, Readonly<Record<string, Resource>>>> = {
  sqs: { QueueUrl: ofQueueUrl, QueueName: named(''), SourceArn: named(''), DestinationArn: named('') },
  sns: {
    TopicArn: named(''),
    TargetArn: named(''),
    ResourceArn: named(''),
    SubscriptionArn: named(''),
    Name: named(''),
  },
  secretsmanager: { SecretId: named('secret:'), SecretIdList: named('secret:'), Name: named('secret:') },
  ssm: { Name: ofParameter, Names: ofParameter, Path: ofParameter },
  kms: { KeyId: ofKey, SourceKeyId: ofKey, DestinationKeyId: ofKey, AliasName: ofKey, TargetKeyId: ofKey },
  logs: {
    logGroupName: named('log-group:'),
    logGroupNames: named('log-group:'),
    logGroupIdentifier: named('log-group:'),
  },
  kinesis: { StreamName: named('stream/'), StreamARN: named(''), ConsumerARN: named('') },
  firehose: { DeliveryStreamName: named('deliverystream/') },
  states: { stateMachineArn: named(''), executionArn: named('') },
  sts: { RoleArn: named('') },
};

/** Secrets' own ARNs end in six characters that nobody writes in a rule: the one without counts as well. */
function ofArn(text: string): readonly string[] {
  return /^arn:[^:]*:secretsmanager:.*-[A-Za-z0-9]{6}$/.test(text) ? [text, text.slice(0, -7)] : [text];
}

/** `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`. */
function ofQueueUrl(url: string): readonly string[] {
  const [, account, name] = /\/(\d{12})\/([A-Za-z0-9_.-]{1,80})$/.exec(url) ?? [];
  return name === undefined ? [url.slice(url.lastIndexOf('/') + 1)] : [`${account}:${name}`];
}

/** A version or a label may stand behind it. */
function ofParameter(name: string): readonly string[] {
  return [`parameter/${name.replace(/^\/+/, '').replace(/:[^/]*$/, '')}`];
}

function ofKey(id: string): readonly string[] {
  return [id.startsWith('alias/') ? id : `key/${id}`];
}

/** Of a resource that may have its account before it. */
function whole(resource: string, service: string, asked: AwsAsked): string {
  if (resource.startsWith('arn:')) return resource;
  const [, account, name] = /^(\d{12}):(.*)$/s.exec(resource) ?? [];
  if (account === undefined || name === undefined) return arn(asked, service, resource);
  return arn(asked, service, name).replace('::', `:${account}:`);
}

/** PartiQL says in its statements what it is about. */
const BY_STATEMENT: ReadonlySet<string> = new Set(['ExecuteStatement', 'BatchExecuteStatement', 'ExecuteTransaction']);
/** Where DynamoDB's requests name tables, by name or as ARNs. */
const TABLE_MEMBERS: ReadonlySet<string> = new Set([
  'TableName',
  'TableArn',
  'ResourceArn',
  'StreamArn',
  'BackupArn',
  'SourceTableName',
  'SourceTableArn',
  'TargetTableName',
  'GlobalTableName',
]);

/** Wherever in it a table is named; values of items are objects, and never texts. */
function tablesOf(fields: Readonly<Record<string, JsonValue>>, action: string, asked: AwsAsked) {
  if (BY_STATEMENT.has(action)) return undefined;
  const names = new Set<string>();
  const left: JsonValue[] = [fields];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (Array.isArray(value)) left.push(...(value as readonly JsonValue[]));
    if (!isObject(value)) continue;
    for (const [name, inner] of Object.entries(value)) {
      if (typeof inner === 'string' && TABLE_MEMBERS.has(name)) names.add(inner);
      else if (name === 'RequestItems' && isObject(inner)) for (const table of Object.keys(inner)) names.add(table);
      left.push(inner);
    }
  }
  if (names.size === 0 || [...names].some(isLong)) return undefined;
  return [...names].map((name) => (name.startsWith('arn:') ? tableOf(name) : arn(asked, 'dynamodb', `table/${name}`)));
}

/** A stream's, an index's or a backup's ARN begins with its table's. */
function tableOf(text: string): string {
  return text.replace(/^(arn:[^/]*:table\/[^/]+)\/.*$/s, '$1');
}

function isObject(value: unknown): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
