import { mintId, type PersonId } from '../model/ids.ts';
import type { Person, Role } from '../model/person.ts';
import {
  changePerson,
  type Entering,
  enterPerson,
  findPerson,
  hasAdministrator,
  listPeople,
} from '../store/people-rows.ts';
import type { Store } from '../store/store.ts';
import { LoginRefused } from './login-refused.ts';
import { LOCAL_ISSUER, type PersonRecord, personRecord } from './person-record.ts';

/** Who a verified login says somebody is. */
export interface ClaimedIdentity {
  readonly issuer: string;
  readonly subject: string;
  readonly login: string;
  readonly name?: string;
  readonly email?: string;
  readonly groups: readonly string[];
  readonly roles: readonly Role[];
  readonly handles: readonly string[];
}

export interface PersonEdit {
  readonly localGroups?: readonly string[];
  readonly localRoles?: readonly Role[];
  readonly localHandles?: readonly string[];
  readonly disabled?: boolean;
}

export type EditedPerson = PersonRecord | 'missing' | 'stale' | 'last-administrator';

/** The people who log in here. */
export interface People {
  /** Makes the person, or brings up to date what their claims say. Throws `LoginRefused`. */
  enter(identity: ClaimedIdentity): Promise<PersonRecord>;
  /** The administrator of a one-time link, whom no provider vouches for; one who was disabled is so no longer. */
  enterLocalAdministrator(groups: readonly string[]): Promise<PersonRecord>;
  find(id: PersonId): Promise<PersonRecord | undefined>;
  /** Oldest first; those after an id. */
  list(filter: { readonly after?: string; readonly limit: number }): Promise<readonly PersonRecord[]>;
  /** The one person who is known by a handle and may log in; undefined for nobody, and where two are. */
  byHandle(handle: string): Promise<Person | undefined>;
  /** The one person with this address, of their login provider's claims, who may log in. */
  byEmail(email: string): Promise<Person | undefined>;
  /** Changes what was given here, where `version` is still theirs. Whoever is disabled is out everywhere, at once. */
  edit(id: PersonId, version: number | undefined, edit: PersonEdit): Promise<EditedPerson>;
  /** Whether somebody who may log in is an administrator. */
  hasAdministrator(): Promise<boolean>;
}

export interface PeopleParts {
  readonly store: Store;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
}

export function people({ store, now, random }: PeopleParts): People {
  const instant = () => new Date(now()).toISOString();
  const enter = async (identity: ClaimedIdentity, local?: Entering['local']) => {
    const entered = await enterPerson(store, {
      claimed: claimedRow(identity),
      id: mintId('psn', now(), random),
      now: instant(),
      ...(local ? { local } : {}),
    });
    switch (entered.kind) {
      case 'entered':
        return personRecord(entered.row);
      case 'disabled':
        throw new LoginRefused('disabled', `${identity.login} may not log in here any more.`);
      case 'login-taken':
        throw new LoginRefused('login-taken', `Somebody else is known as ${identity.login} here.`);
      default:
        return entered satisfies never;
    }
  };
  const only = async (matches: (person: PersonRecord) => boolean): Promise<Person | undefined> => {
    const all = (await listPeople(store, { limit: Number.MAX_SAFE_INTEGER })).map(personRecord);
    const found = all.filter((person) => !person.disabled && matches(person));
    return found.length === 1 ? found[0] : undefined;
  };
  return {
    enter: (identity) => enter(identity),
    enterLocalAdministrator: (groups) =>
      enter(LOCAL_ADMINISTRATOR, {
        local_groups: JSON.stringify(groups),
        local_roles: '["admin"]',
        disabled_at: null,
      }),
    find: async (id) => {
      const row = await findPerson(store, id);
      return row && personRecord(row);
    },
    list: async (filter) => (await listPeople(store, filter)).map(personRecord),
    byHandle: (handle) => only(({ handles }) => handles.some((one) => one.toLowerCase() === handle.toLowerCase())),
    byEmail: (email) => only((person) => person.email?.toLowerCase() === email.toLowerCase()),
    edit: async (id, version, { localGroups, localRoles, localHandles, disabled }) => {
      const set = {
        ...(localGroups ? { local_groups: JSON.stringify(localGroups) } : {}),
        ...(localRoles ? { local_roles: JSON.stringify(localRoles) } : {}),
        ...(localHandles ? { local_handles: JSON.stringify(localHandles) } : {}),
      };
      const change = { id, version, set, now: instant(), ...(disabled === undefined ? {} : { disabled }) };
      const changed = await changePerson(store, change);
      return changed.kind === 'changed' ? personRecord(changed.row) : changed.kind;
    },
    hasAdministrator: () => hasAdministrator(store),
  };
}

const LOCAL_ADMINISTRATOR: ClaimedIdentity = {
  issuer: LOCAL_ISSUER,
  subject: 'admin',
  login: 'admin',
  name: 'Local administrator',
  groups: [],
  roles: [],
  handles: [],
};

function claimedRow({ issuer, subject, login, name, email, groups, roles, handles }: ClaimedIdentity) {
  return {
    issuer,
    subject,
    login,
    name: name ?? null,
    email: email ?? null,
    claimed_groups: JSON.stringify(groups),
    claimed_roles: JSON.stringify(roles),
    claimed_handles: JSON.stringify(handles),
  };
}
