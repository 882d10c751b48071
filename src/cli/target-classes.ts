import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { listing, shortTime } from './listing.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';
import { type TargetItem, targetSchema } from './target-schema.ts';

/** `chaperone targets show`: one target, with each classified column and where it has its class from. */
export function showTargetCommand(): Command {
  return withGatewayOptions(
    new Command('show').description('Shows a target, and which of its columns are classified: declared, or by a copy.'),
  )
    .argument('<target>', 'its name')
    .action(show);
}

/** `chaperone targets delete-class`: takes back a class that a column inherited and that is not right. */
export function deleteClassCommand(): Command {
  return withGatewayOptions(
    new Command('delete-class').description(
      'Deletes an inherited class, so that its column is masked by it no longer. Needs the scope configuration:write.',
    ),
  )
    .argument('<target>', 'the name of the target')
    .argument('<id>', 'as `targets show` tells it: cls_…')
    .action(deleteClass);
}

async function show(name: string, options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const { targets } = await api.call(
    { path: '/v1/targets', as: 'operator' },
    z.object({ targets: z.array(targetSchema) }),
  );
  const target = targets.find((each) => each.name === name);
  if (target === undefined) throw new CliError(EXIT.notFound, `there is no target named ${printable(name)}`);
  if (output.json) return output.writeJson(target);
  writeFacts(target, output);
  writeColumns(target, output);
}

function writeFacts({ name, protocol, address, database, tls, recordMode, labels }: TargetItem, output: Output): void {
  const facts: readonly (readonly [string, string])[] = [
    ['target', name],
    ['protocol', protocol],
    ['address', database === undefined ? address : `${address}/${database}`],
    ['tls', tls],
    ['record', recordMode],
    [
      'labels',
      Object.entries(labels)
        .map((label) => label.join('='))
        .join(', '),
    ],
  ];
  for (const [of, text] of facts) output.write(`${output.paint('dim', of.padEnd(10))}${printable(text)}\n`);
  output.write('\n');
}

function writeColumns({ classified, inherited }: TargetItem, output: Output): void {
  if (classified.length + inherited.length === 0) return output.say('No column is classified.\n');
  const declared = classified.map((column) => ({ ...column, from: 'declared', by: '', id: '' }));
  const copied = inherited.map(({ column, class: of, from, session, exchange, at, id }) => ({
    column,
    class: of,
    from: from.join(', '),
    id,
    by: `${session} exchange ${exchange}, ${shortTime(at)}`,
  }));
  type Line = (typeof copied)[number];
  const columns = [
    { head: 'COLUMN', text: ({ column }: Line) => column },
    { head: 'CLASS', text: (line: Line) => line.class },
    { head: 'FROM', text: ({ from }: Line) => from, most: 80 },
    { head: 'BY', text: ({ by }: Line) => by },
    { head: 'ID', text: ({ id }: Line) => id },
  ];
  output.write(listing([...declared, ...copied], columns, output));
}

async function deleteClass(target: string, id: string, options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const path = `/v1/targets/${encodeURIComponent(target)}/inherited/${encodeURIComponent(id)}`;
  const answer = await api.call({ method: 'DELETE', path, as: 'operator' }, z.object({ id: z.string() }));
  if (output.json) return output.writeJson(answer);
  output.say(`Deleted ${printable(answer.id)}: its column is masked by this class no longer.\n`);
}
