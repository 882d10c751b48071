import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { LIMITS } from '../../model/limits.ts';
import type { SyslogExport } from '../declaration.ts';
import type { Formatted } from '../formats/format.ts';
import { type Batch, type Sink, SinkFault } from './sink.ts';

export interface SyslogParts {
  /** Of this machine. */
  readonly hostname: string;
  /** Of this program. */
  readonly version: string;
}

/**
 * Syslog (RFC 5424) over TLS (RFC 5425), each message after its length. Syslog has no answer, so a batch has a connection
 * of its own, and counts as sent once the receiver has closed it after our end: then it has read all of it.
 */
export function syslogSink(declaration: SyslogExport, parts: SyslogParts): Sink {
  return {
    async send({ events }: Batch, signal: AbortSignal): Promise<void> {
      const frames = Buffer.concat(events.map((event) => frame(syslogMessage(event, parts))));
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(LIMITS.exportSendMs)]);
      const { host, port } = declaration;
      try {
        await deliver(await connect(declaration, bounded), frames, bounded);
      } catch (cause) {
        const { code, name } = cause as NodeJS.ErrnoException;
        const why =
          name === 'TimeoutError' || name === 'AbortError' ? 'not in time' : (code ?? (cause as Error).message);
        throw new SinkFault(`${host}:${port} did not take it: ${why}`, { cause });
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function connect(declaration: SyslogExport, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = open(declaration);
    const abort = () => void socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', abort));
    socket.once('error', reject);
    socket.once(declaration.transport === 'tcp' ? 'connect' : 'secureConnect', () => resolve(socket));
  });
}

function open({ host, port, transport, ca, serverName }: SyslogExport): Socket {
  if (transport === 'tcp') return createConnection({ host, port });
  const trust = ca === undefined ? {} : { ca };
  return connectTls({ host, port, minVersion: 'TLSv1.2', ...trust, ...serverNameOf(host, serverName) });
}

function serverNameOf(host: string, name: string | undefined): { readonly servername?: string } {
  if (name !== undefined) return { servername: name };
  return /^[\d.]+$|:/.test(host) ? {} : { servername: host };
}

/** Resolves when the receiver has ended its side too; rejects where the connection breaks before. */
function deliver(socket: Socket, frames: Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let isRead = false;
    socket.removeAllListeners('error');
    socket.once('error', reject);
    socket.once('end', () => {
      isRead = socket.writableFinished;
      socket.destroy();
    });
    socket.once('close', () => {
      if (isRead) resolve();
      else
        reject(
          signal.aborted ? (signal.reason as Error) : new Error('it ended the connection before the end of the batch'),
        );
    });
    // Nothing is sent back, and an end is only seen by who reads.
    socket.resume();
    socket.end(frames);
  });
}

/** Octet counting (RFC 5425, 4.3). */
function frame(message: string): Buffer {
  const bytes = Buffer.from(message);
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}

/** Log audit (RFC 5424, 6.2.1). */
const FACILITY = 13;
const SEVERITIES = { info: 6, low: 5, medium: 4, high: 3 } as const;
/** The largest sequenceId (RFC 5424, 7.3.1). */
const MAX_SEQUENCE = 2_147_483_647;

/** RFC 5424, 6: header, structured data that IANA has registered, and the event. */
export function syslogMessage(event: Formatted, { hostname, version }: SyslogParts): string {
  const priority = FACILITY * 8 + SEVERITIES[event.severity];
  const time = new Date(event.atMs).toISOString();
  const type = event.type.slice('dev.chaperone.'.length);
  const sequence = (event.index % MAX_SEQUENCE) + 1;
  const data = `[meta sequenceId="${sequence}"][origin software="Chaperone" swVersion="${parameter(version)}"]`;
  return `<${priority}>1 ${time} ${name(hostname, 255)} chaperone - ${name(type, 32)} ${data} ${event.line}`;
}

/** PRINTUSASCII of a length, or nothing (`-`). */
function name(text: string, most: number): string {
  return text.replaceAll(/[^\x21-\x7e]/g, '').slice(0, most) || '-';
}

/** RFC 5424, 6.3.3. */
function parameter(text: string): string {
  return text.replaceAll(/["\\\]]/g, '\\$&');
}
