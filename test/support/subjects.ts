import type { GrantId, PrincipalId, RunId, TargetName } from '../../src/model/ids.ts';
import type { Principal, Workload } from '../../src/model/principal.ts';
import type { Operation } from '../../src/model/request.ts';
import type { Target } from '../../src/model/target.ts';

/** A CI job of the demo's repository on its main branch, for tests of what policies say about it. */
export function jobOf(workload: Partial<Workload> = {}): Principal {
  const run = 'run_1' as RunId;
  return {
    id: 'principal_1' as PrincipalId,
    kind: 'workload',
    display: 'octo-shop/storefront@refs/heads/main',
    run: {
      id: run,
      kind: 'ci',
      demo: true,
      asserted: {},
      openedAt: '2026-01-05T08:00:00.000Z',
      workload: {
        issuer: 'https://issuer.example',
        issuerKind: 'github',
        tokenSubject: 'repo:octo-shop/storefront:ref:refs/heads/main',
        sourceRepositoryId: '100000001',
        sourceRef: 'refs/heads/main',
        ...workload,
      },
    },
    grant: {
      id: 'grant_1' as GrantId,
      run,
      targets: ['demo' as TargetName],
      rule: 'demo-storefront',
      issuedAt: '2026-01-05T08:00:00.000Z',
      expiresAt: '2026-01-05T08:15:00.000Z',
    },
  };
}

export function targetNamed(name: string, labels: Readonly<Record<string, string>> = {}): Target {
  return {
    name: name as TargetName,
    protocol: 'postgres',
    address: { host: '127.0.0.1', port: 5432 },
    database: 'shop',
    tls: { mode: 'verify-full' },
    labels,
    classified: [],
    recordMode: 'strict',
    storedReplyBytes: 1024,
  };
}

/** An operation of a kind and access, with what a test says besides. */
export function operationOf(kind: string, access: Operation['access'], more: Partial<Operation> = {}): Operation {
  return { kind, access, tables: [], functions: [], hasWhere: true, flags: [], ...more };
}
