import type { HttpTarget } from './http.ts';
import type { TargetName } from './ids.ts';
import type { KubernetesTarget } from './kubernetes.ts';
import type { McpTarget } from './mcp.ts';
import type { Secret } from './secret.ts';
import type { SshTarget } from './ssh.ts';

/** libpq's `sslmode` values that mean something to a gateway (PostgreSQL manual, 32.19). `allow` is left out. */
export type TlsMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export interface TlsSettings {
  readonly mode: TlsMode;
  /** PEM of the authorities to trust; the system's own where absent. */
  readonly ca?: string;
  /** The name to verify where it differs from the address. */
  readonly serverName?: string;
}

/** What a masked value becomes; see masking/masks.ts for each type's form. */
export type MaskKind = 'redact' | 'partial' | 'hash' | 'null';

export interface ClassifiedColumn {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  /** What it holds: `email`, `card`, `name`, … Policies mask by class. */
  readonly class: string;
  readonly mask?: MaskKind;
  /**
   * Of an HTTP target, where `table` is a path (`GET /customers/{id}`): what `column` names, a field of bodies
   * (`customers[].email`), or a header or cookie of replies. A `value` is one that the protocol finds and names by itself;
   * without a path it may be anywhere, and no request is known to meet it.
   */
  readonly place?: 'body' | 'header' | 'cookie' | 'value';
}

/** A column that has its class from others, whose values were copied into it. */
export interface InheritedColumn extends ClassifiedColumn {
  /** The columns that they were copied from, as `schema.table.column`. */
  readonly from: readonly string[];
}

/** How durable a request is before it is forwarded (docs/concepts/audit-log.md, the write-ahead rule). */
export type RecordMode = 'strict' | 'batched';

export interface Target {
  readonly name: TargetName;
  /** The protocol's name: `postgres`. */
  readonly protocol: string;
  readonly address: { readonly host: string; readonly port: number };
  /** What the protocol calls its default database, where it has one. */
  readonly database?: string;
  readonly tls: TlsSettings;
  readonly labels: Readonly<Record<string, string>>;
  readonly classified: readonly ClassifiedColumn[];
  readonly recordMode: RecordMode;
  /** Of an HTTP target. */
  readonly http?: HttpTarget;
  /** Of an MCP target. */
  readonly mcp?: McpTarget;
  /** Of an SSH target. */
  readonly ssh?: SshTarget;
  /** Of a cluster. */
  readonly kubernetes?: KubernetesTarget;
  /** Reply bytes kept per exchange, at most; the digest always covers all of them. */
  readonly storedReplyBytes: number;
}

/** What the gateway presents upstream. It leaves the control plane only as an argument of `Protocol.connect`. */
export interface Credential {
  readonly user: string;
  readonly password?: Secret;
  readonly clientCertificate?: { readonly certificate: string; readonly key: Secret };
  /** How the gateway proves itself to an SSH host. */
  readonly ssh?: SshCredential;
  /** How the gateway proves itself to an HTTP target. */
  readonly http?: HttpCredential;
  /** How it does to a cluster, where that is in none of HTTP's ways. */
  readonly kubernetes?: KubernetesCredential;
  /** Variables for a program that the gateway starts. */
  readonly environment?: Readonly<Record<string, Secret>>;
}

/** How a login at an SSH host is proved; `Credential.user` is the login. */
export type SshCredential =
  | { readonly kind: 'password'; readonly password: Secret }
  /** A private key, PEM or OpenSSH's form; `certificate` is a line as in `id_ed25519-cert.pub`. */
  | { readonly kind: 'key'; readonly key: Secret; readonly passphrase?: Secret; readonly certificate?: string }
  /** A certificate of minutes, signed for each connection by an authority that the host trusts; for these principals. */
  | {
      readonly kind: 'authority';
      readonly key: Secret;
      readonly principals: readonly string[];
      readonly validForMs: number;
    };

/** Where a cluster's tokens come from. */
export type KubernetesCredential =
  /** A program of the gateway's machine that answers with an ExecCredential (`client.authentication.k8s.io/v1`). */
  | {
      readonly kind: 'exec';
      readonly command: string;
      readonly args: readonly string[];
      readonly environment: Readonly<Record<string, Secret>>;
    }
  /** A folder with `token` and `ca.crt`, which are written anew while the gateway runs. */
  | { readonly kind: 'serviceAccount'; readonly directory: string }
  | {
      readonly kind: 'eks';
      readonly cluster: string;
      readonly region: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: Secret;
      readonly sessionToken?: Secret;
    };

/** What is put into each request, or what it is signed with. */
export type HttpCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: Secret }
  | { readonly kind: 'basic'; readonly user: string; readonly password: Secret }
  | { readonly kind: 'header'; readonly name: string; readonly value: Secret }
  | { readonly kind: 'query'; readonly name: string; readonly value: Secret }
  | {
      readonly kind: 'oauth2';
      /** Over TLS, but on loopback. */
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: Secret;
      /** How the client proves itself to the token server (RFC 6749, 2.3.1): `client_secret_basic` or `_post`. */
      readonly authentication: 'basic' | 'post';
      /** Where there is one, tokens are got with it; else by the client's own credentials (RFC 6749, 4.4 and 6). */
      readonly refreshToken?: Secret;
      readonly scope?: string;
      readonly audience?: string;
      /** The service that the token shall be for (RFC 8707). */
      readonly resource?: string;
    }
  | {
      readonly kind: 'githubApp';
      readonly appId: string;
      readonly installation: string;
      /** RSA, PEM. */
      readonly key: Secret;
      /** `https://api.github.com`, or `https://HOST/api/v3` of an own server. */
      readonly apiUrl: string;
      /** What the token is narrowed to; all that the installation may where absent. */
      readonly repositories?: readonly string[];
      readonly permissions?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'aws';
      readonly accessKeyId: string;
      readonly secretAccessKey: Secret;
      readonly sessionToken?: Secret;
      /** What requests are signed for; what the client signed for where absent. */
      readonly region?: string;
      readonly service?: string;
    };
