import type { GrantView } from '../src/api/types.ts';
import { Answered, type Route, route } from './route.ts';
import { ago, HOUR, MINUTE, type World } from './world.ts';

const takenBack = new Map<string, string>();

/** The grant of a run: where people gave it a target, with that. */
export function grantsOf(world: World, run: string): GrantView[] {
  const given = world.approvals.filter(({ kind, run: { id }, state }) => {
    return kind === 'access' && id === run && state === 'approved';
  });
  if (given.length === 0) return [];
  const now = Date.now();
  return [
    {
      id: `grt_${run.slice(4)}`,
      run,
      principal: given[0]?.run.display ?? '',
      targets: ['shop', ...given.flatMap(({ id, target }) => (takenBack.has(id) ? [] : [target]))],
      rules: ['shop-main'],
      issuedAt: ago(now, HOUR),
      expiresAt: ago(now, -10 * MINUTE),
      state: 'active',
      given: given.map(({ id, target, decidedAt = '' }) => {
        const revokedAt = takenBack.get(id);
        return { target, approval: id, givenAt: decidedAt, ...(revokedAt !== undefined && { revokedAt }) };
      }),
    },
  ];
}

/** Takes one back. */
export function givenTargetRoutes(world: World): readonly Route[] {
  return [
    route('DELETE', '/v1/grants/:grant/targets/:target', ({ parts: [grant = '', target = ''] }) => {
      const found = world.approvals.find(({ kind, run, target: name }) => {
        return kind === 'access' && `grt_${run.id.slice(4)}` === grant && name === target;
      });
      if (found === undefined) throw new Answered(404, 'The grant was given no such target');
      takenBack.set(found.id, new Date().toISOString());
      return { grant, target, revoked: true };
    }),
  ];
}
