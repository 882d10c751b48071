/** Asks one witness to cosign, as https://c2sp.org/tlog-witness says. Believes nothing that it cannot verify. */
import { hash } from 'node:crypto';
import { parseSignatureLines } from '../c2sp/note-text.ts';
import { openCosignatures } from '../log/cosignature.ts';
import type { PolicyWitness } from '../log/tlog-policy.ts';

/** `fetch` of Node, or a test's. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export type WitnessAnswer =
  /** It vouches for the checkpoint: its line, and the time that it says. */
  | { readonly kind: 'cosigned'; readonly line: string; readonly time: number }
  /** The newest tree that it cosigned has another size than the proof begins with. */
  | { readonly kind: 'other-size'; readonly size: number }
  /** It says that the checkpoint does not continue what it knows. */
  | { readonly kind: 'inconsistent' }
  /** It says no for another reason, or made no sense. */
  | { readonly kind: 'refused'; readonly why: string };

export interface WitnessRequest {
  readonly oldSize: number;
  /** A consistency proof from `oldSize` on, hex. */
  readonly proof: readonly string[];
  /** The signed note. */
  readonly checkpoint: string;
}

/** The body of `add-checkpoint`. */
export function addCheckpointBody({ oldSize, proof, checkpoint }: WitnessRequest): string {
  const lines = proof.map((step) => `${Buffer.from(step, 'hex').toString('base64')}\n`);
  return `old ${oldSize}\n${lines.join('')}\n${checkpoint}`;
}

/** Posts a checkpoint. Rejects where the witness cannot be reached in time. */
export async function addCheckpoint(
  { key, url }: PolicyWitness,
  request: WitnessRequest,
  { fetch, signal, mostBytes }: { readonly fetch: Fetch; readonly signal: AbortSignal; readonly mostBytes: number },
): Promise<WitnessAnswer> {
  const response = await fetch(`${url ?? ''}/add-checkpoint`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: addCheckpointBody(request),
    redirect: 'error',
    signal,
  });
  const text = await boundedText(response, mostBytes);
  if (text === undefined) return { kind: 'refused', why: `it answered with more than ${mostBytes} bytes` };
  switch (response.status) {
    case 200: {
      if (typeof parseSignatureLines(text) === 'string')
        return { kind: 'refused', why: 'it answered without signature lines' };
      const [cosignature] = openCosignatures(`${request.checkpoint}${text}`, [key]) ?? [];
      if (cosignature === undefined)
        return { kind: 'refused', why: 'it answered without a good cosignature by its key' };
      return { kind: 'cosigned', line: cosignature.line, time: cosignature.time };
    }
    case 409: {
      const [, digits] = /^(0|[1-9][0-9]{0,15})\n$/u.exec(text) ?? [];
      if (digits === undefined || !Number.isSafeInteger(Number(digits)))
        return { kind: 'refused', why: 'it answered 409 without the size of its tree' };
      return { kind: 'other-size', size: Number(digits) };
    }
    case 422:
      return { kind: 'inconsistent' };
    case 403:
      return { kind: 'refused', why: 'it does not know the key that signs this log (403)' };
    case 404:
      return { kind: 'refused', why: 'it does not know this log (404)' };
    default:
      return { kind: 'refused', why: `it answered ${response.status}` };
  }
}

/** The checkpoint that a witness shows of a log; undefined where it shows none, or cannot be asked. */
export async function shownCheckpoint(
  { url }: PolicyWitness,
  origin: string,
  { fetch, signal, mostBytes }: { readonly fetch: Fetch; readonly signal: AbortSignal; readonly mostBytes: number },
): Promise<string | undefined> {
  try {
    const response = await fetch(`${url ?? ''}/${hash('sha256', origin, 'hex')}/checkpoint`, {
      redirect: 'error',
      signal,
    });
    const text = await boundedText(response, mostBytes);
    return response.status === 200 ? text : undefined;
  } catch {
    // Evidence that cannot be had leaves a claim; the claim itself is told in any case.
    return undefined;
  }
}

/** Undefined where the body is longer. */
async function boundedText(response: Response, mostBytes: number): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > mostBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
