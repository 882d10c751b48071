import { ApiClient } from '../../api-client.ts';
import { CliError, EXIT, type ExitCode } from '../../cli-error.ts';
import type { GatewayOptions } from '../../common-options.ts';
import type { Output } from '../../output.ts';
import { printable } from '../../printable.ts';
import { openRun } from '../../run/open-run.ts';
import { readBundleRun } from './bundle-run.ts';
import { type RecordedRun, readRun } from './recorded-run.ts';
import { planReplay, type Step } from './replay-plan.ts';
import { type ReplayedExchange, replaySteps } from './replay-run.ts';
import { mergeReplays } from './replay-twice.ts';
import { readReply } from './reply-content.ts';
import { makeReport, showReport } from './report.ts';
import { WireSession } from './wire-session.ts';

export interface AgainstOptions extends GatewayOptions {
  /** The name of a target. */
  readonly against: string;
  readonly sameTarget?: boolean;
  readonly writes?: boolean;
  readonly twice?: boolean;
  readonly tokenFile?: string;
  /** Seconds that one statement may take. */
  readonly timeout?: string;
  readonly direct?: boolean;
}

/** `chaperone replay RUN|BUNDLE --against TARGET`: what a run asked, asked again elsewhere, and where the answers differ. */
export async function replayAgainst(
  run: string,
  options: AgainstOptions,
  env: NodeJS.ProcessEnv,
  output: Output,
): Promise<ExitCode> {
  const statementMs = secondsOf(options.timeout) * 1000;
  if (options.twice && options.writes) {
    throw new CliError(EXIT.usage, 'what writes is not sent twice', { hint: 'Leave out --twice or --writes.' });
  }
  const api = ApiClient.find(options, env);
  const recorded = run.endsWith('.zip') ? await readBundleRun(run) : await readRun(api, run);
  refuseOwnTarget(recorded, options);
  const steps = planReplay(recorded.exchanges, { writes: options.writes === true });
  const replayed = await replay(api, { recorded, steps, options, env, statementMs, output });
  const { exchanges } = replayed;
  const readOnly = options.writes !== true;
  const report = makeReport({ run: recorded.id, target: options.against, replay: replayed.run, readOnly }, exchanges);
  if (output.json) output.writeJson(report);
  else showReport(report, output);
  if (report.totals.different > 0) return EXIT.failed;
  return report.totals.same + report.totals.unstable === 0 && exchanges.length > 0 ? EXIT.incomplete : EXIT.ok;
}

interface Replay {
  readonly recorded: RecordedRun;
  readonly steps: readonly Step[];
  readonly options: AgainstOptions;
  readonly env: NodeJS.ProcessEnv;
  readonly statementMs: number;
  readonly output: Output;
}

async function replay(
  api: ApiClient,
  { recorded, steps, options, env, statementMs, output }: Replay,
): Promise<{ readonly run: string; readonly exchanges: readonly ReplayedExchange[] }> {
  await using run = await openRun({
    api,
    targets: [options.against],
    tokenFile: options.tokenFile,
    direct: options.direct === true,
    selfTest: false,
    asserted: () => ({ command: 'chaperone replay', replays: recorded.id }),
    env,
    say: (text) => output.say(text),
    warn: (sentence) => output.say(`chaperone: ${sentence}\n`),
  });
  const { grant, context } = run;
  const [target] = context.targets;
  if (target === undefined) throw new CliError(EXIT.refused, `no way into ${printable(options.against)} was given`);
  if (target.protocol !== 'postgres') {
    throw new CliError(EXIT.usage, `${printable(target.protocol)} cannot be replayed`, { hint: 'PostgreSQL can.' });
  }
  const readOnly = options.writes !== true;
  const connect = async (session: string): Promise<WireSession> => {
    const wire = await WireSession.open(target, context.certificateAuthority, `replay of ${session}`);
    if (readOnly) await forbidWriting(wire, statementMs);
    return wire;
  };
  // Why nothing can be asked there at all is told once, and not for each thing that was recorded.
  await (await connect(recorded.id))[Symbol.asyncDispose]();
  const first = await replaySteps(steps, { connect, readOnly, statementMs });
  const second = options.twice ? await replaySteps(steps, { connect, readOnly, statementMs }) : undefined;
  return { run: grant.run, exchanges: second === undefined ? first : mergeReplays(first, second) };
}

/** Every transaction of the session reads alone from here on, whatever it is sent. */
async function forbidWriting(wire: WireSession, statementMs: number): Promise<void> {
  const sending = { kind: 'query', text: 'SET default_transaction_read_only = on', copyInput: undefined } as const;
  const { bytes } = await wire.send(sending, [], AbortSignal.timeout(statementMs));
  const { error } = readReply(bytes);
  if (error === undefined) return;
  await wire[Symbol.asyncDispose]();
  throw new CliError(EXIT.refused, `the sessions cannot be kept from writing: ${printable(error.message)}`, {
    hint: 'Permit `session` operations in that target, or say --writes where it may be changed.',
  });
}

/** What a run did is not done again to what it did it to, unless somebody says so. */
function refuseOwnTarget({ id, targets }: RecordedRun, { against, sameTarget }: AgainstOptions): void {
  if (sameTarget === true || !targets.includes(against)) return;
  throw new CliError(EXIT.refused, `${printable(id)} was in ${printable(against)} itself`, {
    hint: 'Name a copy of it. --same-target asks the same again where it was asked.',
  });
}

const STATEMENT_SECONDS = 60;

function secondsOf(text: string | undefined): number {
  const seconds = text === undefined ? STATEMENT_SECONDS : Number(text);
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw new CliError(EXIT.usage, `${printable(text ?? '')} is no number of seconds`, { hint: 'Write --timeout 60.' });
}
