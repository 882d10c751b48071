import type { Person } from '../src/api/types.ts';

export const PEOPLE: Person[] = [
  person('ada', 'Ada Okafor', ['platform', 'dba'], ['admin', 'approver']),
  person('lin', 'Lin Zhao', ['dba'], ['approver']),
  person('marta', 'Marta Kowalczyk', ['security'], ['auditor']),
  person('tomas', 'Tomás Rivera', ['shop'], ['operator']),
  { ...person('old-bot', undefined, [], []), disabled: true },
];

function person(login: string, name: string | undefined, groups: string[], roles: Person['roles']): Person {
  return {
    id: `psn_01kanq000000${login.replaceAll(/[^a-z]/g, '').padEnd(8, '0')}`,
    login,
    ...(name !== undefined && { name, email: `${login}@example.com` }),
    issuer: 'https://login.example.com',
    claimedGroups: groups,
    localGroups: [],
    groups,
    claimedRoles: [],
    localRoles: roles,
    roles,
    handles: [`github:${login}`],
    localHandles: [],
    createdAt: '2026-10-02T08:00:00.000Z',
    lastSeenAt: '2026-11-22T08:30:00.000Z',
    disabled: false,
  };
}
