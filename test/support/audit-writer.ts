/**
 * A process that records until it is killed: `node audit-writer.ts <directory> <mode> <seed>`. It says on its output
 * which exchanges the log acknowledged, a line each, once `durable` or `end` has settled.
 */
import { writeSync } from 'node:fs';
import type { RecordMode } from '../../src/model/target.ts';
import { aRun, aSession, ask, aTarget, openLog } from './audit-log.ts';

const [directory = '', mode = 'strict', seedText = '1'] = process.argv.slice(2);
let seed = Number(seedText);

/** A small generator of Lehmer's kind: the same numbers for the same seed. */
function random(below: number): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % below;
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

const log = await openLog(directory);
const run = aRun(`run_${seedText}`);
await log.openRun(run, {});
say('open');

async function client(name: string): Promise<void> {
  for (let round = 0; ; round++) {
    const id = `ses_${seedText}_${name}_${round}`;
    const session = await aSession(log, run, id, aTarget(mode as RecordMode, 200_000));
    say(`session ${id}`);
    const exchanges = 1 + random(30);
    for (let number = 1; number <= exchanges; number++) {
      const record = ask(session, number, `SELECT ${id} ${number}`);
      await record.durable;
      say(`asked ${id} ${number}`);
      for (let piece = random(4); piece >= 0; piece--)
        await record.reply(Buffer.alloc(random(10) === 0 ? 90_000 : 50, 'r'));
      await record.end({ status: 'ok', rows: number }, []);
      say(`ended ${id} ${number}`);
    }
    await session.close('completed');
    say(`closed ${id}`);
  }
}

await Promise.all(['a', 'b', 'c'].map(client));
