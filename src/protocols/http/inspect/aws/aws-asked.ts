import type { HttpBodyFacts, HttpFacts } from '../../../../model/http.ts';

/** A request to AWS, as far as its action is told by it. */
export interface AwsAsked {
  readonly method: string;
  /** The target's own host, lower case. */
  readonly host: string;
  /** With the target's base path; as rules see paths. */
  readonly path: string;
  readonly query: HttpFacts['query'];
  readonly headers: HttpFacts['headers'];
  readonly body: HttpBodyFacts;
  /** The body where it was read whole and has no content coding. */
  readonly bytes: Buffer | undefined;
  /** What it will be signed for. */
  readonly region: string;
  readonly service: string;
}

/** One action of a request; a request may need several. */
export interface AwsAction {
  /** As IAM names it, service and all: `s3:GetObject`. */
  readonly action: string;
  /** ARNs; undefined where nobody can tell. */
  readonly resources: readonly string[] | undefined;
}

/** What a request asks for; one action at least. Otherwise why nobody can tell. */
export type AwsReading = readonly AwsAction[] | { readonly why: string };

/** An ARN without an account, which requests do not name. */
export function arn({ region }: AwsAsked, service: string, resource: string): string {
  return service === 's3'
    ? `arn:${partitionOf(region)}:s3:::${resource}`
    : `arn:${partitionOf(region)}:${service}:${region}::${resource}`;
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
