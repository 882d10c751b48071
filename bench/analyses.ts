import { Analyser, analyseOnce } from '../src/sql/postgres/analyser.ts';
import { loadPostgresParser, parseStatements } from '../src/sql/postgres/parser.ts';
import { contextOf, shopCatalogue } from '../test/support/shop-catalogue.ts';
import { cpuUs } from './decisions.ts';

/** What it costs to know what a statement does. Microseconds of CPU. */
export interface AnalysisCost {
  readonly statement: string;
  /** PostgreSQL's own parser alone. */
  readonly parse: number;
  /** Parsed and analysed, never seen before. */
  readonly fresh: number;
  /** The same as one before but for its values. */
  readonly alike: number;
  /** The same text again. */
  readonly cached: number;
}

/** Each with a place for a number, which makes another text of it. */
const STATEMENTS: Readonly<Record<string, (n: number) => string>> = {
  'a select by key': (n) => `SELECT name, email FROM users WHERE id = ${n}`,
  'an update': (n) => `UPDATE orders SET note = 'seen', total = total + 1 WHERE user_id = ${n}`,
  'a join through a view, grouped': (n) =>
    `SELECT v.mail, count(*), max(o.total) FROM v_users v JOIN orders o ON o.user_id = v.id
     WHERE o.total > ${n} GROUP BY v.mail HAVING count(*) > 1 ORDER BY 2 DESC`,
  'two CTEs, a window and JSON': (n) =>
    `WITH big AS (SELECT user_id, total, rank() OVER (PARTITION BY user_id ORDER BY total DESC) r FROM orders),
          who AS (SELECT id, email, meta FROM users WHERE id > ${n})
     SELECT w.id, jsonb_build_object('mail', w.email, 'best', b.total), w.meta->>'tier'
     FROM who w LEFT JOIN big b ON b.user_id = w.id AND b.r = 1`,
};

const ROUNDS = 3_000;

export async function measureAnalyses(): Promise<readonly AnalysisCost[]> {
  await loadPostgresParser();
  const context = contextOf(shopCatalogue());
  return Object.entries(STATEMENTS).map(([statement, textOf]) => {
    const analyser = new Analyser();
    let n = 1_000_000;
    const known = textOf(7);
    return {
      statement,
      parse: cpuUs(ROUNDS, () => void parseStatements(textOf(n++))),
      fresh: cpuUs(ROUNDS, () => void analyseOnce(textOf(n++), context)),
      alike: cpuUs(ROUNDS, () => void analyser.analyse(textOf(n++), context)),
      cached: cpuUs(ROUNDS * 100, () => void analyser.analyse(known, context)),
    };
  });
}
