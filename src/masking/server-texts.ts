/**
 * What PostgreSQL itself says in errors and notices while it runs a statement, in English, by SQLSTATE (manual, appendix
 * A). Each pattern is the whole text. A group `name` holds names of the catalogue and stays; a group `said` holds what may
 * be a name or a value, and stays where the client said it; a group `value` is replaced. Everything else is fixed.
 */
export interface ServerText {
  /** The SQLSTATE or its class. */
  readonly code: string;
  readonly part: 'message' | 'detail' | 'hint';
  readonly text: RegExp;
}

const NUMERIC = 'smallint|integer|bigint|oid|interval|timestamp|date|numeric|money';

function say(code: string, ...texts: readonly (string | RegExp)[]): readonly ServerText[] {
  return texts.map((text) => ({ code, part: 'message', text: wholly(text) }));
}

function detail(code: string, ...texts: readonly (string | RegExp)[]): readonly ServerText[] {
  return texts.map((text) => ({ code, part: 'detail', text: wholly(text) }));
}

function hint(code: string, ...texts: readonly (string | RegExp)[]): readonly ServerText[] {
  return texts.map((text) => ({ code, part: 'hint', text: wholly(text) }));
}

/** The pattern of a text, of which a string is all. With indices, so that its groups can be replaced in place. */
function wholly(text: string | RegExp): RegExp {
  const source = typeof text === 'string' ? text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&') : text.source;
  return new RegExp(`^(?:${source})$`, 'ds');
}

export const SERVER_TEXTS: readonly ServerText[] = [
  // transactions and sessions
  ...say('25P02', 'current transaction is aborted, commands ignored until end of transaction block'),
  ...say('25001', /[A-Z ]+ cannot (?:run inside|be executed from) a (?:transaction block|function)/),
  ...say('25001', 'there is already a transaction in progress'),
  ...say('25P01', 'there is no transaction in progress', /[A-Z ]+ can only be used in transaction blocks/),
  ...say('25006', /cannot execute [A-Z ]+(?:\(\))? in a read-only transaction/),
  ...say('26000', /prepared statement "(?<said>.*)" does not exist/),
  ...say('34000', /cursor "(?<said>.*)" does not exist/, /portal "(?<said>.*)" does not exist/),
  ...say('3B001', /savepoint "(?<said>.*)" does not exist/),
  ...say('57014', /canceling statement due to (?:user request|statement timeout|lock timeout)/),
  ...say('57P01', 'terminating connection due to administrator command'),
  ...say('55P03', 'canceling statement due to lock timeout'),
  ...say('55P03', /could not obtain lock on (?:row in )?relation "(?<name>.*)"/),
  ...say('40P01', 'deadlock detected'),
  ...hint('40P01', 'See server log for query details.'),
  ...say('40001', /could not serialize access due to [a-z/ ]+/),
  ...hint('40001', 'The transaction might succeed if retried.'),
  ...say('0A000', 'cached plan must not change result type'),
  ...say('53', 'out of memory', 'sorry, too many clients already'),
  ...say('54001', 'stack depth limit exceeded'),
  ...say('55000', /cannot insert into view "(?<name>.*)"/, /cannot update view "(?<name>.*)"/),
  // constraints and rights: what these name stands in the catalogue
  ...say('23502', /null value in column "(?<name>.*)"(?: of relation ".*")? violates not-null constraint/),
  ...say('23503', /(?:insert or update|update or delete) on table "(?<name>.*)" violates foreign key constraint ".*"/),
  ...say('23505', /duplicate key value violates unique constraint "(?<name>.*)"/),
  ...say('23505', /could not create unique index "(?<name>.*)"/),
  ...say('23514', /new row for relation "(?<name>.*)" violates check constraint ".*"/),
  ...say('23514', /check constraint "(?<name>.*)" of relation ".*" is violated by some row/),
  ...say('23514', /value for domain (?<name>.*) violates check constraint ".*"/),
  ...say('23514', /no partition of relation "(?<name>.*)" found for row/),
  ...say('23P01', /conflicting key value violates exclusion constraint "(?<name>.*)"/),
  ...say(
    '42501',
    /permission denied for [a-z -]+ (?<name>\S+)/,
    /must be (?:owner of [a-z -]+ (?<name>\S+)|superuser)/,
  ),
  ...say('42501', /new row violates row-level security policy(?: ".*")? for table "(?<name>.*)"/),
  ...say('428C9', /cannot insert a non-DEFAULT value into column "(?<name>.*)"/),
  ...say('428C9', /column "(?<name>.*)" can only be updated to DEFAULT/),
  // computing
  ...say('22012', 'division by zero'),
  ...say('22003', new RegExp(`(?:${NUMERIC}) out of range`), 'numeric field overflow'),
  ...say('22003', /value out of range: (?:over|under)flow/),
  ...say('22003', /value "(?<value>.*)" is out of range for type [a-z ]+/),
  ...detail(
    '22003',
    /A field with precision \d+, scale -?\d+ must round to an absolute value less than \d+(?:\^-?\d+)?\./,
  ),
  ...say('22P02', /invalid input syntax for type [a-z ]+: "(?<value>.*)"/),
  ...say('22P02', /malformed array literal: "(?<value>.*)"/, /malformed record literal: "(?<value>.*)"/),
  ...say('22P02', /invalid input value for enum (?<name>\S+): "(?<value>.*)"/, /invalid input syntax for type [a-z ]+/),
  ...say('22007', /invalid input syntax for type [a-z ]+: "(?<value>.*)"/),
  ...say('22008', /date\/time field value out of range: "(?<value>.*)"/),
  ...hint('22008', 'Perhaps you need a different "datestyle" setting.'),
  ...say('22001', /value too long for type [a-z ]+\(\d+\)/),
  ...say('22011', 'negative substring length not allowed'),
  ...say('2201E', /cannot take logarithm of (?:zero|a negative number)/),
  ...say('2201F', 'cannot take square root of a negative number', 'zero raised to a negative power is undefined'),
  ...say('2201W', 'LIMIT must not be negative'),
  ...say('2201X', 'OFFSET must not be negative'),
  ...say('2202E', 'array subscript out of range'),
  ...say('22023', 'step size cannot equal zero'),
  ...say('21000', 'more than one row returned by a subquery used as an expression'),
  ...say('21000', 'ON CONFLICT DO UPDATE command cannot affect row a second time'),
  ...say('21000', 'MERGE command cannot affect row a second time'),
  // what does not exist, where the text does not point into the request (which tells that it is the client's own)
  ...say(
    '42P01',
    /(?:relation|table|view|sequence|index|materialized view) "(?<said>.*)" does not exist(?:, skipping)?/,
  ),
  ...say('00000', /(?:relation|table|view|sequence|index|materialized view) "(?<said>.*)" does not exist, skipping/),
  ...say('42P07', /relation "(?<said>.*)" already exists(?:, skipping)?/),
  ...say('42703', /column "(?<said>.*)" of relation ".*" does not exist/),
  ...say('42704', /(?:type|role|constraint|index|schema|publication) "(?<said>.*)" does not exist/),
  ...say('3F000', /schema "(?<said>.*)" does not exist/),
  ...say('42704', /unrecognized configuration parameter "(?<said>.*)"/),
];
