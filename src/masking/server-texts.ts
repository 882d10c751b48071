/**
 * What PostgreSQL itself says in errors and notices while it runs a statement, in English, by SQLSTATE (manual, appendix
 * A). Everything is fixed but for the places in braces: `{name}` holds a name of the catalogue and stays; `{said}` what may
 * be a name or a value, which stays where the client said it; `{value}` is replaced; `{words}` holds words of the server,
 * such as a type's name.
 */
export type ServerPlace = 'name' | 'said' | 'value' | 'words';

type Texts = Readonly<Record<string, readonly string[]>>;

const NOT_THERE = [
  'relation "{said}" does not exist',
  'table "{said}" does not exist',
  'view "{said}" does not exist',
  'sequence "{said}" does not exist',
  'index "{said}" does not exist',
  'materialized view "{said}" does not exist',
];

/** The words of an error or a notice, by SQLSTATE or its class. */
export const SERVER_MESSAGES: Texts = {
  // transactions and sessions
  '25P02': ['current transaction is aborted, commands ignored until end of transaction block'],
  '25001': [
    '{words} cannot run inside a transaction block',
    '{words} cannot be executed from a function',
    'there is already a transaction in progress',
  ],
  '25P01': ['there is no transaction in progress', '{words} can only be used in transaction blocks'],
  '25006': ['cannot execute {words} in a read-only transaction'],
  '26000': ['prepared statement "{said}" does not exist'],
  '34000': ['cursor "{said}" does not exist', 'portal "{said}" does not exist'],
  '3B001': ['savepoint "{said}" does not exist'],
  '57014': ['canceling statement due to {words}'],
  '57P01': ['terminating connection due to administrator command'],
  '55P03': [
    'canceling statement due to lock timeout',
    'could not obtain lock on relation "{name}"',
    'could not obtain lock on row in relation "{name}"',
  ],
  '40P01': ['deadlock detected'],
  '40001': ['could not serialize access due to {words}'],
  '0A000': ['cached plan must not change result type'],
  '53': ['out of memory', 'sorry, too many clients already'],
  '54001': ['stack depth limit exceeded'],
  '55000': ['cannot insert into view "{name}"', 'cannot update view "{name}"', 'cannot delete from view "{name}"'],
  // constraints and rights: what these name stands in the catalogue
  '23502': [
    'null value in column "{name}" of relation "{name}" violates not-null constraint',
    'null value in column "{name}" violates not-null constraint',
  ],
  '23503': [
    'insert or update on table "{name}" violates foreign key constraint "{name}"',
    'update or delete on table "{name}" violates foreign key constraint "{name}" on table "{name}"',
    'update or delete on table "{name}" violates RESTRICT setting of foreign key constraint "{name}" on table "{name}"',
  ],
  '23001': [
    'update or delete on table "{name}" violates RESTRICT setting of foreign key constraint "{name}" on table "{name}"',
  ],
  '23505': ['duplicate key value violates unique constraint "{name}"', 'could not create unique index "{name}"'],
  '23514': [
    'new row for relation "{name}" violates check constraint "{name}"',
    'check constraint "{name}" of relation "{name}" is violated by some row',
    'value for domain {name} violates check constraint "{name}"',
    'no partition of relation "{name}" found for row',
  ],
  '23P01': ['conflicting key value violates exclusion constraint "{name}"'],
  '42501': [
    'permission denied for {words} {name}',
    'must be owner of {words} {name}',
    'must be superuser',
    'new row violates row-level security policy for table "{name}"',
    'new row violates row-level security policy "{name}" for table "{name}"',
  ],
  '428C9': ['cannot insert a non-DEFAULT value into column "{name}"', 'column "{name}" can only be updated to DEFAULT'],
  // computing
  '22012': ['division by zero'],
  '22003': [
    '{words} out of range',
    'numeric field overflow',
    'value out of range: overflow',
    'value out of range: underflow',
    'value "{value}" is out of range for type {words}',
  ],
  '22P02': [
    'invalid input syntax for type {words}: "{value}"',
    'invalid input syntax for type {words}',
    'malformed array literal: "{value}"',
    'malformed record literal: "{value}"',
    'malformed range literal: "{value}"',
    'invalid input value for enum {name}: "{value}"',
  ],
  '22007': ['invalid input syntax for type {words}: "{value}"'],
  '22008': ['date/time field value out of range: "{value}"', '{words} out of range'],
  '22001': ['value too long for type {words}'],
  '22011': ['negative substring length not allowed'],
  '2201E': ['cannot take logarithm of zero', 'cannot take logarithm of a negative number'],
  '2201F': ['cannot take square root of a negative number', 'zero raised to a negative power is undefined'],
  '2201W': ['LIMIT must not be negative'],
  '2201X': ['OFFSET must not be negative'],
  '2202E': ['array subscript out of range'],
  '22023': ['step size cannot equal zero'],
  '21000': [
    'more than one row returned by a subquery used as an expression',
    'ON CONFLICT DO UPDATE command cannot affect row a second time',
    'MERGE command cannot affect row a second time',
  ],
  // what does not exist, where the text does not point into the request (which tells that it is the client's own)
  '42P01': [...NOT_THERE, ...NOT_THERE.map((text) => `${text}, skipping`)],
  '00000': NOT_THERE.map((text) => `${text}, skipping`),
  '42P07': ['relation "{said}" already exists', 'relation "{said}" already exists, skipping'],
  '42703': ['column "{said}" of relation "{said}" does not exist'],
  '42704': [
    'type "{said}" does not exist',
    'role "{said}" does not exist',
    'index "{said}" does not exist',
    'publication "{said}" does not exist',
    'unrecognized configuration parameter "{said}"',
  ],
  '3F000': ['schema "{said}" does not exist'],
};

export const SERVER_DETAILS: Texts = {
  '22003': ['A field with precision {words} must round to an absolute value less than {words}.'],
};

export const SERVER_HINTS: Texts = {
  '40P01': ['See server log for query details.'],
  '40001': ['The transaction might succeed if retried.'],
  '22008': ['Perhaps you need a different "datestyle" setting.'],
};

/** A place of a text, and what stands there. */
export interface Placed {
  readonly place: ServerPlace;
  readonly start: number;
  readonly end: number;
}

/** What stands in the places of a template, where the whole text is one of it. Linear in the text. */
export function placesIn(template: string, text: string): readonly Placed[] | undefined {
  const [first = '', ...rest] = template.split('{');
  if (!text.startsWith(first)) return undefined;
  const places: Placed[] = [];
  let start = first.length;
  for (const [index, piece] of rest.entries()) {
    const close = piece.indexOf('}');
    const place = piece.slice(0, close) as ServerPlace;
    const after = piece.slice(close + 1);
    const isLast = index === rest.length - 1;
    const end = isLast ? text.length - after.length : text.indexOf(after, start);
    if (end < start || !text.startsWith(after, end)) return undefined;
    if (place === 'words' && !WORDS.test(text.slice(start, end))) return undefined;
    places.push({ place, start, end });
    start = end + after.length;
  }
  return start === text.length ? places : undefined;
}

const WORDS = /^[A-Za-z0-9 ,()/^.-]*$/;
