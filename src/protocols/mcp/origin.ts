import type { Refusal } from '../../model/refusal.ts';
import type { Target } from '../../model/target.ts';
import { fieldOf } from '../http/forwarded-head.ts';
import type { RequestHead } from '../http/message.ts';

/**
 * Why a page of a browser may not ask (Streamable HTTP, "Security Warning": DNS rebinding). A name that somebody else can
 * point at this machine is none of ours, whatever stands in `Host`.
 */
export function originMistake(
  { fields }: RequestHead,
  { http }: Target,
  domains: readonly string[],
): Refusal | undefined {
  const origin = fieldOf(fields, 'origin');
  if (origin === undefined) return undefined;
  const host = hostOf(origin);
  if (host !== undefined && (isOwn(host) || http?.hosts.includes(host) || domains.includes(host))) return undefined;
  return { code: 'protocol-malformed', message: 'a page of this origin may not ask here' };
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).hostname : undefined;
}

function isOwn(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
