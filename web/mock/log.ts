import type { LogAlarm, LogEntry, LogStatus, LogVerification } from '../src/api/types.ts';
import { Answered, type Route, route } from './route.ts';
import { ago, type World } from './world.ts';

/**
 * The log of the mock is a real one, in a temporary folder, with a few sessions: so that pages verify what can be
 * verified. It is imported when it is asked for, by an address that no bundler follows.
 */
async function openRealLog(world: World) {
  const from = (path: string) => import(/* @vite-ignore */ new URL(path, import.meta.url).href);
  const { makeRealLog } = (await from('./real-log.ts')) as typeof import('./real-log.ts');
  const sessions = world.sessions.filter(({ here, live }) => here && !live).slice(0, 8);
  return await makeRealLog(sessions.map(({ id }) => id));
}

const CLAIMED = 'alm_0123456789abcdef0123456789abcdef';
const PROVEN = 'alm_fedcba9876543210fedcba9876543210';

export function logRoutes(world: World): readonly Route[] {
  let opened: ReturnType<typeof openRealLog> | undefined;
  const log = () => (opened ??= openRealLog(world));
  const acknowledged = new Map<string, LookedInto>();
  return [
    route('GET', '/v1/log', async (): Promise<LogStatus> => {
      const status = (await log()).status();
      const { size, verifierKey } = status;
      return {
        ...status,
        checkpointAt: ago(world.now, 30_000),
        ok: true,
        signing: { place: 'file', durable: size, signed: size },
        witnessed: { size, at: ago(world.now, 20_000) },
        openAlarms: 2 - acknowledged.size,
        stopped: !acknowledged.has(PROVEN),
        keys: [{ vkey: verifierKey, state: 'signs' }],
        witnesses: [
          {
            name: 'auditor',
            key: 'witness.auditor.example/1',
            url: 'https://witness.auditor.example',
            size,
            at: ago(world.now, 20_000),
          },
          {
            name: 'security',
            key: 'witness.example.com/2',
            url: 'https://witness.example.com',
            fault: 'it cannot be reached: fetch failed',
          },
        ],
        alarms: alarms(world, status, acknowledged),
      };
    }),
    route('POST', '/v1/log/alarms/:alarm/acknowledge', ({ parts: [id = ''] }) => {
      if (![CLAIMED, PROVEN].includes(id)) throw new Answered(404, 'There is no such alarm');
      acknowledged.set(id, { at: ago(world.now, 0), by: 'psn_mock' });
      return { alarm: id, acknowledged: true };
    }),
    route('GET', '/v1/log/entries', async ({ query }): Promise<{ entries: LogEntry[] }> => {
      const start = Number(query.get('start') ?? 0);
      return { entries: (await log()).entries(start, Number(query.get('limit') ?? 256)) };
    }),
    route('POST', '/v1/log/verify', async (): Promise<LogVerification> => await (await log()).verify()),
    route('GET', '/v1/sessions/:session/evidence', async ({ parts: [id = ''] }) => {
      const evidence = await (await log()).evidence(id);
      if (evidence === undefined) throw new Answered(404, 'There is no evidence of this session here');
      return evidence;
    }),
    {
      method: 'GET',
      path: /^\/v1\/log\/(tile\/.+)$/,
      answer: async ({ parts: [path = ''], response }) => {
        const tile = (await log()).tile(path);
        if (tile === undefined) throw new Answered(404, 'The log has no such tile');
        response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(tile);
      },
    },
  ];
}

interface LookedInto {
  readonly at: string;
  readonly by: string;
}

/** The oldest first, as the gateway has them. */
function alarms(
  { now }: World,
  { size, checkpoint }: { readonly size: number; readonly checkpoint: string },
  acknowledged: ReadonlyMap<string, LookedInto>,
): LogAlarm[] {
  const all: LogAlarm[] = [
    {
      id: CLAIMED,
      kind: 'rollback',
      proven: false,
      witness: 'security',
      at: ago(now, 86_400_000),
      ours: checkpoint,
      theirSize: size + 5,
    },
    {
      id: PROVEN,
      kind: 'split-view',
      proven: true,
      witness: 'auditor',
      at: ago(now, 3_600_000),
      ours: checkpoint,
      theirs: checkpoint,
    },
  ];
  return all.map((alarm) => {
    const said = acknowledged.get(alarm.id);
    return said === undefined ? alarm : { ...alarm, acknowledged: { ...said } };
  });
}
