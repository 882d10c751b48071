import type { ConfigurationObject, TargetView } from '../src/api/types.ts';

export const TARGETS: readonly TargetView[] = [
  {
    name: 'shop',
    protocol: 'postgres',
    address: 'db.shop.internal:5432',
    database: 'shop',
    tls: 'verify-full',
    labels: { team: 'shop', stage: 'production' },
    classified: [
      { column: 'public.customers.email', class: 'email' },
      { column: 'public.customers.iban', class: 'iban' },
      { column: 'public.customers.phone', class: 'phone' },
      { column: 'public.staff.salary', class: 'salary' },
    ],
    inherited: [
      {
        id: 'cls_01k5h0000000000000000001',
        column: 'analysis.mailing.address',
        class: 'email',
        from: ['public.customers.email'],
        run: 'run_01k5h0000000000000000001',
        session: 'ses_01k5h0000000000000000001',
        exchange: 12,
        at: '2026-03-02T09:14:05.000Z',
      },
    ],
    recordMode: 'strict',
  },
  {
    name: 'warehouse',
    protocol: 'postgres',
    address: 'wh.internal:5432',
    database: 'warehouse',
    tls: 'require',
    labels: { team: 'data' },
    classified: [],
    inherited: [],
    recordMode: 'batched',
  },
];

export const CONFIGURATION: readonly ConfigurationObject[] = [
  object(
    'channel',
    'pager',
    `channels:
  - name: pager
    kind: webhook
    url: https://pager.example.com/hooks
    secret:
      sealed: true
`,
  ),
  object(
    'policy',
    'reads are masked',
    `policies:
  - name: reads are masked
    principals:
      run.sourceRepositoryId: "74"
    targets: [shop]
    operations: [read]
    effect: permit
    mask: [email, phone, iban, salary, secret]
`,
  ),
  object(
    'policy',
    'schema changes need a database owner',
    `policies:
  - name: schema changes need a database owner
    principals: { run.sourceRepositoryId: "74" }
    targets: ["shop", "pg-*"]
    operations: [ddl]
    effect: permit
    approve: { group: dba, quorum: 1, within: 30m }
`,
  ),
  object(
    'policy',
    'never drop in production',
    `policies:
  - name: never drop in production
    principals: any
    targets: { labels: { stage: production } }
    operations: [drop, truncate]
    effect: deny
    reason: Destructive statements are not allowed here.
    hint: Open a migration instead; a person runs it.
`,
  ),
  object(
    'policy',
    'transactions and settings',
    `policies:
  - name: transactions and settings
    principals: { run.sourceRepositoryId: "74" }
    targets: any
    operations: [session, transaction]
    effect: permit
`,
  ),
  object(
    'target',
    'shop',
    `targets:
  - name: shop
    protocol: postgres
    address: db.shop.internal:5432
    database: shop
    tls:
      mode: verify-full
    credential:
      user: chaperone
      password: { sealed: true }
    labels: { team: shop, stage: production }
    classified:
      - { column: public.customers.email, class: email }
      - { column: public.customers.iban, class: iban }
      - { column: public.customers.phone, class: phone }
      - { column: public.staff.salary, class: salary }
`,
  ),
  object(
    'target',
    'warehouse',
    `targets:
  - name: warehouse
    protocol: postgres
    address: wh.internal:5432
    database: warehouse
    tls: { mode: require }
    credential:
      user: chaperone
      password: { env: WAREHOUSE_PASSWORD }
    record: batched
`,
  ),
  object(
    'trust',
    'shop-ci',
    `trust:
  - name: shop-ci
    issuer: github
    claims:
      sourceRepositoryId: "74"
      sourceRef: refs/heads/main
    targets: [shop]
`,
  ),
  object(
    'trust',
    'shop-release',
    `trust:
  - name: shop-release
    issuer: github
    claims:
      sourceRepositoryId: "74"
      sourceRef: refs/heads/release/*
    targets: [shop, warehouse]
`,
  ),
  object(
    'issuer',
    'github',
    `issuers:
  - name: github
    kind: github
    issuer: https://token.actions.githubusercontent.com
`,
  ),
];

function object(kind: ConfigurationObject['kind'], name: string, text: string): ConfigurationObject {
  return { kind, name, text, updatedAt: '2026-11-20T14:12:00.000Z', etag: '"1"' };
}
