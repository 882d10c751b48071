import { type AwsAsked, arn } from './aws-asked.ts';
import { functionArn } from './function-arn.ts';
import table from './rest-operations.json' with { type: 'json' };

/** An action of a service whose requests are told by method and path, and what it is done to where that is told, too. */
export interface RestAction {
  readonly action: string;
  readonly resources: readonly string[] | undefined;
}

/** Undefined where the service is none of those, or none of its operations is this request, or several may be. */
export function restAction(asked: AwsAsked): RestAction | undefined {
  const operations = operationsOf(asked.service);
  if (operations === undefined) return undefined;
  const path = segmentsOf(asked.path);
  const met = operations.filter((one) => fits(one, asked, path));
  // Written in another case a parameter may count for the service, or not.
  if (operations.some((one) => !met.includes(one) && fits(one, folded(asked), path))) return undefined;
  const [best, ...others] = met.filter((one) => !met.some((other) => other !== one && outranks(other, one)));
  if (best === undefined || others.length > 0) return undefined;
  // IAM has methods for actions there (API Gateway Developer Guide, "Actions for API Gateway management").
  if (asked.service === 'apigateway') {
    return { action: asked.method, resources: [arn(asked, 'apigateway', asked.path)] };
  }
  const name = RENAMED[`${asked.service}:${best.name}`] ?? best.name;
  return { action: name, resources: resourceOf(asked, best, path) };
}

/** Where IAM's action has another name than the operation. */
const RENAMED: Readonly<Record<string, string>> = {
  'lambda:Invoke': 'InvokeFunction',
  'lambda:InvokeAsync': 'InvokeFunction',
  'lambda:InvokeWithResponseStream': 'InvokeFunction',
  'lambda:GetLayerVersionByArn': 'GetLayerVersion',
  'bedrock:Converse': 'InvokeModel',
  'bedrock:ConverseStream': 'InvokeModelWithResponseStream',
  'bedrock:InvokeModelWithBidirectionalStream': 'InvokeModelWithResponseStream',
};

interface RestOperation {
  readonly name: string;
  readonly method: string;
  readonly segments: readonly string[];
  /** Parameters that its address has, each with its value, empty where any will do. */
  readonly query: readonly (readonly [name: string, value: string])[];
}

const SERVICES: Readonly<Record<string, string>> = table.services;
const compiled = new Map<string, readonly RestOperation[]>();
/** Parameters in addresses, by their name in lower case. */
const NAMES = new Map(
  [
    ...Object.values(SERVICES)
      .join()
      .matchAll(/[?&]([A-Za-z-]+)/g),
  ].map(([, name = '']) => [name.toLowerCase(), name]),
);

function operationsOf(service: string): readonly RestOperation[] | undefined {
  const known = compiled.get(service);
  if (known !== undefined) return known;
  if (!Object.hasOwn(SERVICES, service)) return undefined;
  const made = (SERVICES[service] ?? '').split('; ').map((line): RestOperation => {
    const [name = '', method = '', uri = ''] = line.split(' ');
    const [path = '', query = ''] = uri.split('?');
    const pairs = query.split('&').filter((pair) => pair !== '' && !pair.startsWith('x-id='));
    const asked = pairs.map((pair) => pair.split('=')).map(([key = '', value = '']) => [key, value] as const);
    return { name, method, segments: segmentsOf(path), query: asked };
  });
  compiled.set(service, made);
  return made;
}

/** A slash at the end says nothing in AWS's own paths. */
function segmentsOf(path: string): readonly string[] {
  const segments = path.slice(1).split('/');
  return segments.at(-1) === '' ? segments.slice(0, -1) : segments;
}

function fits({ method, segments, query }: RestOperation, asked: AwsAsked, path: readonly string[]): boolean {
  if (method !== asked.method || !query.every(([name, value]) => hasParameter(asked, name, value))) return false;
  const isGreedy = segments.at(-1)?.endsWith('+}') === true;
  if (isGreedy ? path.length < segments.length : path.length !== segments.length) return false;
  return segments.every((segment, at) => (isLabel(segment) ? path[at] !== '' : segment === path[at]));
}

function hasParameter({ query }: AwsAsked, name: string, value: string): boolean {
  const values = Object.hasOwn(query, name) ? query[name] : undefined;
  return values !== undefined && (value === '' || values.includes(value));
}

/** With parameters as the addresses of services write them, whatever their case. */
function folded(asked: AwsAsked): AwsAsked {
  const query = Object.entries(asked.query).map(([name, values]) => [NAMES.get(name.toLowerCase()) ?? name, values]);
  return { ...asked, query: Object.fromEntries(query) as AwsAsked['query'] };
}

/** True where one says more of the path and the query than the other. */
function outranks(one: RestOperation, other: RestOperation): boolean {
  if (one.query.length !== other.query.length) return one.query.length > other.query.length;
  const at = one.segments.findIndex((segment, index) => isLabel(segment) !== isLabel(other.segments[index] ?? '{+}'));
  return at >= 0 && !isLabel(one.segments[at] ?? '{}');
}

function isLabel(segment: string): boolean {
  return segment.startsWith('{');
}

/** Where a service's resource is one label of the address, what stands in an ARN for it. */
const RESOURCES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  eks: { '/clusters/{name}': 'cluster/', '/clusters/{clusterName}': 'cluster/' },
  elasticfilesystem: { '/2015-02-01/file-systems/{FileSystemId}': 'file-system/' },
  scheduler: { '/schedule-groups/{Name}': 'schedule-group/' },
};

function resourceOf(
  asked: AwsAsked,
  { name, segments }: RestOperation,
  path: readonly string[],
): readonly string[] | undefined {
  const labels = segments.flatMap((segment, at) => (isLabel(segment) ? [at] : []));
  if (labels.length === 0) return asked.method === 'GET' && name.startsWith('List') ? ['*'] : undefined;
  const [at = 0, ...others] = labels;
  const value = decodeURIComponent(path[at] ?? '');
  if (asked.service === 'lambda' && segments[at] === '{FunctionName}') {
    const of = functionArn(value, asked);
    return of === undefined ? undefined : [of];
  }
  const before = RESOURCES[asked.service]?.[`/${segments.slice(0, at + 1).join('/')}`];
  return before === undefined || others.length > 0 ? undefined : [arn(asked, asked.service, `${before}${value}`)];
}
