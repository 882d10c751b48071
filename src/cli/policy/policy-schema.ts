import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { jsonSchema, SCHEMA_NAMES } from '../../trials/json-schemas.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { processOutput } from '../output.ts';
import { printable } from '../printable.ts';

interface SchemaOptions {
  readonly out?: string;
}

/** `chaperone policy schema`: JSON Schemas of the files that people write, for their editors. */
export function policySchemaCommand(): Command {
  return new Command('schema')
    .description(
      `Writes the JSON Schema of a kind of file (${SCHEMA_NAMES.join(', ')}) for editors that check YAML as it is typed.\n` +
        'A running gateway serves the same under /v1/schemas.',
    )
    .argument('[name]', 'the kind of file', 'policies')
    .option('--out <folder>', 'write all of them into a folder, as NAME.json')
    .action((name: string, options: SchemaOptions) => write(name, options));
}

function write(name: string, { out }: SchemaOptions): void {
  const output = processOutput({ json: true });
  if (out !== undefined) {
    mkdirSync(out, { recursive: true });
    for (const each of SCHEMA_NAMES)
      writeFileSync(join(out, `${each}.json`), `${JSON.stringify(jsonSchema(each), undefined, 2)}\n`);
    return;
  }
  const found = SCHEMA_NAMES.find((each) => each === name);
  if (found === undefined) {
    throw new CliError(EXIT.usage, `there is no schema ${printable(name)}`, {
      hint: `Write one of ${SCHEMA_NAMES.join(', ')}.`,
    });
  }
  output.write(`${JSON.stringify(jsonSchema(found), undefined, 2)}\n`);
}
