import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldRequest } from '../../test/support/held-requests.ts';
import type { HeldRequest } from '../model/held-request.ts';
import { requestDigest } from './request-digest.ts';

const digest = (held: HeldRequest) => requestDigest(held, held.request.body());
const BASE = heldRequest();

test('what is approved has one digest, which outlives this program', () => {
  assert.equal(digest(BASE), '84eb94c2ea84ba02356235c3f335ee55d3042a2b2ee0d6f5e6cbe901f7457aab');
});

test('another session or another exchange makes the same request again', () => {
  assert.equal(digest(heldRequest({ session: 'ses_2', exchange: 9 })), digest(BASE));
});

test('whatever else differs makes another request', () => {
  const { principal, target, request, permit } = BASE;
  const others: readonly HeldRequest[] = [
    heldRequest({ text: 'alter table orders add note text;' }),
    heldRequest({ text: 'alter table orders add notE text' }),
    heldRequest({ run: 'run_2' }),
    heldRequest({ policy: 'b'.repeat(64) }),
    heldRequest({ context: { database: 'other' } }),
    heldRequest({ context: {} }),
    { ...BASE, principal: { ...principal, id: 'principal_2' as never } },
    { ...BASE, target: { ...target, name: 'prod' as never } },
    { ...BASE, target: { ...target, address: { host: 'elsewhere', port: 5432 } } },
    { ...BASE, target: { ...target, database: 'other' } },
    ...['/usr/bin/one', '/usr/bin/other'].map((command) => ({
      ...BASE,
      target: {
        ...target,
        mcp: { transport: { kind: 'stdio', command, args: [] }, tools: [], firstUse: 'review' } as const,
      },
    })),
    { ...BASE, request: { ...request, operations: [...request.operations, ...request.operations] } },
    { ...BASE, request: { ...request, body: () => ({ ...request.body(), media: 'application/json' }) } },
    { ...BASE, permit: { ...permit, policy: 'c'.repeat(64) } },
  ];
  const digests = new Set([BASE, ...others].map(digest));
  assert.equal(digests.size, 16);
});
