import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { z } from 'zod';
import { type ApiCall, ApiClient } from './api-client.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { processOutput } from './output.ts';
import { printable } from './printable.ts';

/** What the answer to closing a run says of its evidence. */
export const closedEvidenceSchema = z.object({ path: z.string(), token: z.string(), expiresAt: z.string() });

export type ClosedEvidence = z.infer<typeof closedEvidenceSchema>;

/** A bundle that was fetched. */
export interface FetchedEvidence {
  readonly file: string;
  readonly bytes: number;
  /** SHA-256 of its manifest, hex. */
  readonly digest: string;
  readonly complete: boolean;
}

/** `chaperone evidence RUN`: the evidence of a run, in one file that anybody can check. */
export function evidenceCommand(): Command {
  return withGatewayOptions(
    new Command('evidence')
      .summary('fetch the evidence of a run, in one file')
      .description(
        'Writes RUN.evidence.zip: what was asked and answered, what was decided and by which policy, who approved it, and\n' +
          'what proves that none of it was changed. `chaperone verify FILE` checks it, and README.txt in it says how to\n' +
          'check it with other tools.',
      ),
  )
    .argument('<run>', 'its id')
    .option('-o, --output <file>', 'where to write it (default: RUN.evidence.zip)')
    .option('--without-bodies', 'without what was sent and answered, and without the key to it')
    .option('--state', 'says what evidence there is, and fetches nothing')
    .addHelpText('after', EXAMPLES)
    .action(evidence);
}

const EXAMPLES = `
Examples:
  $ chaperone evidence run_…                        # run_….evidence.zip
  $ chaperone evidence run_… --without-bodies -o for-the-archive.zip
  $ chaperone verify run_….evidence.zip

Every fetch stands in the audit log. Whoever may not read recordings gets the bundle without bodies.
`;

interface EvidenceOptions extends GatewayOptions {
  readonly output?: string;
  readonly withoutBodies?: boolean;
  readonly state?: boolean;
}

const stateSchema = z.object({
  run: z.string(),
  state: z.enum(['open', 'making', 'made']),
  complete: z.boolean(),
  why: z.array(z.string()),
  digest: z.string().optional(),
  index: z.number().optional(),
  witnessed: z.boolean(),
  timestamps: z.array(z.object({ authority: z.string(), at: z.string().optional() })),
  bodies: z.enum(['kept', 'erased']),
  sessions: z.number(),
});

async function evidence(run: string, options: EvidenceOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const path = `/v1/runs/${encodeURIComponent(run)}/evidence`;
  if (options.state) {
    const state = await api.call({ path: `${path}/state`, as: 'operator' }, stateSchema);
    return output.json ? output.writeJson(state) : output.write(stateText(state));
  }
  const query = { bodies: options.withoutBodies ? 'withheld' : undefined };
  const file = resolve(options.output ?? `${run.replaceAll(/[^\w-]/g, '')}.evidence.zip`);
  const fetched = await download(api, { path, query, as: 'operator' }, file);
  if (output.json) return output.writeJson(fetched);
  const { paint } = output;
  const state = fetched.complete ? paint('green', 'complete') : paint('yellow', 'INCOMPLETE');
  output.write(`${printable(fetched.file)}\n  ${state}, ${fetched.bytes.toLocaleString('en')} bytes\n`);
  output.write(`  manifest  sha256:${printable(fetched.digest)}\n`);
  output.write(`${paint('dim', `  chaperone verify ${printable(options.output ?? fetched.file)}`)}\n`);
}

function stateText(state: z.infer<typeof stateSchema>): string {
  const lines = [
    state.complete ? 'complete' : `INCOMPLETE: ${state.why.length === 0 ? 'it is being made' : state.why.join(' ')}`,
    state.digest === undefined ? 'no manifest yet' : `manifest sha256:${state.digest}, entry ${state.index} of the log`,
    state.witnessed ? 'witnessed' : 'not witnessed',
    ...state.timestamps.map(({ authority, at }) => `timestamp of ${authority}: ${at ?? 'none yet, it is asked again'}`),
    state.bodies === 'erased' ? 'bodies were erased' : 'bodies are kept',
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/**
 * Fetches the bundle of a run that its job closed, with the ticket of that answer, which is good once. Nothing is at `file`
 * unless all of it is. Throws a `CliError`.
 */
export function fetchEvidence(api: ApiClient, closed: ClosedEvidence, file: string): Promise<FetchedEvidence> {
  return download(api, { path: closed.path, as: { bearer: closed.token } }, resolve(file));
}

/** A large run takes a while to be laid out before its first byte comes. */
const DEADLINE_MS = 120_000;

async function download(api: ApiClient, call: ApiCall, file: string): Promise<FetchedEvidence> {
  const answer = await api.stream({ ...call, deadlineMs: DEADLINE_MS });
  const bytes = Number(answer.headers['content-length']);
  const part = `${file}.${randomBytes(4).toString('hex')}.part`;
  try {
    const to = createWriteStream(part, { mode: 0o600, flags: 'wx' });
    await pipeline(answer, to);
    if (to.bytesWritten !== bytes) throw new Error(`${to.bytesWritten} of ${bytes} bytes came`);
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true });
    throw new CliError(
      EXIT.unavailable,
      `the evidence could not be written to ${printable(file)}: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
  return {
    file,
    bytes,
    digest: String(answer.headers['x-evidence-digest']),
    complete: answer.headers['x-evidence-complete'] === 'true',
  };
}

function messageOf(cause: unknown): string {
  return printable(cause instanceof Error ? cause.message : String(cause));
}
