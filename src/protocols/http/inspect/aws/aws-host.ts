const AWS = /\.amazonaws\.com(?:\.cn)?$/;
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d+$/;

/** `eu-west-1.queue.amazonaws.com` of older clients. */
const OLD_NAMES: Readonly<Record<string, string>> = { queue: 'sqs' };

/** The labels of one of AWS's own hosts, before `amazonaws.com`; undefined of any other host. */
function labelsOf(host: string): readonly string[] | undefined {
  return AWS.test(host)
    ? host
        .replace(AWS, '')
        .split('.')
        .map((label) => OLD_NAMES[label] ?? label)
    : undefined;
}

export function isAwsHost(host: string): boolean {
  return AWS.test(host);
}

/** Why a host of AWS's own is not for this service and region; other hosts may be for any. */
export function hostMismatch(host: string, service: string, region: string): string | undefined {
  const labels = labelsOf(host);
  if (labels === undefined) return undefined;
  if (!labels.some((label) => label === service || label.startsWith(`${service}-`))) {
    return 'it is signed for another service than that of its host';
  }
  const regions = regionsIn(labels);
  if (regions.length === 0 || regions.includes(region)) return undefined;
  return 'it is signed for another region than that of its host';
}

/** What an AWS host is for; requests on record bear no signature that says it. */
export function placeOfHost(host: string): { readonly service?: string; readonly region?: string } {
  const labels = labelsOf(host) ?? [];
  const service = labels.findLast((label) => !REGION.test(label));
  if (service === undefined) return {};
  // Those without a region are of all regions, and signed for this one.
  return { service: BUCKETS.test(service) ? 's3' : service, region: regionsIn(labels)[0] ?? 'us-east-1' };
}

/** Also in `s3-eu-west-1`. */
function regionsIn(labels: readonly string[]): readonly string[] {
  return labels.flatMap((label) => [label, label.slice(label.indexOf('-') + 1)]).filter((one) => REGION.test(one));
}

const BUCKETS = /^s3-(?:accelerate|fips|[a-z]{2}(?:-[a-z]+)+-\d+)$/;

/** The bucket in `BUCKET.s3.REGION.amazonaws.com` and its kin. */
export function bucketOfHost(host: string): string | undefined {
  const labels = labelsOf(host);
  const at = labels?.findIndex((label) => label === 's3' || BUCKETS.test(label));
  return labels === undefined || at === undefined || at <= 0 ? undefined : labels.slice(0, at).join('.');
}
