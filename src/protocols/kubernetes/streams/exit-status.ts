import type { Refusal } from '../../../model/refusal.ts';

/** How a command ended. */
export interface ExitStatus {
  readonly status: 'ok' | 'error';
  /** The exit status, where the command ran; else the reason that the server names. */
  readonly code: string;
}

/** Reads what stands on the error channel at the end (Kubernetes, meta/v1 `Status`); undefined where that is none. */
export function exitStatusOf(bytes: Buffer): ExitStatus | undefined {
  let told: unknown;
  try {
    told = JSON.parse(bytes.toString('utf8'));
  } catch {
    // Text of versions before v4, which is the answer.
    return bytes.length === 0 ? undefined : { status: 'error', code: 'error' };
  }
  const { status, reason, details } = (told ?? {}) as StatusLike;
  if (status === 'Success') return { status: 'ok', code: '0' };
  const causes = Array.isArray(details?.causes) ? (details.causes as readonly CauseLike[]) : [];
  const exit = causes.find((cause) => cause?.reason === 'ExitCode')?.message;
  if (typeof exit === 'string' && /^\d{1,3}$/.test(exit)) return { status: 'error', code: exit };
  return { status: 'error', code: typeof reason === 'string' && /^[A-Za-z]{1,40}$/.test(reason) ? reason : 'error' };
}

/** What a refusal in the middle of a stream says on the error channel. */
export function refusedStatus({ code, message, hint }: Refusal, asStatus: boolean): Buffer {
  const told = hint === undefined ? message : `${message} (${hint})`;
  if (!asStatus) return Buffer.from(`refused by the gateway: ${told}`);
  const details = { causes: [{ reason: 'Chaperone', message: code }] };
  const metadata = {};
  const status = { metadata, status: 'Failure', message: `refused: ${told}`, reason: 'Forbidden', details, code: 403 };
  return Buffer.from(JSON.stringify(status));
}

interface StatusLike {
  readonly status?: unknown;
  readonly reason?: unknown;
  readonly details?: { readonly causes?: unknown } | null;
}

interface CauseLike {
  readonly reason?: unknown;
  readonly message?: unknown;
}
