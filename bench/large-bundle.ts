/** The bundle of a run with as many events as wanted, by the real writer. */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { aRun, aSession, ask, aTarget } from '../test/support/audit-log.ts';
import { bundleWorld, PERMIT_OF_POLICY, writeKeys } from '../test/support/evidence-bundle.ts';

export interface LargeBundle {
  readonly path: string;
  /** The same run, without what opens its bodies. */
  readonly withoutBodies: string;
  readonly keys: ReturnType<typeof writeKeys>;
}

const RUN = 'run_1';

export async function makeLargeBundle(events: number, directory: string): Promise<LargeBundle> {
  await using world = await bundleWorld(join(directory, 'world'));
  await world.makeRun(RUN, { close: false });
  const session = await aSession(world.log, aRun(RUN), 'ses_large', aTarget('batched'));
  for (let i = 1; i <= events / 2; i++) {
    const exchange = ask(session, i, `SELECT * FROM orders WHERE id = ${i}`, PERMIT_OF_POLICY);
    await exchange.durable;
    await exchange.reply(Buffer.from(`row ${i}|some name|2026-01-01|${i * 7}`));
    await exchange.end({ status: 'ok', rows: 1, tags: ['SELECT 1'] }, []);
  }
  await session.close('completed');
  await world.log.closeRun(aRun(RUN).id, 'completed');
  await world.service.closed(RUN);
  const paths = { path: join(directory, 'run.evidence.zip'), withoutBodies: join(directory, 'without.evidence.zip') };
  for (const [path, withholds] of [
    [paths.path, undefined],
    [paths.withoutBodies, 'asked'],
  ] as const) {
    const bundle = await world.service.open(RUN, { withholds, signal: AbortSignal.timeout(600_000) });
    if (bundle === undefined) throw new Error('there is no evidence of the run');
    await pipeline(bundle.stream(), createWriteStream(path));
  }
  return { ...paths, keys: writeKeys(directory, world) };
}
