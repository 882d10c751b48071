/** The few parts of oidc-provider that the tests use; the package brings no types of its own. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http';
  import type { JWK } from 'jose';

  export interface ResourceServer {
    readonly scope: string;
    readonly audience: string;
    readonly accessTokenFormat: 'jwt';
    readonly accessTokenTTL: number;
    readonly jwt: { readonly sign: { readonly alg: string } };
  }

  export interface Configuration {
    readonly jwks: { readonly keys: readonly JWK[] };
    readonly clients: readonly object[];
    readonly scopes?: readonly string[];
    readonly features: {
      readonly clientCredentials: { readonly enabled: true };
      readonly devInteractions: { readonly enabled: false };
      readonly resourceIndicators: {
        readonly enabled: true;
        readonly getResourceServerInfo: (ctx: unknown, resource: string) => ResourceServer;
      };
    };
    readonly extraTokenClaims: (ctx: unknown, token: { readonly clientId: string }) => object;
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration);
    callback(): RequestListener;
  }
}
