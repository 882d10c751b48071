import type { Catalogue } from '../../sql/postgres/catalogue.ts';

/** What the real server said of itself, for the client to hear in its place. Data only. */
export interface PostgresGreeting {
  /** ParameterStatus as reported at login, and as changed since. */
  readonly settings: ReadonlyMap<string, string>;
  /** The database's catalogue as the session's statements meet it; undefined where it could not be read. */
  catalogue(): Catalogue | undefined;
  /** Resolves once no other session is changing what runs in the database; undefined where none is. */
  settled(): Promise<unknown> | undefined;
}
