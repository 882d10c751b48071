import { Secret } from '../model/secret.ts';
import { deleteFirstLogins, insertFirstLogin, isFirstLogin, useFirstLogin } from '../store/login-rows.ts';
import type { Store } from '../store/store.ts';
import { hashSecret } from './hash-secret.ts';

/** One-time codes by which somebody becomes the local administrator. */
export interface FirstLogins {
  /** A new code, told this once. `lifetimeMs` may be endless where the store lives no longer than it should. */
  make(lifetimeMs: number): Promise<Secret>;
  /** Whether a code is still good; looking does not use it. */
  isGood(code: Secret): Promise<boolean>;
  /** Uses a code up: true for one caller alone. */
  use(code: Secret): Promise<boolean>;
  /** Makes every code that was told good for nothing. */
  endAll(): Promise<void>;
}

export function firstLogins(
  store: Store,
  { now, random }: { readonly now: () => number; readonly random: (bytes: number) => Uint8Array },
): FirstLogins {
  const instant = () => new Date(now()).toISOString();
  return {
    async make(lifetimeMs) {
      const code = new Secret(Buffer.from(random(32)).toString('base64url'));
      await insertFirstLogin(store, hashSecret(code), new Date(now() + lifetimeMs).toISOString(), instant());
      return code;
    },
    isGood: (code) => isFirstLogin(store, hashSecret(code), instant()),
    use: (code) => useFirstLogin(store, hashSecret(code), instant()),
    endAll: () => deleteFirstLogins(store),
  };
}

/** The page on which a code is used. `url` is where browsers come. */
export function firstLoginUrl(url: string, code: Secret): string {
  return `${url}/login/first?code=${encodeURIComponent(code.reveal())}`;
}
