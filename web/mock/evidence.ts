import type { RunEvidenceState } from '../src/api/types.ts';
import { Answered, type Route, route } from './route.ts';
import type { World } from './world.ts';

const DIGEST = '5f2c1b7e90a4d3f86b1e2c7d4a9f0e8b3c6d5a7f1e2b4c8d9a0f3e6b7c1d2a4e';

/** Evidence of runs: of one that is open, of one that was erased, and of the others whole. */
export function evidenceRoutes(world: World): readonly Route[] {
  return [
    route('POST', '/v1/audit-packs', ({ body, response }) => {
      const { from, to, control } = body as { from: string; to: string; control: string };
      if (control !== 'PCI-10.2') {
        throw new Answered(400, 'This pack cannot be made', { detail: 'there is no such control here' });
      }
      const name = `${control}_${from}_${to}.audit.zip`;
      response.setHeader('content-disposition', `attachment; filename="${name}"`);
      response.setHeader('content-type', 'application/zip');
      response.end('PK');
    }),
    route('GET', '/v1/runs/:run/evidence/state', ({ parts: [id = ''] }): RunEvidenceState => {
      const at = world.runs.findIndex((each) => each.id === id);
      const run = world.runs[at];
      if (run === undefined) throw new Answered(404, 'There is no such run');
      const sessions = world.sessions.filter((session) => session.run === id).length;
      if (run.closedAt === undefined) {
        const why = ['The run is still open.'];
        return {
          run: id,
          state: 'open',
          complete: false,
          why,
          witnessed: false,
          timestamps: [],
          bodies: 'kept',
          sessions,
        };
      }
      const stamped = { authority: 'timestamps.example.com', at: run.closedAt };
      return {
        run: id,
        state: 'made',
        complete: true,
        why: [],
        digest: DIGEST,
        index: 4711,
        witnessed: at % 2 === 0,
        timestamps: [stamped],
        bodies: at % 5 === 4 ? 'erased' : 'kept',
        sessions,
      };
    }),
  ];
}
