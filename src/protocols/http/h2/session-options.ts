import type { ServerSessionOptions, SessionOptions } from 'node:http2';
import type { HttpWireLimits } from '../wire-limits.ts';

/** What one peer may have in memory: header tables, queues, streams that nobody reads. Megabytes, as `node:http2` counts. */
const SESSION_MEGABYTES = 10;
/** A stream's window: what its sender may send ahead of its reader. */
const WINDOW_BYTES = 256 * 1024;
/** Entries of one SETTINGS frame; RFC 9113 and 8441 know seven. */
const MOST_SETTINGS = 16;
/** Frames and streams that nghttp2 refuses before it ends the connection. */
const MOST_INVALID = 20;
/** Streams that a client takes back: so many at once, and so many a second (CVE-2023-44487). */
export const RESETS_AT_ONCE = 200;
const RESETS_PER_SECOND = 20;

/** Bounds that hold for either side. */
export function sessionOptions(limits: HttpWireLimits): SessionOptions {
  return {
    maxHeaderListPairs: limits.maxHttpFields + 8,
    maxSendHeaderBlockLength: limits.maxHttpHeadBytes,
    maxSessionMemory: SESSION_MEGABYTES,
    maxSettings: MOST_SETTINGS,
    maxOutstandingPings: 2,
    settings: {
      enablePush: false,
      initialWindowSize: WINDOW_BYTES,
      maxHeaderListSize: limits.maxHttpHeadBytes,
    },
  };
}

export function serverOptions(limits: HttpWireLimits, concurrency: number): ServerSessionOptions {
  const { settings, ...options } = sessionOptions(limits);
  return {
    ...options,
    maxSessionInvalidFrames: MOST_INVALID,
    maxSessionRejectedStreams: MOST_INVALID,
    streamResetBurst: RESETS_AT_ONCE,
    streamResetRate: RESETS_PER_SECOND,
    strictSingleValueFields: false,
    settings: { ...settings, maxConcurrentStreams: concurrency, enableConnectProtocol: true },
  };
}
