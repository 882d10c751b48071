import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { shortTime } from './listing.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';
import type { AgainstOptions } from './replay/against/replay-against.ts';
import { type RecordedEvent, recordedEventSchema } from './replay/recording.ts';
import { SessionRenderer, type Shown } from './replay/render.ts';
import { sessionHar } from './replay/session-har.ts';

interface ReplayOptions extends GatewayOptions, Partial<Omit<AgainstOptions, keyof GatewayOptions>> {
  readonly speed?: string;
  readonly details?: boolean;
  readonly har?: boolean;
}

/** Nobody watches a pause longer than this; the recording keeps its true length. */
const LONGEST_PAUSE_MS = 3_000;
const TYPING_MS = { perCharacter: 8, most: 700 };

/** `chaperone replay`: a recorded session in the terminal, as it was at psql. */
export function replayCommand(): Command {
  return withGatewayOptions(new Command('replay'))
    .summary('watch a recorded session, or ask again what a run asked')
    .description(
      'Plays a session as if you had watched it: prompts, statements, results as the client saw them, refusals.\n' +
        'With --against, sends what a run asked to another target, as a run of your own, and shows where answers differ.',
    )
    .argument(
      '<session>',
      'its id (`chaperone sessions` lists them), or `last`; with --against the id of a run, or its evidence (.zip)',
    )
    .option('--speed <n>', 'times as fast, or `max` (default: 1 on a terminal, else max)')
    .option(
      '--details',
      'show what policy judged of each statement (columns read, filtered by, written, copied; locks), and fields of HTTP',
    )
    .option('--har', 'writes a session of HTTP as an HTTP Archive, which browsers open, in place of playing it')
    .option('--against <target>', 'ask it all again in this target, a copy, and compare; exits 1 where answers differ')
    .option('--writes', 'with --against: also send what may change something')
    .option('--twice', 'with --against: ask twice, and set apart what does not say the same twice')
    .option('--same-target', 'with --against: let it be a target that the run was in')
    .option('--timeout <seconds>', 'with --against: the most that one statement may take (default: 60)')
    .option('--token-file <path>', 'with --against: a file with an OIDC token (default: your login, or the CI system)')
    .option('--direct', 'with --against: connect to the native port')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chaperone replay last\n  $ chaperone replay ses_… --speed 4\n  $ chaperone replay ses_… --json > session.jsonl\n  $ chaperone replay ses_… --har > session.har\n  $ chaperone replay run_… --against scratch\n  $ chaperone replay run_….evidence.zip --against scratch\n',
    )
    .action(replay);
}

const sessionSchema = z.object({
  id: z.string(),
  run: z.string(),
  target: z.string(),
  principal: z.string(),
  openedAt: z.string(),
});

async function replay(named: string, options: ReplayOptions): Promise<void> {
  const { against } = options;
  if (against !== undefined) {
    const { replayAgainst } = await import('./replay/against/replay-against.ts');
    const output = processOutput({ json: options.json ?? false });
    process.exitCode = await replayAgainst(named, { ...options, against }, process.env, output);
    return;
  }
  const output = processOutput({ json: options.json ?? false });
  const speed = parseSpeed(options.speed, output);
  const api = ApiClient.find(options, process.env);
  const session = await findSession(api, named);
  const path = `/v1/sessions/${encodeURIComponent(session.id)}/recording`;
  // Messages of gRPC are read by the gateway, which knows the descriptors.
  const isWatched = options.har !== true && !output.json;
  const lines = api.lines({ path: isWatched ? `${path}?decoded=true` : path, as: 'operator' });
  if (options.har === true) {
    if (output.json) throw new CliError(EXIT.usage, 'an archive is JSON already: give either --har or --json');
    for await (const piece of sessionHar({ run: session.run, session: session.id }, lines)) output.write(piece);
    return;
  }
  if (output.json) {
    for await (const line of lines) output.write(`${line}\n`);
    return;
  }
  const who = `${session.id} · ${printable(session.principal)} · ${printable(session.target)} · ${shortTime(session.openedAt)} UTC`;
  output.write(`${output.paint('dim', who)}\n`);
  await play(
    lines,
    new SessionRenderer(output.paint, session.target, { details: options.details === true }),
    speed,
    output,
  );
}

async function play(
  lines: AsyncIterable<string>,
  renderer: SessionRenderer,
  speed: number,
  output: Output,
): Promise<void> {
  let before: RecordedEvent | undefined;
  for await (const line of lines) {
    const event = recordedEventSchema.parse(JSON.parse(line));
    await pause(Math.min(elapsedMs(before, event), LONGEST_PAUSE_MS) / speed);
    for (const shown of renderer.render(event)) await show(shown, speed, output);
    before = event;
  }
}

async function findSession(api: ApiClient, named: string): Promise<z.infer<typeof sessionSchema>> {
  if (named !== 'last')
    return api.call({ path: `/v1/sessions/${encodeURIComponent(named)}`, as: 'operator' }, sessionSchema);
  const listSchema = z.object({ sessions: z.array(sessionSchema) });
  const { sessions } = await api.call({ path: '/v1/sessions', query: { limit: 1 }, as: 'operator' }, listSchema);
  const [newest] = sessions;
  if (newest) return newest;
  throw new CliError(EXIT.notFound, 'there is no session yet', {
    hint: 'Make one: npx chaperone run --target demo -- psql -c "select 1"',
  });
}

async function show({ text, typed }: Shown, speed: number, output: Output): Promise<void> {
  output.write(text);
  if (typed === undefined) return;
  if (speed === Infinity || !output.terminal) return output.write(typed);
  const characters = Array.from(typed);
  const stepMs = Math.min(TYPING_MS.perCharacter, TYPING_MS.most / characters.length) / speed;
  for (const character of characters) {
    output.write(character);
    await pause(stepMs);
  }
}

function elapsedMs(before: RecordedEvent | undefined, event: RecordedEvent): number {
  if (before?.mono === undefined || event.mono === undefined) return 0;
  return Math.max(0, (Number(event.mono) - Number(before.mono)) / 1000);
}

async function pause(ms: number): Promise<void> {
  if (ms >= 1) await sleep(ms);
}

function parseSpeed(text: string | undefined, output: Output): number {
  if (text === undefined) return output.terminal ? 1 : Infinity;
  if (text === 'max') return Infinity;
  const speed = Number(text);
  if (speed > 0 && Number.isFinite(speed)) return speed;
  throw new CliError(EXIT.usage, `${printable(text)} is not a speed`, {
    hint: 'Write --speed 4, --speed 0.5 or --speed max',
  });
}
