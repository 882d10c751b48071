import type { LentTarget } from './grant-request.ts';

/** What requests to a target are for: what its credential signs for, or what its names on AWS say. */
export function awsPlace(
  { region, service }: NonNullable<LentTarget['aws']>,
  hosts: LentTarget['hosts'] = [],
): { readonly region?: string; readonly service?: string } {
  const own = service ?? only(hosts, (labels) => labels.findLast((label) => !REGION.test(label)));
  const at = region ?? only(hosts, (labels) => labels.find((label) => REGION.test(label)));
  return { ...(own === undefined ? {} : { service: own }), ...(at === undefined ? {} : { region: at }) };
}

const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d+$/;

/** What all names on AWS say alike: `s3.eu-west-1.amazonaws.com`, `bucket.s3.eu-west-1.amazonaws.com`. */
function only(hosts: readonly string[], of: (labels: readonly string[]) => string | undefined): string | undefined {
  const said = hosts.flatMap((host) => {
    const [, before] = /^(.+)\.amazonaws\.com(?:\.cn)?$/.exec(host) ?? [];
    return before === undefined ? [] : [of(before.split('.'))];
  });
  return new Set(said).size === 1 ? said[0] : undefined;
}
