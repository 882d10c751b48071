import { join } from 'node:path';
import type { ExportDeclaration, ExportSecrets } from './declaration.ts';
import { fileSink, streamSink } from './sinks/file.ts';
import { s3Sink } from './sinks/s3.ts';
import type { HttpSend, Sink } from './sinks/sink.ts';
import { type SyslogParts, syslogSink } from './sinks/syslog.ts';
import { type WebhookParts, webhookSink } from './sinks/webhook.ts';

export interface SinkParts extends SyslogParts {
  /** Where exports of kind `file` write. */
  readonly files: string;
  readonly stdout: NodeJS.WritableStream;
  readonly http: HttpSend;
  readonly sign: WebhookParts['sign'];
  readonly nowMs: () => number;
}

/** The sink of an export as it is declared. Nothing is opened before the first batch. */
export function makeSink(declaration: ExportDeclaration, secrets: ExportSecrets, parts: SinkParts): Sink {
  switch (declaration.kind) {
    case 'file':
      return fileSink(declaration, join(parts.files, declaration.file));
    case 'stdout':
      return streamSink(parts.stdout);
    case 'webhook':
      return webhookSink(declaration, { ...parts, secrets });
    case 'syslog':
      return syslogSink(declaration, parts);
    case 's3':
      return s3Sink(declaration, { ...parts, secrets });
    default:
      return declaration satisfies never;
  }
}
