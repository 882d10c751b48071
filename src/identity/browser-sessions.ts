import { createHmac } from 'node:crypto';
import type { PersonId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { Secret } from '../model/secret.ts';
import {
  deleteBrowserSessions,
  findBrowserSession,
  insertBrowserSession,
  touchBrowserSession,
} from '../store/login-rows.ts';
import type { Store } from '../store/store.ts';
import { hashSecret } from './hash-secret.ts';
import { type PersonRecord, personRecord } from './person-record.ts';

/** Sessions of people in browsers: a secret in a cookie, whose hash is kept. */
export interface BrowserSessions {
  /** A new session; its secret is told this once. */
  begin(person: PersonId, userAgent: string): Promise<Secret>;
  /**
   * Whose it is; undefined where it is unknown, ended, idle for too long or too old, or its person is disabled. What goes
   * on by itself while nobody is there (`isIdle`) does not keep it from being idle.
   */
  authenticate(session: Secret, isIdle?: boolean): Promise<PersonRecord | undefined>;
  /** Ends one session; false where there was none. */
  end(session: Secret): Promise<boolean>;
  /** Ends all of a person's, and says how many there were. */
  endAll(person: PersonId): Promise<number>;
}

export interface BrowserSessionParts {
  readonly store: Store;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
}

const MAX_USER_AGENT = 300;

export function browserSessions({ store, now, random }: BrowserSessionParts): BrowserSessions {
  return {
    async begin(person, userAgent) {
      const secret = new Secret(Buffer.from(random(32)).toString('base64url'));
      const at = new Date(now()).toISOString();
      await insertBrowserSession(store, {
        hash: hashSecret(secret),
        person_id: person,
        created_at: at,
        seen_at: at,
        expires_at: new Date(now() + LIMITS.personSessionMs).toISOString(),
        user_agent: userAgent.slice(0, MAX_USER_AGENT),
      });
      return secret;
    },
    async authenticate(secret, isIdle = false) {
      const found = await findBrowserSession(store, hashSecret(secret));
      if (found === undefined || found.person.disabled_at !== null) return undefined;
      const { session, person } = found;
      const idleMs = now() - Date.parse(session.seen_at);
      if (now() >= Date.parse(session.expires_at) || idleMs >= LIMITS.personIdleMs) return undefined;
      if (!isIdle && idleMs >= LIMITS.personSeenMs)
        await touchBrowserSession(store, session, new Date(now()).toISOString());
      return personRecord(person);
    },
    end: async (secret) => (await deleteBrowserSessions(store, { hash: hashSecret(secret) })) > 0,
    endAll: (person) => deleteBrowserSessions(store, { person }),
  };
}

/** What a page of ours sends back with each change: derived from the session, so that no other session's serves. */
export function csrfToken(session: Secret): string {
  return createHmac('sha256', session.reveal()).update('chaperone csrf').digest('base64url');
}
