import type { HeldGateway } from './held-gateway.ts';
import type { PostgresServer } from './postgres-server.ts';
import { errorFields, query, RawPostgres, summary } from './raw-postgres.ts';

/** A row for each client of `Crowd`, to be counted up once each. */
export function heldTable(rows: number): string {
  return `create table held (id int primary key, n int not null);
    insert into held select id, 0 from generate_series(1, ${rows}) id; analyze held`;
}

const AT_ONCE = 32;

/** Clients of a held gateway, each with a connection and a row of its own, from `first` on. */
export class Crowd implements AsyncDisposable {
  readonly #clients: readonly RawPostgres[];
  readonly #first: number;

  static async connect(gateway: HeldGateway, count: number, first: number): Promise<Crowd> {
    const clients: RawPostgres[] = [];
    while (clients.length < count) {
      const from = clients.length;
      const batch = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, n) => logIn(gateway, from + n));
      clients.push(...(await Promise.all(batch)));
    }
    return new Crowd(clients, first);
  }

  private constructor(clients: readonly RawPostgres[], first: number) {
    this.#clients = clients;
    this.#first = first;
  }

  /** Each sends its update; the approvals that they were told they wait for, once all of them were told. */
  ask(): Promise<readonly string[]> {
    return Promise.all(
      this.#clients.map(async (client, n) => {
        client.send(query(`update held set n = n + 1 where id = ${this.#first + n}`));
        const message = await client.next();
        const id =
          message?.type === 'N' ? /apr_\w+/.exec(Object.values(errorFields(message)).join(' '))?.[0] : undefined;
        if (id === undefined) throw new Error(`client ${n} was told nothing of an approval: ${message?.type}`);
        return id;
      }),
    );
  }

  /** What came behind the notice, by how many clients got it: `C Z:I` is a row changed. */
  async answers(): Promise<Readonly<Record<string, number>>> {
    const all = await Promise.all(this.#clients.map(async (client) => summary(await client.untilReady())));
    return countsOf(all);
  }

  /** Those whose place is even leave without a word; how many that were. */
  halfLeaves(): number {
    const leaving = this.#clients.filter((_, n) => n % 2 === 0);
    for (const [n, client] of leaving.entries()) client.leave(n % 2 === 0 ? 'reset' : 'close');
    return leaving.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client[Symbol.asyncDispose]()));
  }
}

/** A connection of the run whose turn it is. */
export function logIn({ port, grants }: HeldGateway, n: number): Promise<RawPostgres> {
  const { user = '', password = '' } = grants[n % grants.length] ?? {};
  return RawPostgres.login({ host: '127.0.0.1', port, user, password, database: 'shop' });
}

/** How many rows have which `n`. */
export async function rowsByCount(server: PostgresServer): Promise<Readonly<Record<string, number>>> {
  const rows = await server.query('select n, count(*)::int as rows from held group by n order by n');
  return Object.fromEntries(rows.map(({ n, rows: count }) => [String(n), Number(count)]));
}

/** How many updates reached the server how often, by its own log; to be planned is not to reach it. */
export async function reachedByCount(server: PostgresServer): Promise<Readonly<Record<string, number>>> {
  const times = new Map<string, number>();
  for (const [, id = ''] of (await server.log()).matchAll(/: update held set n = n \+ 1 where id = (\d+)$/gm)) {
    times.set(id, (times.get(id) ?? 0) + 1);
  }
  return countsOf([...times.values()].map((count) => `${count}`));
}

function countsOf(all: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(all, (one) => one)].map(([one, same]) => [one, same.length]));
}
