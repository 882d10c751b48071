import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { post } from '../../src/approvals/channels/outgoing.ts';
import { signWebhook } from '../../src/approvals/channels/webhook.ts';
import { CursorFile } from '../../src/export/cursor-file.ts';
import type { WebhookExport } from '../../src/export/declaration.ts';
import { Exporter, type ExporterParts } from '../../src/export/exporter.ts';
import { ocsf } from '../../src/export/formats/ocsf.ts';
import type { Sink } from '../../src/export/sinks/sink.ts';
import { webhookSink } from '../../src/export/sinks/webhook.ts';
import { LIMITS } from '../../src/model/limits.ts';
import { Secret } from '../../src/model/secret.ts';
import { ORIGIN } from './audit-log.ts';

export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
/** As short as tests want them; sizes as they are. */
export const FAST = { ...LIMITS, exportPollMs: 5, exportBackoffMs: 2, exportMaxBackoffMs: 10 };

export const secretOf = (value: string) => () => Promise.resolve(new Secret(value));

export function aWebhookSink(url: string, more: Partial<WebhookExport> = {}): Sink {
  const base = {
    name: 'hook',
    enabled: true,
    format: 'ocsf',
    from: 'start',
    people: false,
    statements: false,
  } as const;
  const declaration: WebhookExport = {
    ...base,
    kind: 'webhook',
    url,
    insecureLoopback: true,
    allowPrivate: false,
    ...more,
  };
  return webhookSink(declaration, {
    http: post,
    sign: signWebhook,
    secrets: secretOf(WEBHOOK_SECRET),
    nowMs: Date.now,
  });
}

/** An exporter of the log in `directory`, in OCSF. `faults` gathers what it tells. */
export function anExporter(
  directory: string,
  sink: Sink,
  more: Partial<ExporterParts> & { readonly faults?: string[] } = {},
): Exporter {
  return new Exporter({
    name: 'hook',
    from: 'start',
    directory,
    origin: ORIGIN,
    people: false,
    statements: false,
    version: '1.2.3',
    format: ocsf,
    sink,
    cursor: new CursorFile(join(directory, '..', 'exports'), 'hook', ORIGIN),
    limits: FAST,
    nowMs: Date.now,
    dice: () => randomBytes(1).readUInt8() / 256,
    onFault: (fault) => more.faults?.push(fault instanceof Error ? fault.message : String(fault)),
    ...more,
  });
}

/** Resolves once it holds; whoever waits in vain is ended by the test's own deadline. */
export async function until(holds: () => boolean, signal: AbortSignal): Promise<void> {
  while (!holds()) {
    signal.throwIfAborted();
    await delay(2);
  }
}
