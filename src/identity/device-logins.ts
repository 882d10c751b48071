import type { PersonId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { SCOPES } from '../model/person.ts';
import { Secret } from '../model/secret.ts';
import {
  type DeviceLoginRow,
  decideDeviceLogin,
  findDeviceLogin,
  insertDeviceLogin,
  pollDeviceLogin,
} from '../store/login-rows.ts';
import type { Store } from '../store/store.ts';
import { hashSecret } from './hash-secret.ts';
import type { OperatorTokens } from './operator-tokens.ts';

/** A device, mostly somebody's terminal, that waits for a person to let it in (RFC 8628). */
export interface DeviceLogin {
  /** As it is shown: `BCDF-GHJK`. */
  readonly userCode: string;
  /** What the device says of itself. */
  readonly name: string;
  readonly from: string;
  /** RFC 3339. */
  readonly requestedAt: string;
  readonly state: 'pending' | 'approved' | 'denied' | 'expired';
}

/** RFC 8628, 3.5. */
export type DevicePoll =
  | { readonly kind: 'token'; readonly token: Secret; readonly expiresInSeconds: number; readonly person: PersonId }
  | { readonly kind: 'authorization_pending' | 'slow_down' | 'access_denied' | 'expired_token' };

export interface DeviceLogins {
  /** Undefined where too many devices wait already. */
  begin(device: {
    readonly name: string;
    readonly address: string;
  }): Promise<{ readonly deviceCode: Secret; readonly userCode: string } | undefined>;
  find(userCode: string): Promise<DeviceLogin | undefined>;
  /** A person's answer; undefined where no device waits under this code (any more). */
  decide(userCode: string, answer: 'approve' | 'deny', person: PersonId): Promise<DeviceLogin | undefined>;
  /** What the device gets to know; its token once, when somebody approved it. */
  poll(deviceCode: Secret): Promise<DevicePoll>;
}

export interface DeviceLoginParts {
  readonly store: Store;
  readonly tokens: OperatorTokens;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
}

/** RFC 8628, 6.1: consonants alone, so that no code spells a word or is misread. 20^8 is 34 bits. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const CODE_LETTERS = 8;

export function deviceLogins({ store, tokens, now, random }: DeviceLoginParts): DeviceLogins {
  const instant = (afterMs = 0) => new Date(now() + afterMs).toISOString();
  const view = (row: DeviceLoginRow, userCode: string): DeviceLogin => ({
    userCode,
    name: row.name,
    from: row.address,
    requestedAt: row.requested_at,
    state: stateOf(row, instant()),
  });
  return {
    async begin({ name, address }) {
      const deviceCode = new Secret(Buffer.from(random(32)).toString('base64url'));
      const userCode = mintUserCode(random);
      const row: DeviceLoginRow = {
        device_hash: hashSecret(deviceCode),
        user_code_hash: hashSecret(new Secret(userCode)),
        name,
        address,
        state: 'pending',
        person_id: null,
        requested_at: instant(),
        expires_at: instant(LIMITS.deviceLoginMs),
        polled_at: null,
      };
      const isIn = await insertDeviceLogin(store, row, LIMITS.maxDeviceLogins);
      return isIn ? { deviceCode, userCode } : undefined;
    },
    async find(typed) {
      const userCode = readUserCode(typed);
      const row = userCode && (await findDeviceLogin(store, hashSecret(new Secret(userCode))));
      return row ? view(row, userCode) : undefined;
    },
    async decide(typed, answer, person) {
      const userCode = readUserCode(typed);
      if (userCode === undefined) return undefined;
      const state = answer === 'approve' ? 'approved' : 'denied';
      const row = await decideDeviceLogin(store, hashSecret(new Secret(userCode)), { state, person, now: instant() });
      return row && view(row, userCode);
    },
    async poll(deviceCode) {
      const polledAfter = instant(-LIMITS.devicePollMs);
      const polled = await pollDeviceLogin(store, hashSecret(deviceCode), { now: instant(), polledAfter });
      if (polled === undefined) return { kind: 'expired_token' };
      const { row, tooSoon, isGranted } = polled;
      if (!isGranted) {
        const state = stateOf(row, instant());
        if (state === 'denied') return { kind: 'access_denied' };
        if (row.state === 'used' || state === 'expired') return { kind: 'expired_token' };
        return { kind: tooSoon ? 'slow_down' : 'authorization_pending' };
      }
      const person = row.person_id as PersonId;
      const { token } = await tokens.create({
        name: row.name,
        may: SCOPES,
        person,
        expiresAt: instant(LIMITS.deviceTokenMs),
      });
      return { kind: 'token', token, expiresInSeconds: LIMITS.deviceTokenMs / 1000, person };
    },
  };
}

function stateOf({ state, expires_at }: DeviceLoginRow, now: string): DeviceLogin['state'] {
  if (state === 'denied') return 'denied';
  if (state === 'used') return 'approved';
  return expires_at <= now ? 'expired' : state;
}

function mintUserCode(random: (bytes: number) => Uint8Array): string {
  let letters = '';
  while (letters.length < CODE_LETTERS) {
    // 240 is the largest multiple of 20 in a byte: each letter is as likely as any other.
    for (const byte of random(CODE_LETTERS)) if (byte < 240) letters += LETTERS[byte % LETTERS.length];
  }
  return dashed(letters.slice(0, CODE_LETTERS));
}

/** As a person types it: in any case, with any spaces and dashes. Undefined for what is no code. */
function readUserCode(typed: string): string | undefined {
  const letters = typed.toUpperCase().replaceAll(/[\s-]/g, '');
  return new RegExp(`^[${LETTERS}]{${CODE_LETTERS}}$`).test(letters) ? dashed(letters) : undefined;
}

function dashed(letters: string): string {
  return `${letters.slice(0, CODE_LETTERS / 2)}-${letters.slice(CODE_LETTERS / 2)}`;
}
