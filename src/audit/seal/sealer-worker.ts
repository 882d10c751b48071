/** The thread that seals: hashing, compressing and encrypting happen here, beside the gateway. */
import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { parseVerifierKey } from '../log/signed-note.ts';
import { Sealer } from './sealer.ts';
import type { FromSealer, SealerSettings, ToSealer } from './sealer-messages.ts';

const settings = workerData as SealerSettings;
const sealer = new Sealer({
  directory: settings.directory,
  keys: {
    origin: settings.origin,
    verifiers: settings.verifierKeys.flatMap((key) => parseVerifierKey(key) ?? []),
    deployment: settings.deploymentKey,
  },
  limits: settings.limits,
  clock: () => Date.now() + Number(Atomics.load(settings.clockAheadMs, 0)),
  random: randomBytes,
  replay: false,
});

/** Requests for a sync that wait for one to succeed. */
let waiting: number[] = [];
/** Buffers of records that were taken and could not be relieved of. */
let unacknowledged: Uint8Array<SharedArrayBuffer>[] = [];
let due: NodeJS.Timeout | undefined;
/** A sync takes at most half of this thread's time. */
let notBefore = 0;
const ticker = setInterval(onTick, settings.limits.checkpointMs);

parentPort?.on('message', (message: ToSealer) => {
  try {
    take(message);
  } catch (cause) {
    die(cause);
  }
});
say({ kind: 'ready' });

function take(message: ToSealer): void {
  switch (message.kind) {
    case 'records': {
      const closed = sealer.process(view(message.bytes, message.bytes.length), message.lastGroup);
      taken(message);
      if (closed) syncSoon();
      return;
    }
    case 'chunk':
      chunk(message);
      return;
    case 'finish':
      finish(message.stream, message.media);
      return;
    case 'abandon':
      sealer.abandon(message.stream);
      return;
    case 'sync':
      waiting.push(message.request);
      syncSoon();
      return;
    case 'published':
      sealer.published(message.size);
      return;
    case 'close':
      sync();
      clearInterval(ticker);
      say({ kind: 'closed' });
      parentPort?.close();
      return;
    default:
      message satisfies never;
  }
}

/** Relieves memory, and gives the buffer back. */
function taken({ bytes }: ToSealer & { kind: 'records' }): void {
  unacknowledged.push(bytes);
  try {
    sealer.relieve();
  } catch (cause) {
    failing(cause);
    return; // it waits in memory for the next sync, and the gateway is held back by what is not acknowledged
  }
  acknowledge();
}

function acknowledge(): void {
  for (const { buffer, length } of unacknowledged) {
    say({ kind: 'taken', buffer, bytes: length });
  }
  unacknowledged = [];
}

function chunk(message: ToSealer & { kind: 'chunk' }): void {
  const { stream, session, storedBytes, salt, bytes, length } = message;
  try {
    sealer.chunk(stream, session, storedBytes, salt, view(bytes, length));
  } catch (cause) {
    failing(cause); // the pieces are kept in memory, and their end tries again
  }
  parentPort?.postMessage({ kind: 'chunkTaken', bytes, length } satisfies FromSealer, [bytes.buffer]);
}

function finish(stream: number, media: string): void {
  try {
    say({ kind: 'finished', stream, body: sealer.finish(stream, media) });
  } catch (cause) {
    say({ kind: 'unfinished', stream, message: String(cause) });
  }
}

function onTick(): void {
  try {
    sealer.tick();
    if (sealer.dirty) sync();
  } catch (cause) {
    die(cause);
  }
}

function syncSoon(): void {
  due ??= setTimeout(sync, Math.max(0, notBefore - performance.now()));
}

function sync(): void {
  if (due !== undefined) clearTimeout(due);
  due = undefined;
  const began = performance.now();
  try {
    sealer.sync();
  } catch (cause) {
    failing(cause); // the ticker tries again; the journal keeps what is not sealed
    return;
  }
  const ended = performance.now();
  notBefore = ended + (ended - began);
  acknowledge();
  say({ kind: 'sealed', group: sealer.group, ...sealer.head });
  for (const request of waiting) say({ kind: 'synced', request });
  waiting = [];
}

function failing(cause: unknown): void {
  say({ kind: 'failing', message: String(cause) });
}

/** A broken invariant: nothing this thread would write from here on can be trusted. The journal has it all. */
function die(cause: unknown): void {
  say({ kind: 'dead', message: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) });
  clearInterval(ticker);
  parentPort?.close();
}

function say(message: FromSealer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(message);
}

function view(bytes: Uint8Array, length: number): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, length);
}
