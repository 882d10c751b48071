import { mintId, type PersonId } from '../model/ids.ts';
import { type Person, ROLE_SCOPES, SCOPES, type Scope } from '../model/person.ts';
import { Secret } from '../model/secret.ts';
import {
  findOperatorToken,
  insertOperatorToken,
  listOperatorTokens,
  type OperatorTokenRow,
  revokeOperatorToken,
} from '../store/operator-rows.ts';
import { findPerson } from '../store/people-rows.ts';
import type { Store } from '../store/store.ts';
import { hashSecret } from './hash-secret.ts';
import { personRecord, scopesOf } from './person-record.ts';

export type OperatorRole = 'admin' | 'auditor';

/** Whom a token stands for. */
export interface TokenHolder {
  readonly id: string;
  readonly name: string;
  /** What it may now: of a person's own token never more than they may. */
  readonly scopes: ReadonlySet<Scope>;
  /** RFC 3339; absent where it never expires. */
  readonly expiresAt?: string;
  readonly person?: Person;
}

/** A token as it is listed: everything but itself. Times are RFC 3339. */
export interface OperatorTokenListing {
  readonly id: string;
  readonly name: string;
  readonly role?: OperatorRole;
  readonly scopes: readonly Scope[];
  /** The login of whose it is. */
  readonly person?: string;
  readonly createdAt: string;
  /** Absent where it never expires. */
  readonly expiresAt?: string;
  readonly state: 'active' | 'expired' | 'revoked';
}

export interface NewOperatorToken {
  /** Of `newId`, where it was told to somebody before. */
  readonly id?: string;
  readonly name: string;
  /** A role, whose scopes may grow with the program, or scopes. */
  readonly may: OperatorRole | readonly Scope[];
  readonly person?: PersonId;
  readonly expiresAt?: string;
}

/** Tokens with which a person or a pipeline speaks to the REST API. Only their hashes are kept. */
export interface OperatorTokens {
  /** An id for a token that will be made, so that it can be noted before. */
  newId(): string;
  /** The token is shown once. `expiresAt` is RFC 3339. */
  create(token: NewOperatorToken): Promise<{ readonly id: string; readonly token: Secret }>;
  /** Undefined for a token that is unknown, expired or revoked, or whose person is disabled. */
  authenticate(token: Secret): Promise<TokenHolder | undefined>;
  /** Oldest first; of one person where they are named. */
  list(person?: PersonId): Promise<readonly OperatorTokenListing[]>;
  /** Ends a token at once, in every gateway; false where there was none to end, or it is not that person's. */
  revoke(id: string, person?: PersonId): Promise<boolean>;
}

const PREFIX = 'chp_op_';

export function operatorTokens(
  store: Store,
  circumstances: { readonly now: () => number; readonly random: (bytes: number) => Uint8Array },
): OperatorTokens {
  const { now, random } = circumstances;
  const newId = () => mintId('opt', now(), random);
  return {
    newId,
    async create({ id = newId(), name, may, person, expiresAt }) {
      const token = new Secret(`${PREFIX}${Buffer.from(random(32)).toString('base64url')}`);
      await insertOperatorToken(store, {
        id,
        name,
        role: typeof may === 'string' ? may : 'scopes',
        scopes: typeof may === 'string' ? null : JSON.stringify(may),
        person_id: person ?? null,
        hash: hashSecret(token),
        created_at: new Date(now()).toISOString(),
        expires_at: expiresAt ?? null,
        revoked_at: null,
      });
      return { id, token };
    },
    async authenticate(token) {
      // 256 bits that are looked up by their hash: how long the look-up takes says nothing of any token.
      const row = await findOperatorToken(store, hashSecret(token));
      if (row === undefined || stateOf(row, now()) !== 'active') return undefined;
      const { id, name, person_id } = row;
      const until = row.expires_at === null ? {} : { expiresAt: row.expires_at };
      if (person_id === null) return { id, name, scopes: new Set(scopesOfRow(row)), ...until };
      const owner = await findPerson(store, person_id);
      if (owner === undefined || owner.disabled_at !== null) return undefined;
      const person = personRecord(owner);
      const theirs = scopesOf(person);
      return { id, name, scopes: new Set(scopesOfRow(row).filter((scope) => theirs.has(scope))), person, ...until };
    },
    async list(person) {
      const rows = await listOperatorTokens(store, person);
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        scopes: scopesOfRow(row),
        createdAt: row.created_at,
        state: stateOf(row, now()),
        ...(isRole(row.role) ? { role: row.role } : {}),
        ...(row.login === null ? {} : { person: row.login }),
        ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
      }));
    },
    revoke: (id, person) => revokeOperatorToken(store, id, new Date(now()).toISOString(), person),
  };
}

/** A token of neither a role nor scopes that this program knows may nothing. */
function scopesOfRow({ role, scopes }: Pick<OperatorTokenRow, 'role' | 'scopes'>): readonly Scope[] {
  if (isRole(role)) return ROLE_SCOPES[role];
  const listed: unknown = scopes === null ? [] : JSON.parse(scopes);
  return Array.isArray(listed) ? SCOPES.filter((scope) => listed.includes(scope)) : [];
}

function isRole(role: string): role is OperatorRole {
  return role === 'admin' || role === 'auditor';
}

function stateOf(
  { revoked_at, expires_at }: Pick<OperatorTokenRow, 'revoked_at' | 'expires_at'>,
  nowMs: number,
): OperatorTokenListing['state'] {
  if (revoked_at !== null) return 'revoked';
  return expires_at !== null && expires_at <= new Date(nowMs).toISOString() ? 'expired' : 'active';
}
