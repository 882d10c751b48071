/** What the keepers of keys have in common: an HTTP call with a bound on what comes back. */
import { Fault } from '../model/fault.ts';

/** `fetch` of Node, or a test's. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const MOST_BYTES = 256 * 1024;

/** The JSON of an answer. Rejects with a `Fault` of code `signer-unavailable` that says where it came from, and no secret. */
export async function answerOf(place: string, call: () => Promise<Response>): Promise<unknown> {
  let status: number;
  let text: string | undefined;
  try {
    const response = await call();
    status = response.status;
    text = await boundedText(response);
  } catch (cause) {
    throw new Fault('signer-unavailable', `${place} cannot be reached: ${reason(cause)}`, { cause });
  }
  if (text === undefined) throw new Fault('signer-unavailable', `${place} answered with more than ${MOST_BYTES} bytes`);
  if (status < 200 || status > 299) throw new Fault('signer-unavailable', `${place} answered ${status}`);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new Fault('signer-unavailable', `${place} answered what is no JSON`, { cause });
  }
}

export function senseless(place: string): Fault {
  return new Fault('signer-unavailable', `${place} answered something else than was asked`);
}

async function boundedText(response: Response): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > MOST_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
}
