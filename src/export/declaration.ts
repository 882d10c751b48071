import type { Secret } from '../model/secret.ts';
import type { FormatName } from './formats/format.ts';

/** Where the record goes besides the log, as declared; secrets stand apart, sealed. */
export type ExportDeclaration = FileExport | StdoutExport | WebhookExport | SyslogExport | S3Export;

interface Common {
  readonly name: string;
  readonly enabled: boolean;
  readonly format: FormatName;
  /** Where one that has no cursor yet begins. */
  readonly from: 'start' | 'now';
  /** True where logins and addresses of people are told. */
  readonly people: boolean;
  /** True where statements are told, without their literals. */
  readonly statements: boolean;
}

export interface FileExport extends Common {
  readonly kind: 'file';
  /** A name in the directory of exports, without a folder. */
  readonly file: string;
  readonly rotateBytes: number;
  /** Files beside the one that is written. */
  readonly keep: number;
}

export interface StdoutExport extends Common {
  readonly kind: 'stdout';
}

/** What every export over HTTP has. */
export interface HttpPlace {
  readonly allowPrivate: boolean;
  readonly insecureLoopback: boolean;
  /** PEM of the authorities to trust; the system's own where absent. */
  readonly ca?: string;
}

export interface WebhookExport extends Common, HttpPlace {
  readonly kind: 'webhook';
  readonly url: string;
}

export interface SyslogExport extends Common {
  readonly kind: 'syslog';
  readonly host: string;
  readonly port: number;
  /** Plain TCP goes to this machine itself alone. */
  readonly transport: 'tls' | 'tcp';
  readonly ca?: string;
  readonly serverName?: string;
}

export interface S3Export extends Common, HttpPlace {
  readonly kind: 's3';
  readonly bucket: string;
  readonly region: string;
  /** `https://s3.eu-central-1.amazonaws.com`, or of whoever else speaks S3. */
  readonly endpoint: string;
  /** Ends with a slash where it is not empty. */
  readonly prefix: string;
  readonly encryption: 'AES256' | 'aws:kms';
  readonly kmsKey?: string;
  readonly lock?: { readonly mode: 'COMPLIANCE' | 'GOVERNANCE'; readonly days: number };
}

/** Fetches an export's secrets by name. Rejects with a `Fault` where one is not there. */
export type ExportSecrets = (name: string) => Promise<Secret>;
