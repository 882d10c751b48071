import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { casesOf, type TextCase } from '../../support/cases.ts';

/** A file of statements with the analysis that is expected of each. */
export interface StatementFile {
  readonly name: string;
  /** The search path under which they are read and run. */
  readonly schema: string;
  /** True where the names in them are those of the schema, so that each must be valid on the server. */
  readonly isValid: boolean;
  readonly prepared: Readonly<Record<string, string>>;
  readonly cursors: Readonly<Record<string, string>>;
}

const OF_CUSTOMERS = {
  prepared: {
    mail_of: 'select email from customer where customer_id = $1',
    echo: 'select $1 as said, 1 as one',
  },
  cursors: { listed: 'select customer_id, email from customer order by birthday' },
};
const OF_STAFF = {
  prepared: { staff_of: 'select employee_id, last_name from employees where reports_to = $1' },
  cursors: { listed: 'select salary from employees' },
};

export const STATEMENT_FILES: readonly StatementFile[] = [
  { name: 'rental', schema: 'rental', isValid: true, ...OF_CUSTOMERS },
  { name: 'orders', schema: 'orders', isValid: true, ...OF_STAFF },
  { name: 'bank', schema: 'bank', isValid: true, prepared: {}, cursors: {} },
  { name: 'manual', schema: 'rental', isValid: false, ...OF_CUSTOMERS },
];

export function readStatementFile({ name }: StatementFile): readonly TextCase[] {
  return casesOf(readFileSync(pathOf(name), 'utf8'));
}

/** Writes what is found under each statement, so that a change of the analysis can be read as a difference. */
export function writeStatementFile({ name }: StatementFile, linesOf: (statement: string) => readonly string[]): void {
  const lines = readFileSync(pathOf(name), 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('  '));
  const written = lines.flatMap((line) =>
    line === '' || line.startsWith('#') ? [line] : [line, ...linesOf(line).map((one) => `  ${one}`)],
  );
  writeFileSync(pathOf(name), written.join('\n'));
}

function pathOf(name: string): string {
  return join(import.meta.dirname, `${name}.statements`);
}
