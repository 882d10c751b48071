import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import pg from 'pg';
import { CliError, EXIT } from './cli-error.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';
import { alignedTable, rowCount } from './table.ts';

interface SqlOptions {
  readonly target?: string;
  readonly json?: boolean;
}

type Row = readonly (string | null)[];

/** `chaperone sql`: a small psql over npm's `pg`, for machines without one. Reads libpq's variables. */
export function sqlCommand(): Command {
  return new Command('sql')
    .summary('a small psql, for use under `chaperone run`')
    .description('Runs statements with the connection that `chaperone run` put into the environment.')
    .argument('[statements...]', 'SQL; each argument is one request (default: standard input)')
    .option('-t, --target <name>', 'which database of the run, also one that people gave it (default: the first)')
    .option('--json', 'one JSON object a result')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chaperone run --target demo -- chaperone sql "select count(*) from orders"\n',
    )
    .action(async (statements: readonly string[], options: SqlOptions) => {
      const output = processOutput({ json: options.json ?? false });
      process.exitCode = await sql(statements, databaseUrl(process.env, options.target), process.env, output);
    });
}

async function sql(statements: readonly string[], url: URL, env: NodeJS.ProcessEnv, output: Output): Promise<number> {
  const client = await connect(url, env, output);
  try {
    if (statements.length > 0) {
      let failed = false;
      for (const statement of statements) failed = !(await runStatement(client, statement, output)) || failed;
      return failed ? EXIT.failed : EXIT.ok;
    }
    if (process.stdin.isTTY) return await interact(client, url, output);
    return (await runStatement(client, readFileSync(0, 'utf8'), output)) ? EXIT.ok : EXIT.failed;
  } finally {
    await client.end();
  }
}

async function connect(url: URL, env: NodeJS.ProcessEnv, output: Output): Promise<pg.Client> {
  const client = new pg.Client({ ...connection(url, env), types: { getTypeParser: () => (text: unknown) => text } });
  client.on('notice', (notice) => output.say(`${printable(`${notice.severity}:  ${notice.message}`)}\n`));
  // The failure of a statement says it; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    throw new CliError(EXIT.refused, `no connection: ${printable((cause as Error).message)}`, { cause });
  }
  return client;
}

/** `DATABASE_URL` as `run` writes it, or that of one target. Throws a `CliError`. */
function databaseUrl(env: NodeJS.ProcessEnv, target?: string): URL {
  const own = target === undefined ? '' : `_${target.toUpperCase().replace(/\W/g, '_')}`;
  const url = URL.parse(env[`DATABASE_URL${own}`] ?? '');
  if (url) return url;
  const of = target === undefined ? '' : ` for a database of the name ${printable(target)}`;
  throw new CliError(EXIT.usage, `there is no connection in the environment${of}`, {
    hint: 'Run it so: chaperone run --target demo -- chaperone sql "select 1"',
  });
}

/** Names of our own gateway are verified against the authority that the address names. */
function connection(url: URL, env: NodeJS.ProcessEnv): pg.ClientConfig {
  const authority = url.searchParams.get('sslrootcert');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    application_name: env['PGAPPNAME'] ?? 'chaperone sql',
    ssl:
      url.searchParams.get('sslmode') === 'disable'
        ? false
        : authority
          ? { ca: readFileSync(authority, 'utf8') }
          : true,
  };
}

/** Sends the text as one request and prints every result; false where it ended in an error. */
function runStatement(client: pg.Client, text: string, output: Output): Promise<boolean> {
  const rows = new Map<object, Row[]>();
  const config: pg.QueryArrayConfig = { text, rowMode: 'array' };
  const query = new pg.Query(config);
  query.on('row', (row: unknown, result?: object) => {
    if (!result) return;
    const known = rows.get(result);
    if (known) known.push(row as Row);
    else rows.set(result, [row as Row]);
  });
  return new Promise((resolve) => {
    query.on('end', (result: pg.QueryArrayResult | readonly pg.QueryArrayResult[]) => {
      for (const one of [result].flat()) show(one, rows.get(one) ?? (one.rows as Row[]), output);
      resolve(true);
    });
    query.on('error', (error: Error & { severity?: string; code?: string; detail?: string; hint?: string }) => {
      for (const [result, partial] of rows) show(result as pg.QueryArrayResult, partial, output);
      sayError(error, output);
      resolve(false);
    });
    client.query(query);
  });
}

function show(result: pg.QueryArrayResult, rows: readonly Row[], output: Output): void {
  const columns = result.fields.map(
    (field) => ({ name: field.name, align: isNumber(field.dataTypeID) ? 'right' : 'left' }) as const,
  );
  if (output.json) {
    output.writeJson({
      command: result.command,
      count: result.rowCount,
      columns: columns.map(({ name }) => name),
      rows,
    });
  } else if (columns.length > 0) {
    output.write(`${alignedTable(columns, rows)}${rowCount(rows.length)}\n\n`);
  } else if (result.command) {
    output.write(`${[result.command, ...(result.rowCount === null ? [] : [result.rowCount])].join(' ')}\n`);
  }
}

function sayError(error: { severity?: string; message: string; detail?: string; hint?: string }, output: Output): void {
  const lines = [
    `${output.paintSaid('red', printable(error.severity ?? 'ERROR'))}:  ${printable(error.message)}`,
    ...(error.detail ? [`DETAIL:  ${printable(error.detail)}`] : []),
    ...(error.hint ? [`HINT:  ${printable(error.hint)}`] : []),
  ];
  output.say(`${lines.join('\n')}\n`);
}

/** Statements end with a semicolon at the end of a line, as a person types them; `\q` leaves. */
async function interact(client: pg.Client, url: URL, output: Output): Promise<number> {
  const prompt = printable(decodeURIComponent(url.pathname.slice(1)) || 'sql');
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: `${prompt}=> ` });
  let text = '';
  terminal.prompt();
  for await (const line of terminal) {
    if (text === '' && /^\s*(\\q|exit|quit)\s*;?\s*$/.test(line)) break;
    text += `${line}\n`;
    if (/;\s*$/.test(line)) {
      await runStatement(client, text, output);
      text = '';
    }
    terminal.setPrompt(text.trim() === '' ? `${prompt}=> ` : `${prompt}-> `);
    terminal.prompt();
  }
  terminal.close();
  return EXIT.ok;
}

/** int8, int2, int4, oid, float4, float8, money, numeric. */
function isNumber(typeId: number): boolean {
  return [20, 21, 23, 26, 700, 701, 790, 1700].includes(typeId);
}
