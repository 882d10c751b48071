import type { Credential, KubernetesCredential } from '../../../model/target.ts';
import type { CachedToken, FetchToken } from '../../http/credentials/cached-token.ts';
import { type Credentials, challenges } from '../../http/credentials/credentials.ts';
import { withField } from '../../http/credentials/put-in.ts';
import type { Tokens } from '../../http/credentials/tokens.ts';
import { eksTokens } from './eks-token.ts';
import { pluginTokens } from './exec-plugin.ts';
import { serviceAccountTokens } from './service-account.ts';

/** How the gateway proves itself to a cluster where that is in none of HTTP's ways; undefined where it is in one. */
export function clusterCredentials({ kubernetes }: Credential, tokens: Tokens): Credentials | undefined {
  if (kubernetes === undefined) return undefined;
  const cached = clusterToken(kubernetes, tokens);
  let shown: readonly string[] = [];
  let last = '';
  return {
    travels: true,
    get secrets() {
      return shown;
    },
    async apply(request, _client, signal) {
      const token = await cached.get(signal);
      if (token !== last) shown = [token];
      last = token;
      // A plugin may prove by its certificate alone.
      return token === '' ? request : withField(request, 'authorization', `Bearer ${token}`);
    },
    refusedBy(reply) {
      // API servers challenge nobody: they say 401, which no client of ours could do anything about.
      const isRefused = reply.status === 401 || challenges(reply, 'bearer');
      if (isRefused) cached.forget(last);
      return isRefused;
    },
  };
}

/** The token of a cluster's credential, shared by all sessions. */
export function clusterToken(credential: KubernetesCredential, tokens: Tokens): CachedToken {
  return tokens.of(credential, secretsOf(credential), () => fetcher(credential, tokens.nowMs));
}

function fetcher(credential: KubernetesCredential, nowMs: () => number): FetchToken {
  switch (credential.kind) {
    case 'exec':
      return pluginTokens(credential, nowMs);
    case 'serviceAccount':
      return serviceAccountTokens(credential, nowMs);
    case 'eks':
      return eksTokens(credential, nowMs);
    default:
      return credential satisfies never;
  }
}

function secretsOf(credential: KubernetesCredential): readonly string[] {
  switch (credential.kind) {
    case 'exec':
      return Object.values(credential.environment).map((secret) => secret.reveal());
    case 'serviceAccount':
      return [];
    case 'eks':
      return [credential.secretAccessKey.reveal(), credential.sessionToken?.reveal() ?? ''];
    default:
      return credential satisfies never;
  }
}
