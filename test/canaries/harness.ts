import { Client, type FieldDef } from 'pg';
import { ColumnRules } from '../../src/masking/column-rules.ts';
import { createMaskPlan } from '../../src/masking/mask-plan.ts';
import type { ResultColumn } from '../../src/model/reply.ts';
import type { OutputColumn } from '../../src/model/request.ts';
import { loadCatalogue } from '../../src/protocols/postgres/catalogue.ts';
import { resultColumns } from '../../src/protocols/postgres/value-shape.ts';
import { analyseOnce } from '../../src/sql/postgres/analyser.ts';
import type { Analysis } from '../../src/sql/postgres/analysis.ts';
import type { Catalogue } from '../../src/sql/postgres/catalogue.ts';
import { classifiedColumns } from '../corpus/postgres/classified.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { rowsOf } from '../support/rows-of.ts';
import { hasPlantedBytes, hasPlantedText } from './leaks.ts';
import type { MadeStatement } from './statements.ts';

/** What became of one generated statement. */
export type Outcome =
  | { readonly of: 'invalid'; readonly message: string }
  | { readonly of: 'leak'; readonly column: string; readonly value: string }
  | {
      readonly of: 'held';
      readonly clear: number;
      readonly masked: number;
      readonly needless: number;
      /** Values of JSON that kept their structure. */
      readonly structured: number;
    };

type Field = Pick<FieldDef, 'name' | 'tableID' | 'columnID' | 'dataTypeID'>;

interface Rows {
  readonly fields: readonly Field[];
  readonly rows: readonly (readonly (Buffer | string | null)[])[];
}

/** Runs generated statements against a real server, and holds what came against what the analysis calls clear. */
export class Harness implements AsyncDisposable {
  readonly catalogue: Catalogue;
  readonly #client: Client;
  readonly #rules = new ColumnRules(classifiedColumns(), new Set(['planted']));

  private constructor(client: Client, catalogue: Catalogue) {
    this.#client = client;
    this.catalogue = catalogue;
  }

  static async open(server: PostgresServer): Promise<Harness> {
    const client = new Client({ host: server.socketDirectory, port: server.port, user: server.user });
    await client.connect();
    await client.query(`SET search_path = rental, orders, bank; SET statement_timeout = '5s'; SET jit = off`);
    const catalogue = await loadCatalogue(rowsOf(client));
    return new Harness(client, catalogue);
  }

  async typeNames(): Promise<ReadonlyMap<number, string>> {
    const { rows } = await this.#client.query<[number, string]>({
      text: `SELECT oid::int, CASE WHEN typnamespace = 'rental'::regnamespace THEN 'rental.' || typname ELSE oid::regtype::text END FROM pg_type`,
      rowMode: 'array',
    });
    return new Map(rows);
  }

  async run(made: MadeStatement, binary: boolean): Promise<Outcome> {
    if (made.form === 'select') return this.#guarded(() => this.#judge(made, binary));
    await this.#client.query('BEGIN');
    try {
      return await this.#guarded(async () => {
        for (const text of made.setup) await this.#client.query(text);
        return this.#judge(made, binary);
      });
    } finally {
      await this.#undo();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }

  /** The timeout of the statement before may still strike here, once. */
  async #undo(): Promise<void> {
    const text = 'ROLLBACK; DEALLOCATE ALL';
    await this.#client.query(text).catch(() => this.#client.query(text));
  }

  async #guarded(run: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof Error && 'severity' in error) return { of: 'invalid', message: error.message };
      throw error;
    }
  }

  async #judge(made: MadeStatement, binary: boolean): Promise<Outcome> {
    const [setup = ''] = made.setup;
    const analysis = analyseOnce(made.sql, {
      catalogue: this.catalogue,
      prepared: () => setup,
      cursor: () => setup,
    });
    if (analysis.problem?.startsWith('the text cannot be parsed') === true)
      return { of: 'invalid', message: analysis.problem };
    if (analysis.problem !== undefined) throw new Error(`${analysis.problem}: ${made.sql}`);
    if (made.form === 'stored') return this.#judgeStored(made, analysis);
    if (made.form === 'copy') return this.#judgeCopy(made, analysis);
    return this.#compare(await this.#rows(made.sql, binary), analysis, analysis.statements[0]?.outputs, binary);
  }

  /** COPY's text is looked at through a query of the same rows: the outputs are the same, and have no other source. */
  async #judgeCopy(made: MadeStatement, analysis: Analysis): Promise<Outcome> {
    const inner = /^COPY \((.*)\) TO STDOUT$/is.exec(made.sql)?.[1] ?? '';
    const result = await this.#rows(inner, false);
    const fields = result.fields.map((field) => ({ ...field, tableID: 0, columnID: 0 }));
    return this.#compare({ ...result, fields }, analysis, analysis.statements[0]?.outputs, false);
  }

  /** A stored column into which nothing classified is said to be copied must hold nothing that was planted. */
  async #judgeStored(made: MadeStatement, analysis: Analysis): Promise<Outcome> {
    const { schema = '', name = '' } = made.table ?? {};
    await this.#client.query(made.sql);
    const stored = await this.#rows(`SELECT * FROM ${schema}.${name}`, false);
    const copies = analysis.operations.flatMap((operation) => operation.copies ?? []);
    const outputs = stored.fields.map((field): OutputColumn => {
      const into = copies.filter(
        ({ into: { table, column } }) => table === name && (column === field.name || column === '*'),
      );
      const lost = into.some(({ from }) => from === 'unknown');
      const sources = into.flatMap(({ from }) => (from === 'unknown' ? [] : from));
      return { name: field.name, sources: lost ? 'unknown' : sources, plain: false };
    });
    const fields = stored.fields.map((field) => ({ ...field, tableID: 0, columnID: 0 }));
    return this.#compare({ ...stored, fields }, analysis, outputs, false);
  }

  #compare(
    { fields, rows }: Rows,
    analysis: Analysis,
    outputs: readonly OutputColumn[] | undefined,
    binary: boolean,
  ): Outcome {
    const columns = resultColumns(describe(fields, binary), outputs, this.catalogue);
    const reading = this.#rules.reading(analysis.operations);
    const json = jsonLeft(columns, rows, analysis);
    const shown = json.find(({ type, left }) => isPlanted(type, left, binary));
    if (shown !== undefined) return { of: 'leak', column: shown.name, value: shown.left.toString() };
    let clear = 0;
    let masked = 0;
    let needless = 0;
    for (const [index, column] of columns.entries()) {
      const type = fields[index]?.dataTypeID ?? 0;
      const isClear = this.#rules.maskOf(column, reading) === undefined;
      const found = rows
        .map((row) => row[index] ?? null)
        .find((value) => value !== null && isPlanted(type, value, binary));
      if (isClear && found !== undefined) return { of: 'leak', column: column.name, value: String(found) };
      if (isClear) clear++;
      else masked++;
      if (!isClear && found === undefined) needless++;
    }
    return { of: 'held', clear, masked, needless, structured: json.filter(({ kept }) => kept).length };
  }

  async #rows(text: string, binary: boolean): Promise<Rows> {
    const types = { getTypeParser: () => (value: Buffer | string) => value };
    const result = await this.#client.query<(Buffer | string | null)[]>({
      text,
      rowMode: 'array',
      types,
      ...(binary ? { binary, queryMode: 'extended' } : {}),
    });
    return { fields: result.fields, rows: result.rows };
  }
}

const PLAN = createMaskPlan(['planted'], { classified: classifiedColumns() }, Buffer.alloc(32));

interface MaskedJson {
  readonly name: string;
  readonly type: number;
  readonly left: Buffer;
  /** More is left of it than the constant. */
  readonly kept: boolean;
}

/** What the masks leave of the values whose keys are known: nothing that was planted may be anywhere in it. */
function jsonLeft(columns: readonly ResultColumn[], rows: Rows['rows'], analysis: Analysis): readonly MaskedJson[] {
  const masker = PLAN?.masker(analysis.operations);
  masker?.columns(columns);
  return columns.flatMap(({ name, type, json }, index) => {
    if (json === undefined) return [];
    return rows.flatMap((row) => {
      const value = row[index] ?? null;
      if (value === null) return [];
      const bytes = Buffer.from(value);
      const left = Buffer.from(masker?.field(index, bytes, 0, bytes.length) ?? bytes);
      const kept = !left.equals(bytes) && left.length > '\u0001"[redacted]"'.length;
      return [{ name, type: type === 'json' ? 114 : 3802, left, kept }];
    });
  });
}

function isPlanted(type: number, value: Buffer | string, binary: boolean): boolean {
  if (!binary || typeof value === 'string') return hasPlantedText(value.toString());
  return hasPlantedBytes(type, value);
}

/** A RowDescription of these fields (PostgreSQL manual, 54.7). */
function describe(fields: readonly Field[], binary: boolean): Buffer {
  const parts = fields.map(({ name, tableID, columnID, dataTypeID }) => {
    const text = Buffer.from(`${name}\0`);
    const rest = Buffer.alloc(18);
    rest.writeUInt32BE(tableID, 0);
    rest.writeInt16BE(columnID, 4);
    rest.writeUInt32BE(dataTypeID, 6);
    rest.writeInt16BE(binary ? 1 : 0, 16);
    return Buffer.concat([text, rest]);
  });
  const count = Buffer.alloc(2);
  count.writeInt16BE(fields.length);
  return Buffer.concat([count, ...parts]);
}
