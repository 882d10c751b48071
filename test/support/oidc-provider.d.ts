/** The few parts of oidc-provider that the tests use; the package brings no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
  import type { JWK } from 'jose';

  export interface ResourceServer {
    readonly scope: string;
    readonly audience: string;
    readonly accessTokenFormat: 'jwt';
    readonly accessTokenTTL: number;
    readonly jwt: { readonly sign: { readonly alg: string } };
  }

  export interface Account {
    readonly accountId: string;
    readonly claims: () => object;
  }

  export interface LoginContext {
    readonly oidc: {
      readonly provider: Provider;
      readonly client: { readonly clientId: string };
      readonly session: { readonly accountId: string };
    };
  }

  export interface Configuration {
    readonly jwks: { readonly keys: readonly JWK[] };
    readonly clients: readonly object[];
    readonly scopes?: readonly string[];
    readonly claims?: Readonly<Record<string, readonly string[]>>;
    readonly conformIdTokenClaims?: boolean;
    readonly cookies?: { readonly keys: readonly string[] };
    readonly pkce?: { readonly required: () => boolean };
    readonly ttl?: Readonly<Record<string, number>>;
    readonly interactions?: { readonly url: (ctx: unknown, interaction: { readonly uid: string }) => string };
    readonly findAccount?: (ctx: unknown, id: string) => Account | undefined;
    readonly loadExistingGrant?: (ctx: LoginContext) => Promise<object>;
    readonly features: {
      readonly clientCredentials?: { readonly enabled: true };
      readonly devInteractions: { readonly enabled: false };
      readonly resourceIndicators?: {
        readonly enabled: true;
        readonly getResourceServerInfo: (ctx: unknown, resource: string) => ResourceServer;
      };
    };
    readonly extraTokenClaims?: (ctx: unknown, token: { readonly clientId: string }) => object;
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration);
    callback(): RequestListener;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
    readonly Grant: new (of: {
      readonly clientId: string;
      readonly accountId: string;
    }) => {
      addOIDCScope(scope: string): void;
      save(): Promise<string>;
    };
  }
}
