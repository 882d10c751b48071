import { Command } from 'commander';
import { z } from 'zod';
import { ERASURE_REASONS } from '../model/erasure.ts';
import { ApiClient } from './api-client.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { confirmByName } from './confirm-by-name.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';

export const whoSchema = z.object({ id: z.string(), name: z.string().optional() });

export const erasureSchema = z.object({
  id: z.string(),
  run: z.string(),
  state: z.enum(['pending', 'ordered', 'done']),
  reason: z.string(),
  note: z.string().optional(),
  by: whoSchema,
  rule: z.string().optional(),
  hold: z.string().optional(),
  askedAt: z.string(),
  doneAt: z.string().optional(),
  gateways: z.array(z.object({ gateway: z.string(), state: z.string(), at: z.string().optional() })),
});
export type ErasureItem = z.infer<typeof erasureSchema>;

/** What a person may give as a reason; `retention` is what rules give. */
const REASONS = ERASURE_REASONS.filter((reason) => reason !== 'retention');

interface EraseOptions extends GatewayOptions {
  readonly reason: string;
  readonly note?: string;
  readonly yes?: boolean;
}

/** `chaperone erase`: the end of what a run sent and was answered. */
export function eraseCommand(): Command {
  return withGatewayOptions(new Command('erase'))
    .summary("erase a run's bodies, for good")
    .description(
      'Destroys the key of what a run sent and was answered, on every gateway that served it.\n' +
        'Nothing brings it back. What was decided stays, and the log still verifies.',
    )
    .argument('<run>', 'its id')
    .requiredOption('--reason <code>', `why: ${REASONS.join(', ')}`)
    .option('--note <text>', 'why in words; stays in the store, never in the log')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chaperone erase run_… --reason data-subject --note "ticket 4711"\n  $ chaperone retention erasures            # what was erased, and what waits\n',
    )
    .action(erase);
}

async function erase(run: string, options: EraseOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  if (!REASONS.some((reason) => reason === options.reason)) {
    throw new CliError(EXIT.usage, `${printable(options.reason)} is no reason`, { hint: `Use ${REASONS.join(', ')}.` });
  }
  const api = ApiClient.find(options, process.env);
  if (!options.yes) await confirmByName(`Erase for good what ${printable(run)} sent and was answered?`, run, output);
  const { reason, note } = options;
  const path = `/v1/runs/${encodeURIComponent(run)}/bodies`;
  const json = { reason, ...(note === undefined ? {} : { note }) };
  const erased = await api.call({ method: 'DELETE', path, json, as: 'operator' }, erasureSchema);
  if (output.json) output.writeJson(erased);
  else output.write(progressOf(erased, output));
}

/** What became of an erasure, and who is still to do it. */
function progressOf({ run, state, gateways }: ErasureItem, output: Output): string {
  const left = gateways.filter(({ state: of }) => of === 'waiting' || of === 'erasing').map(({ gateway }) => gateway);
  if (state === 'done') return `The bodies of ${printable(run)} are erased.\n`;
  return output.paint(
    'yellow',
    `The bodies of ${printable(run)} are erased here, and not yet by ${left.map(printable).join(', ')}.\n`,
  );
}
