import type { HttpCredential } from '../../../model/target.ts';
import { type Credentials, challenges } from './credentials.ts';
import { githubProof, githubTokens, gitPair } from './github-app.ts';
import { oauth2Tokens } from './oauth2.ts';
import { withField } from './put-in.ts';
import type { Tokens } from './tokens.ts';

type Fetched = Extract<HttpCredential, { readonly kind: 'oauth2' | 'githubApp' }>;

/** A token that is fetched, and put into each request while it is good. Throws a `Fault` of code `config-invalid`. */
export function tokenCredentials(credential: Fetched, tokens: Tokens): Credentials {
  const { dial, nowMs } = tokens;
  const isGithub = credential.kind === 'githubApp';
  const own = isGithub ? [credential.key] : [credential.clientSecret, credential.refreshToken];
  const secrets = own.map((secret) => secret?.reveal() ?? '');
  const cached = tokens.of(credential, secrets, () =>
    isGithub ? githubTokens(credential, dial, nowMs) : oauth2Tokens(credential, dial, nowMs),
  );
  let shown: readonly string[] = [];
  let last = '';
  return {
    travels: true,
    get secrets() {
      return shown;
    },
    async apply(request, _client, signal) {
      const token = await cached.get(signal);
      if (token !== last) shown = isGithub ? [token, gitPair(token)] : [token];
      last = token;
      return withField(request, 'authorization', isGithub ? githubProof(request.target, last) : `Bearer ${last}`);
    },
    refusedBy(reply) {
      const isRefused = isGithub ? reply.status === 401 : challenges(reply, 'bearer');
      if (isRefused) cached.forget(last);
      return isRefused;
    },
  };
}
