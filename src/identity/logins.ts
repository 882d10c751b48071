import type { Store } from '../store/store.ts';
import { type BrowserSessions, browserSessions } from './browser-sessions.ts';
import { type DeviceLogins, deviceLogins } from './device-logins.ts';
import { type FirstLogins, firstLogins } from './first-login.ts';
import { type Login, login } from './login.ts';
import type { LoginConfig } from './login-config.ts';
import { type OperatorTokens, operatorTokens } from './operator-tokens.ts';
import { type People, people } from './people.ts';

/** People and every way in which somebody becomes one of them here. */
export interface Logins {
  readonly people: People;
  readonly browsers: BrowserSessions;
  readonly tokens: OperatorTokens;
  readonly devices: DeviceLogins;
  readonly first: FirstLogins;
  /** Absent where no provider is configured. */
  readonly provider?: Login;
  /** Groups that the administrator of a one-time link is put into: those of a demo. */
  readonly firstGroups: readonly string[];
}

export interface LoginsParts {
  readonly store: Store;
  readonly config: LoginConfig | undefined;
  readonly firstGroups: readonly string[];
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
}

export function openLogins({ store, config, firstGroups, now, random }: LoginsParts): Logins {
  const tokens = operatorTokens(store, { now, random });
  return {
    people: people({ store, now, random }),
    browsers: browserSessions({ store, now, random }),
    tokens,
    devices: deviceLogins({ store, tokens, now, random }),
    first: firstLogins(store, { now, random }),
    ...(config ? { provider: login({ store, config, now, random }) } : {}),
    firstGroups,
  };
}
