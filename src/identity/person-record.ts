import type { PersonId } from '../model/ids.ts';
import { type Person, ROLE_SCOPES, ROLES, type Role, type Scope } from '../model/person.ts';
import type { PersonRow } from '../store/people-rows.ts';

/** A person with where each of their groups and roles comes from: the provider's claims, or what was given here. */
export interface PersonRecord extends Person {
  readonly issuer: string;
  readonly claimedGroups: readonly string[];
  readonly localGroups: readonly string[];
  readonly claimedRoles: readonly Role[];
  readonly localRoles: readonly Role[];
  readonly claimedHandles: readonly string[];
  readonly localHandles: readonly string[];
  /** RFC 3339. */
  readonly createdAt: string;
  readonly lastSeenAt?: string;
  readonly disabled: boolean;
  /** Counts what was changed here. */
  readonly version: number;
}

/** The issuer of people whom no provider vouches for: administrators of a one-time link. */
export const LOCAL_ISSUER = 'local';

export function personRecord(row: PersonRow): PersonRecord {
  const [claimedGroups, localGroups] = [texts(row.claimed_groups), texts(row.local_groups)];
  const [claimedRoles, localRoles] = [roles(row.claimed_roles), roles(row.local_roles)];
  const [claimedHandles, localHandles] = [texts(row.claimed_handles), texts(row.local_handles)];
  return {
    id: row.id as PersonId,
    login: row.login,
    issuer: row.issuer,
    groups: union(claimedGroups, localGroups),
    roles: union(claimedRoles, localRoles),
    handles: union(claimedHandles, localHandles),
    claimedGroups,
    localGroups,
    claimedRoles,
    localRoles,
    claimedHandles,
    localHandles,
    createdAt: row.created_at,
    disabled: row.disabled_at !== null,
    version: row.version,
    ...(row.name === null ? {} : { name: row.name }),
    ...(row.email === null ? {} : { email: row.email }),
    ...(row.last_seen_at === null ? {} : { lastSeenAt: row.last_seen_at }),
  };
}

/** What a person may: the sum of their roles. Whoever is in a group at least answers what waits for that group. */
export function scopesOf(person: Pick<Person, 'roles' | 'groups'>): ReadonlySet<Scope> {
  const scopes = new Set(person.roles.flatMap((role) => ROLE_SCOPES[role]));
  if (person.groups.length > 0) scopes.add('approvals:answer');
  return scopes;
}

function union<Item>(some: readonly Item[], more: readonly Item[]): readonly Item[] {
  return [...new Set([...some, ...more])];
}

function texts(json: string): readonly string[] {
  const list: unknown = JSON.parse(json);
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}

/** A role that this program does not know (any more) gives nothing. */
function roles(json: string): readonly Role[] {
  const named = texts(json);
  return ROLES.filter((role) => named.includes(role));
}
