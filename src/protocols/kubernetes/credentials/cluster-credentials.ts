import type { Credential, KubernetesCredential } from '../../../model/target.ts';
import type { CachedToken, FetchToken } from '../../http/credentials/cached-token.ts';
import { type Credentials, challenges, credentialsOf } from '../../http/credentials/credentials.ts';
import { withField } from '../../http/credentials/put-in.ts';
import type { Tokens } from '../../http/credentials/tokens.ts';
import { eksTokens } from './eks-token.ts';
import { pluginTokens } from './exec-plugin.ts';
import { serviceAccountTokens } from './service-account.ts';

/** How the gateway proves itself to a cluster: in one of HTTP's ways, or in one that clusters alone have. */
export function clusterCredentials(credential: Credential, tokens: Tokens): Credentials {
  const { kubernetes } = credential;
  if (kubernetes === undefined) return unchallenged(credentialsOf(credential, tokens));
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
      const isRefused = reply.status === 401 || challenges(reply, 'bearer');
      if (isRefused) cached.forget(last);
      return isRefused;
    },
  };
}

/** API servers challenge nobody: they say 401, which no client of ours could do anything about. */
function unchallenged(own: Credentials): Credentials {
  return {
    travels: own.travels,
    get secrets() {
      return own.secrets;
    },
    apply: (...request) => own.apply(...request),
    refusedBy: (reply) => own.refusedBy(reply) || reply.status === 401,
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
