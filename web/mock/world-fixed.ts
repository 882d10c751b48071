import type { ConfigurationObject, Person } from '../src/api/types.ts';

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

export const CONFIGURATION: ConfigurationObject[] = [
  object(
    'policy',
    'shop-defaults',
    `# What agents may do in the shop's database.
policy: shop-defaults
rules:
  - name: read-anything
    effect: permit
    when: request.operations.all(o, o.access == "read")
  - name: schema-needs-dba
    effect: permit
    when: request.operations.exists(o, o.kind == "alter")
    obligations:
      - approve: { groups: [dba], quorum: 1, within: 15m }
`,
  ),
  object(
    'target',
    'shop',
    `target: shop
protocol: postgres
address: db.shop.internal:5432
database: shop
tls: verify
`,
  ),
  object('trust', 'shop-ci', 'trust: shop-ci\nissuer: github\nclaims:\n  repository: acme/shop\ntargets: [shop]\n'),
  object('issuer', 'github', 'issuer: github\nurl: https://token.actions.githubusercontent.com\n'),
];

function object(kind: ConfigurationObject['kind'], name: string, text: string): ConfigurationObject {
  return { kind, name, text, updatedAt: '2026-11-20T14:12:00.000Z', etag: '"1"' };
}
