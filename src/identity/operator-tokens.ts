import { createHash } from 'node:crypto';
import { mintId } from '../model/ids.ts';
import { Secret } from '../model/secret.ts';
import { findOperatorToken, insertOperatorToken } from '../store/operator-rows.ts';
import type { Store } from '../store/store.ts';

export type OperatorRole = 'admin' | 'auditor';

export interface Operator {
  readonly name: string;
  readonly role: OperatorRole;
}

/** Tokens with which a person or a pipeline speaks to the REST API. Only their hashes are kept. */
export interface OperatorTokens {
  /** The token is shown once. `expiresAt` is RFC 3339. */
  create(
    operator: Operator & { readonly expiresAt?: string },
  ): Promise<{ readonly id: string; readonly token: Secret }>;
  /** Undefined for a token that is unknown, expired or revoked. */
  authenticate(token: Secret): Promise<Operator | undefined>;
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
      const isOver = row?.expires_at !== null && (row?.expires_at ?? '') <= new Date(now()).toISOString();
      if (row === undefined || row.revoked_at !== null || isOver) return undefined;
      return row.role === 'admin' || row.role === 'auditor' ? { name: row.name, role: row.role } : undefined;
    },
  };
}

function hashOf(token: Secret): string {
  return createHash('sha256').update(token.reveal()).digest('base64');
}
