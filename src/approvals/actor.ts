import type { Person } from '../model/person.ts';
import type { Principal, Workload } from '../model/principal.ts';

/** Who set a run off, as its CI system knows them. */
export interface RunActor {
  readonly issuerKind: Workload['issuerKind'];
  /** Login and number at the CI system; for a human's own run, the human. Empty where the token names nobody. */
  readonly names: readonly string[];
}

export function actorOf({ kind, display, run }: Pick<Principal, 'kind' | 'display' | 'run'>): RunActor {
  const { actor, actorId, issuerKind, tokenSubject } = run.workload;
  const human = kind === 'human' ? [display, tokenSubject] : [];
  const names = [actor, actorId, ...human].filter((name) => name !== undefined && name.trim() !== '');
  return { issuerKind, names: [...new Set(names as string[])] };
}

/**
 * Whether this person is the run's own actor. Compared without case; where nothing tells them apart (the same login
 * here as there, an address that begins with it), they count as the same.
 */
export function isActor(person: Pick<Person, 'login' | 'email' | 'handles'>, { issuerKind, names }: RunActor): boolean {
  const known = new Set(namesOf(person, issuerKind).map(plain));
  return names.some((name) => known.has(plain(name)));
}

function namesOf({ login, email, handles }: Pick<Person, 'login' | 'email' | 'handles'>, issuerKind: string): string[] {
  // Of an issuer that is none of those with a name of their own, any handle may be the one.
  const isThere = (kind: string) => issuerKind === 'generic' || kind === issuerKind;
  const there = handles.flatMap((handle) => {
    const [, kind = '', name] = /^([^:]*):(.+)$/su.exec(handle.trim()) ?? [];
    return name !== undefined && isThere(plain(kind)) ? [name] : [];
  });
  const addresses = [login, email ?? '', ...handles].filter((name) => name.includes('@'));
  const bare = handles.filter((handle) => !handle.includes(':'));
  // Who is known by name there is not taken for another whose name their address happens to begin with.
  const guessed = there.length > 0 ? [] : addresses.map((address) => address.slice(0, address.indexOf('@')));
  return [login, ...addresses, ...there, ...bare, ...guessed];
}

/** As people compare names: without case, width and the like (Unicode NFKC). */
function plain(name: string): string {
  return name.trim().normalize('NFKC').toLowerCase();
}
