import type { OperatorToken } from '../src/api/types.ts';
import { Answered, type Route, route } from './route.ts';
import { ago, HOUR, type World } from './world.ts';

export function tokenRoutes(world: World): readonly Route[] {
  const inDays = (days: number) => ago(world.now, -days * 24 * HOUR);
  const tokens: OperatorToken[] = [
    {
      id: 'opt_01kanq0dash',
      name: 'grafana dashboard',
      scopes: ['overview:read', 'log:read'],
      createdAt: inDays(-21),
      expiresAt: inDays(69),
      state: 'active',
    },
    {
      id: 'opt_01kanq0pipe',
      name: 'policy pipeline',
      role: 'admin',
      scopes: ['configuration:read', 'configuration:write'],
      createdAt: inDays(-90),
      state: 'active',
    },
    {
      id: 'opt_01kanq0lapt',
      name: 'chaperone on build-laptop',
      scopes: ['approvals:answer', 'sessions:read'],
      person: 'ada',
      createdAt: inDays(-2),
      expiresAt: inDays(28),
      state: 'active',
    },
    {
      id: 'opt_01kanq0oldt',
      name: 'audit export',
      role: 'auditor',
      scopes: ['recordings:read'],
      createdAt: inDays(-200),
      expiresAt: inDays(-20),
      state: 'expired',
    },
  ];
  return [
    route('GET', '/v1/operator-tokens', () => ({ tokens })),
    route('POST', '/v1/operator-tokens', ({ body }) => {
      const { name, scopes, expiresAt, personal } = body as {
        name: string;
        scopes: string[];
        expiresAt: string | null;
        personal?: boolean;
      };
      const id = `opt_01kanq0new${tokens.length}`;
      tokens.unshift({
        id,
        name,
        scopes,
        createdAt: new Date().toISOString(),
        ...(expiresAt !== null && { expiresAt }),
        ...(personal === true && { person: 'ada' }),
        state: 'active',
      });
      return { id, token: 'chop_mock_7Jq2fV9sXk3mT8wB1nR5yL0cD4gH6pZa' };
    }),
    route('DELETE', '/v1/operator-tokens/:token', ({ parts: [id] }) => {
      const token = tokens.find((each) => each.id === id);
      if (token === undefined) throw new Answered(404, 'There is no such token that is still good');
      token.state = 'revoked';
      return { id, revoked: true };
    }),
  ];
}
