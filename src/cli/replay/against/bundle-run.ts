import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEvent, parseEvent } from '../../../audit/audit-event.ts';
import { BUNDLE, type RunManifest } from '../../../audit/bundle/manifest.ts';
import { BodyReader } from '../../../audit/read/body-reader.ts';
import { readLines } from '../../../audit/read/read-lines.ts';
import { bodyKey } from '../../../audit/seal/body-pack.ts';
import { parseManifest } from '../../../audit/verify/bundle/manifest-file.ts';
import { type Archive, openZip, pieces, readText } from '../../../audit/verify/bundle/zip-archive.ts';
import { fileSource } from '../../../audit/verify/node-engine.ts';
import { CliError, EXIT } from '../../cli-error.ts';
import { printable } from '../../printable.ts';
import { MAX_BYTES, order, type RecordedRun, readExchanges } from './recorded-run.ts';

const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/**
 * Reads what a run recorded out of its evidence bundle, with the key of its bodies in it. It is believed as it is, but for
 * each body, which is held against its line: `chaperone verify` says whether to believe the rest. Throws a `CliError`.
 */
export async function readBundleRun(path: string): Promise<RecordedRun> {
  await using source = await fileSource(path).catch((cause: unknown) => {
    throw new CliError(EXIT.notFound, `${printable(path)} cannot be read`, { cause });
  });
  const archive = await openZip(source);
  if (typeof archive === 'string') throw notOurs(path, archive);
  const manifest = await readManifest(path, archive);
  const run = manifest.run.id;
  const key = await readRunKey(archive, run);
  if (key === undefined) {
    throw new CliError(EXIT.refused, 'this bundle is without the key of what was sent and answered', {
      hint: 'Fetch it as somebody who may read recordings: chaperone evidence RUN. Where the run was erased there is none.',
    });
  }
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-replay-'));
  try {
    const budget = { left: MAX_BYTES };
    const exchanges = [];
    for (const { id } of manifest.sessions) {
      exchanges.push(...(await readExchanges(id, sessionLines(archive, id, key, directory), budget)));
    }
    return {
      id: run,
      targets: [...new Set(manifest.sessions.map(({ target }) => target))],
      exchanges: exchanges.toSorted((one, other) => order(one.began, other.began)),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function readManifest(path: string, archive: Archive): Promise<RunManifest> {
  const file = archive.get(BUNDLE.manifest);
  const text = file && (await readText(file, MAX_MANIFEST_BYTES));
  const manifest = text === undefined ? 'it has no manifest' : parseManifest(text);
  if (typeof manifest === 'string') throw notOurs(path, manifest);
  return manifest;
}

async function readRunKey(archive: Archive, run: string): Promise<Buffer | undefined> {
  const file = archive.get(BUNDLE.runKey(run));
  const text = file && (await readText(file, 100));
  return text !== undefined && /^[0-9a-f]{64}\n$/.test(text) ? Buffer.from(text.trim(), 'hex') : undefined;
}

/** The events of a session as the API tells them, a line of JSON each. */
async function* sessionLines(archive: Archive, id: string, key: Buffer, directory: string): AsyncGenerator<string> {
  const lines = await unpacked(archive, BUNDLE.session(id), join(directory, `${id}.jsonl`));
  if (lines === undefined) return;
  const packs = await unpacked(archive, BUNDLE.bodies(id), join(directory, `${id}.bodies`));
  using bodies = packs === undefined ? undefined : new BodyReader(packs, bodyKey(key, id));
  for await (const batch of readLines(lines)) {
    for (const { bytes } of batch) {
      const event = parseEvent(bytes);
      if (event !== undefined) yield JSON.stringify(opened(event, bodies));
    }
  }
}

function opened(event: AuditEvent, bodies: BodyReader | undefined): object {
  if (event.body === undefined) return event;
  const { media, bytes } = event.body;
  if (event.body.stored === '0') return { ...event, body: { media, bytes } };
  const pieces: Buffer[] = [];
  const reading = bodies?.read(event.body);
  let step = reading?.next();
  for (; step?.done === false; step = reading?.next()) pieces.push(step.value);
  const fault = step === undefined ? 'missing' : step.value;
  if (fault !== undefined) return { ...event, body: { media, bytes, withheld: `it is ${String(fault)}` } };
  const whole = Buffer.concat(pieces);
  const complete = String(whole.length) === bytes;
  return { ...event, body: { media, bytes, base64: whole.toString('base64'), complete } };
}

/** Copies a file of the archive to a place of its own; undefined where it has none. */
async function unpacked(archive: Archive, path: string, to: string): Promise<string | undefined> {
  const file = archive.get(path);
  if (file === undefined) return undefined;
  await using out = await open(to, 'wx', 0o600);
  for await (const piece of pieces(file)) await out.write(piece);
  return to;
}

function notOurs(path: string, why: string): CliError {
  return new CliError(EXIT.config, `${printable(path)} is no evidence of a run: ${printable(why)}`);
}
