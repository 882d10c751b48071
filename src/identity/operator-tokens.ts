import { createHash } from 'node:crypto';
import { mintId } from '../model/ids.ts';
import { Secret } from '../model/secret.ts';
import {
  findOperatorToken,
  insertOperatorToken,
  listOperatorTokens,
  type OperatorTokenRow,
  revokeOperatorToken,
} from '../store/operator-rows.ts';
import type { Store } from '../store/store.ts';

export type OperatorRole = 'admin' | 'auditor';

export interface Operator {
  readonly name: string;
  readonly role: OperatorRole;
}

/** A token as it is listed: everything but itself. Times are RFC 3339. */
export interface OperatorTokenListing extends Operator {
  readonly id: string;
  readonly createdAt: string;
  /** Absent where it never expires. */
  readonly expiresAt?: string;
  readonly state: 'active' | 'expired' | 'revoked';
}

/** Tokens with which a person or a pipeline speaks to the REST API. Only their hashes are kept. */
export interface OperatorTokens {
  /** The token is shown once. `expiresAt` is RFC 3339. */
  create(
    operator: Operator & { readonly expiresAt?: string },
  ): Promise<{ readonly id: string; readonly token: Secret }>;
  /** Undefined for a token that is unknown, expired or revoked. */
  authenticate(token: Secret): Promise<Operator | undefined>;
  /** Oldest first. */
  list(): Promise<readonly OperatorTokenListing[]>;
  /** Ends a token at once, in every gateway; false where there was none to end. */
  revoke(id: string): Promise<boolean>;
}

const PREFIX = 'chp_op_';

export function operatorTokens(
  store: Store,
  circumstances: { readonly now: () => number; readonly random: (bytes: number) => Uint8Array },
): OperatorTokens {
  const { now, random } = circumstances;
  return {
    async create({ name, role, expiresAt }) {
      const id = mintId('opt', now(), random);
      const token = new Secret(`${PREFIX}${Buffer.from(random(32)).toString('base64url')}`);
      const created = new Date(now()).toISOString();
      await insertOperatorToken(store, {
        id,
        name,
        role,
        scopes: null,
        person_id: null,
        hash: hashOf(token),
        created_at: created,
        expires_at: expiresAt ?? null,
        revoked_at: null,
      });
      return { id, token };
    },
    async authenticate(token) {
      // 256 bits that are looked up by their hash: how long the look-up takes says nothing of any token.
      const row = await findOperatorToken(store, hashOf(token));
      if (row === undefined || stateOf(row, now()) !== 'active') return undefined;
      return row.role === 'admin' || row.role === 'auditor' ? { name: row.name, role: row.role } : undefined;
    },
    async list() {
      const rows = await listOperatorTokens(store);
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        role: row.role === 'admin' ? 'admin' : 'auditor',
        createdAt: row.created_at,
        ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
        state: stateOf(row, now()),
      }));
    },
    revoke: (id) => revokeOperatorToken(store, id, new Date(now()).toISOString()),
  };
}

function stateOf({ revoked_at, expires_at }: OperatorTokenRow, nowMs: number): OperatorTokenListing['state'] {
  if (revoked_at !== null) return 'revoked';
  return expires_at !== null && expires_at <= new Date(nowMs).toISOString() ? 'expired' : 'active';
}

function hashOf(token: Secret): string {
  return createHash('sha256').update(token.reveal()).digest('base64');
}
