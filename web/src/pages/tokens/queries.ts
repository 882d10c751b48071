import { queryOptions } from '@tanstack/react-query';
import { call, get } from '../../api/client.ts';
import type { OperatorToken } from '../../api/types.ts';

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: async ({ signal }) =>
    (await get<{ tokens: OperatorToken[] }>('/v1/operator-tokens', undefined, signal)).tokens,
});

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly string[];
  /** null for one that never expires. */
  readonly expiresAt: string | null;
  readonly personal: boolean;
}

export interface MadeToken {
  readonly id: string;
  /** Nobody can see it again. */
  readonly token: string;
}

export async function createToken(token: NewToken): Promise<MadeToken> {
  return (await call<MadeToken>('POST', '/v1/operator-tokens', { body: token })).data;
}

export async function revokeToken(id: string): Promise<void> {
  await call<unknown>('DELETE', `/v1/operator-tokens/${encodeURIComponent(id)}`);
}
