import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  None,
} from 'openid-client';
import { LIMITS } from '../model/limits.ts';
import type { LoginConfig } from './login-config.ts';
import { LoginRefused } from './login-refused.ts';

export interface LoginProvider {
  /** Rejects with `LoginRefused`. */
  configuration(): Promise<Configuration>;
  /** An answer did not hold good: its keys may be others by now, so all is asked for again before the next login. */
  doubt(): void;
}

/**
 * Asks the provider for its metadata when it is first needed (OpenID Connect Discovery 1.0), and again when that has
 * grown old: a provider that is down when the gateway starts keeps nobody out later. What is known stays in use while
 * the provider cannot be asked.
 */
export function loginProvider(config: LoginConfig, now: () => number): LoginProvider {
  let known: { readonly configuration: Configuration; readonly atMs: number } | undefined;
  let failed: { readonly refused: LoginRefused; readonly atMs: number } | undefined;
  let asking: Promise<Configuration> | undefined;
  const ask = async () => {
    try {
      const configuration = await discover(config);
      known = { configuration, atMs: now() };
      failed = undefined;
      return configuration;
    } catch (cause) {
      const refused = new LoginRefused(
        'provider-unavailable',
        `The login provider ${config.name} cannot be reached, or is not what the configuration says.`,
        { cause },
      );
      failed = { refused, atMs: now() };
      if (known) return known.configuration;
      throw refused;
    } finally {
      asking = undefined;
    }
  };
  return {
    configuration: async () => {
      if (known && now() - known.atMs < LIMITS.loginProviderFreshMs) return known.configuration;
      if (failed && now() - failed.atMs < LIMITS.loginProviderRetryMs) {
        if (known) return known.configuration;
        throw failed.refused;
      }
      asking ??= ask();
      return asking;
    },
    doubt: () => {
      if (known) known = { ...known, atMs: Number.NEGATIVE_INFINITY };
    },
  };
}

function discover({ issuer, clientId, clientSecret }: LoginConfig): Promise<Configuration> {
  const url = new URL(issuer);
  return discovery(url, clientId, {}, clientSecret ? byMetadata(clientSecret.reveal()) : None(), {
    timeout: LIMITS.loginProviderMs / 1000,
    // The ID token's signature is checked although it came over TLS: a proxy may stand in between.
    execute: [enableNonRepudiationChecks, ...(url.protocol === 'http:' ? [allowInsecureRequests] : [])],
  });
}

/** As the provider takes it; HTTP Basic where it does not say (Discovery 1.0, 3). */
function byMetadata(secret: string): ClientAuth {
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)];
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const method = methods.includes('client_secret_basic') ? basic : post;
    method(server, client, body, headers);
  };
}
