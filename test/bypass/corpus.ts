import type { Attempt } from './attempt.ts';
import { CARRIERS } from './corpus/carriers.ts';
import { COPIES } from './corpus/copies.ts';
import { ERRORS } from './corpus/errors.ts';
import { FUNCTIONS } from './corpus/functions.ts';
import { JSON_ROWS } from './corpus/json-rows.ts';
import { QUERIES } from './corpus/queries.ts';
import { UNSEEN } from './corpus/unseen.ts';
import { WRITING } from './corpus/writing.ts';

/** Every attempt: a line of what is tried, the statements, and what stops it. */
export const CORPUS: readonly Attempt[] = [
  ...WRITING,
  ...QUERIES,
  ...FUNCTIONS,
  ...ERRORS,
  ...COPIES,
  ...CARRIERS,
  ...JSON_ROWS,
  ...UNSEEN,
];
