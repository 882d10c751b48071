import type { ErasureView, HoldView, Run } from '../src/api/types.ts';
import { Answered, type Route, route } from './route.ts';
import type { World } from './world.ts';

interface Retention {
  readonly erasures: Map<string, ErasureView>;
  readonly holds: HoldView[];
}

const RETENTION = new WeakMap<World, Retention>();

function retentionOf(world: World): Retention {
  const known = RETENTION.get(world) ?? { erasures: new Map<string, ErasureView>(), holds: [] };
  RETENTION.set(world, known);
  return known;
}

/** What keeps a run's bodies, and what ended them. */
export function bodiesOf(world: World, run: string): Pick<Run, 'erasure' | 'holds'> {
  const { erasures, holds } = retentionOf(world);
  const erasure = erasures.get(run);
  return { ...(erasure && { erasure }), holds: holds.filter((hold) => hold.run === run) };
}

/** Erasures and holds. */
export function retentionRoutes(world: World): readonly Route[] {
  const { erasures, holds } = retentionOf(world);
  const by = { id: 'psn_ada', name: 'ada' };
  return [
    route('DELETE', '/v1/runs/:run/bodies', ({ parts: [run = ''], body }) => {
      const { reason, note } = body as Pick<ErasureView, 'reason' | 'note'>;
      const at = new Date().toISOString();
      const hold = holds.find((one) => one.run === run);
      const common = { id: `era_${run}`, run, reason, by, askedAt: at, ...(note === undefined ? {} : { note }) };
      if (hold !== undefined) {
        erasures.set(run, { ...common, state: 'pending', hold: hold.id, gateways: [] });
        throw new Answered(409, 'The run is under a hold', { code: 'held', detail: `The hold ${hold.id} keeps it.` });
      }
      const done = {
        ...common,
        state: 'done' as const,
        doneAt: at,
        gateways: [{ gateway: 'here', state: 'done' as const, at }],
      };
      erasures.set(run, done);
      return done;
    }),
    route('POST', '/v1/holds', ({ body }) => {
      const { run, reason } = body as { run: string; reason: string };
      const hold = { id: `hld_${holds.length + 1}`, run, reason, placedBy: by, placedAt: new Date().toISOString() };
      holds.push(hold);
      return { hold, tooLate: [] };
    }),
    route('DELETE', '/v1/holds/:hold', ({ parts: [id] }) => {
      const at = holds.findIndex((hold) => hold.id === id);
      if (at < 0) throw new Answered(404, 'There is no such hold in force');
      return holds.splice(at, 1)[0];
    }),
  ];
}
