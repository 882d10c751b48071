import { createHash } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import type { ExportSecrets, S3Export } from '../declaration.ts';
import type { Batch, HttpSend, Sink } from './sink.ts';
import { checkAnswer } from './webhook.ts';

export interface S3Parts {
  readonly http: HttpSend;
  readonly secrets: ExportSecrets;
  readonly nowMs: () => number;
}

const DAY_MS = 86_400_000;

/**
 * An object a batch, a line an event, by Amazon's S3 API. The key tells the log, the day and the first event: a batch that
 * is sent again, or grew meanwhile, replaces itself.
 */
export function s3Sink(declaration: S3Export, { http, secrets, nowMs }: S3Parts): Sink {
  const { bucket, region, endpoint, allowPrivate, insecureLoopback, ca } = declaration;
  return {
    async send(batch: Batch, signal: AbortSignal): Promise<void> {
      const body = batch.events.map(({ line }) => `${line}\n`).join('');
      const [accessKeyId, secretAccessKey] = await Promise.all([secrets('accessKeyId'), secrets('secretAccessKey')]);
      const signer = new AwsV4Signer({
        method: 'PUT',
        url: `${endpoint}/${bucket}/${encodeKey(keyOf(declaration.prefix, batch))}`,
        headers: headersOf(declaration, body, nowMs()),
        body,
        accessKeyId: accessKeyId.reveal(),
        secretAccessKey: secretAccessKey.reveal(),
        service: 's3',
        region,
        allHeaders: true,
        datetime: new Date(nowMs()).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
      });
      const { url, headers } = await signer.sign();
      const signed = Object.fromEntries(headers.entries());
      const answer = await http(
        { method: 'PUT', url: url.href, headers: signed, body, allowPrivate, insecureLoopback, ca },
        signal,
      );
      checkAnswer(url.host, answer);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function headersOf({ encryption, kmsKey, lock }: S3Export, body: string, nowMs: number): Record<string, string> {
  const until = lock && new Date(nowMs + lock.days * DAY_MS).toISOString();
  return {
    'content-type': 'application/x-ndjson',
    'content-md5': createHash('md5').update(body).digest('base64'),
    'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
    'x-amz-server-side-encryption': encryption,
    ...(kmsKey !== undefined && { 'x-amz-server-side-encryption-aws-kms-key-id': kmsKey }),
    ...(lock && { 'x-amz-object-lock-mode': lock.mode, 'x-amz-object-lock-retain-until-date': until ?? '' }),
  };
}

/** `PREFIX/yyyy/mm/dd/ORIGIN/INDEX-FIRST.jsonl`, by the time of the first event; keys of one day sort as the log does. */
export function keyOf(prefix: string, { id, origin, events }: Batch): string {
  const [first] = events;
  const day = new Date(first?.atMs ?? 0).toISOString().slice(0, 10).replaceAll('-', '/');
  const index = String(first?.index ?? 0).padStart(12, '0');
  return `${prefix}${day}/${plain(origin)}/${index}-${plain(id)}.jsonl`;
}

function plain(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]/g, '-');
}

/** As signatures are computed (UriEncode of AWS Signature Version 4): all but unreserved characters. */
function encodeKey(key: string): string {
  const strict = (part: string) =>
    encodeURIComponent(part).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  return key.split('/').map(strict).join('/');
}
