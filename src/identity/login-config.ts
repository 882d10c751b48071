import { z } from 'zod';
import { ROLES, type Role } from '../model/person.ts';
import type { Secret } from '../model/secret.ts';

/** How people log in: an OpenID Connect provider, and how its claims are read. */
export interface LoginConfig {
  /** For the button: `Log in with Okta`. */
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Absent for a public client, which PKCE alone protects. */
  readonly clientSecret?: Secret;
  readonly scopes: readonly string[];
  /** By name, else by a path of names with dots between (`realm_access.roles`). */
  readonly groupsClaim: string;
  /** `preferred_username`, else a verified `email`, where absent. */
  readonly loginClaim?: string;
  /** Claims that hold a name under which others know the person: `{github: github_login}` gives `github:octocat`. */
  readonly handleClaims: Readonly<Record<string, string>>;
  /** The groups whose members have a role. */
  readonly roles: Readonly<Partial<Record<Role, readonly string[]>>>;
}

const groups = z.array(z.string().min(1).max(200)).max(100);
const claim = z.string().min(1).max(200);

/** `login` in the file of `chaperone start`; docs/reference/configuration.md explains each key. */
export const loginSchema = z.strictObject({
  name: z.string().trim().min(1).max(50).optional(),
  issuer: z.url().refine(isProtected, 'the provider is reached by https:// (http:// on this machine alone)'),
  clientId: z.string().min(1).max(500),
  clientSecretFile: z.string().min(1).optional(),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'a scope has no spaces or quotes')).optional(),
  groupsClaim: claim.optional(),
  loginClaim: claim.optional(),
  handleClaims: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'such as `github` or `slack`'), claim).optional(),
  roles: z.partialRecord(z.enum(ROLES), groups).optional(),
});

export type DeclaredLogin = z.infer<typeof loginSchema>;

/** With every default filled in; the secret has been read by the caller. */
export function loginConfig(declared: DeclaredLogin, clientSecret: Secret | undefined): LoginConfig {
  const { issuer, clientId, name, scopes, groupsClaim, loginClaim, handleClaims, roles } = declared;
  return {
    name: name ?? new URL(issuer).hostname,
    issuer,
    clientId,
    scopes: [...new Set(['openid', ...(scopes ?? ['profile', 'email', 'groups'])])],
    groupsClaim: groupsClaim ?? 'groups',
    handleClaims: handleClaims ?? {},
    roles: roles ?? {},
    ...(loginClaim ? { loginClaim } : {}),
    ...(clientSecret ? { clientSecret } : {}),
  };
}

function isProtected(issuer: string): boolean {
  const { protocol, hostname } = new URL(issuer);
  return protocol === 'https:' || (protocol === 'http:' && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname));
}
