import { firstLoginUrl } from '../../identity/first-login.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Control } from './open-control.ts';
import type { StartConfig } from './start-config.ts';

/** A demo is over when it ends, and its links with it. */
const DEMO_MS = 10 * 365 * 86_400_000;

export interface FirstLoginLink {
  readonly url: string;
  /** RFC 3339; absent where it is good while the demo runs. */
  readonly expiresAt?: string;
}

/**
 * The one-time link by which somebody becomes the first administrator: where a deployment has none who can log in, and
 * at each start of a demo. `url` is where browsers come.
 */
export async function firstLoginLink(
  { kind }: Pick<StartConfig, 'kind'>,
  { logins, audit }: Pick<Control, 'logins' | 'audit'>,
  url: string,
  nowMs: number,
): Promise<FirstLoginLink | undefined> {
  const isDemo = kind === 'demo';
  if (isDemo) await logins.first.endAll();
  else if (await logins.people.hasAdministrator()) return undefined;
  await audit.note({ kind: 'operator.action', detail: { by: 'gateway', action: 'login.link' } });
  const code = await logins.first.make(isDemo ? DEMO_MS : LIMITS.firstLoginMs);
  const link = firstLoginUrl(url, code);
  return isDemo ? { url: link } : { url: link, expiresAt: new Date(nowMs + LIMITS.firstLoginMs).toISOString() };
}
