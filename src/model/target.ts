import type { TargetName } from './ids.ts';
import type { Secret } from './secret.ts';

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
  /** Reply bytes kept per exchange, at most; the digest always covers all of them. */
  readonly storedReplyBytes: number;
}

/** What the gateway presents upstream. It leaves the control plane only as an argument of `Protocol.connect`. */
export interface Credential {
  readonly user: string;
  readonly password?: Secret;
  readonly clientCertificate?: { readonly certificate: string; readonly key: Secret };
}
