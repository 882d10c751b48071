import type { KubernetesCredential } from '../../../model/target.ts';
import {
  ALGORITHM,
  encoded,
  type Scope,
  scopeText,
  sha256,
  signature,
  signingKey,
  stringToSign,
  timeText,
} from '../../http/credentials/aws/canonical.ts';
import type { FetchToken } from '../../http/credentials/cached-token.ts';

/** How long a cluster takes one (aws-iam-authenticator, "API Authorization from Outside a Cluster"). */
const GOOD_MS = 14 * 60_000;
const CLUSTER = 'x-k8s-aws-id';

/** A token of EKS: the address of a question to STS, who it is that asks, signed for one cluster. Nothing is sent for it. */
export function eksTokens(
  {
    cluster,
    region,
    accessKeyId,
    secretAccessKey,
    sessionToken,
  }: Extract<KubernetesCredential, { readonly kind: 'eks' }>,
  nowMs: () => number,
): FetchToken {
  return () => {
    const scope: Scope = { at: timeText(nowMs()), region, service: 'sts' };
    const host = region.startsWith('cn-') ? `sts.${region}.amazonaws.com.cn` : `sts.${region}.amazonaws.com`;
    const pairs = [
      ['Action', 'GetCallerIdentity'],
      ['Version', '2011-06-15'],
      ['X-Amz-Algorithm', ALGORITHM],
      ['X-Amz-Credential', `${accessKeyId}/${scopeText(scope)}`],
      ['X-Amz-Date', scope.at],
      ['X-Amz-Expires', '60'],
      ...(sessionToken === undefined ? [] : [['X-Amz-Security-Token', sessionToken.reveal()]]),
      ['X-Amz-SignedHeaders', `host;${CLUSTER}`],
    ];
    const query = pairs.map(([name = '', value = '']) => `${name}=${encoded(value)}`).join('&');
    const fields = [
      ['host', host],
      [CLUSTER, cluster],
    ] as const;
    const { text } = stringToSign({ method: 'GET', path: '/', query, fields, payload: sha256('') }, scope);
    const proof = signature(signingKey(secretAccessKey.reveal(), scope), text);
    const url = `https://${host}/?${query}&X-Amz-Signature=${proof}`;
    const value = `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`;
    return Promise.resolve({ value, expiresAtMs: nowMs() + GOOD_MS });
  };
}
