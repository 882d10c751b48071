import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Secret } from '../../model/secret.ts';
import { openCertificateAuthority } from '../start/certificates.ts';
import { startDemoApi } from './demo-api.ts';

test("the demo's API knows the gateway alone, tells the shop's customers, and takes and deletes orders", async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-demo-api-'));
  try {
    const authority = await openCertificateAuthority(directory, Date.now());
    const tls = await authority.issue(['127.0.0.1']);
    await using api = await startDemoApi({ token: new Secret('known'), tls, nowMs: () => 0 });
    const ask = (method: string, path: string, body?: string, token = 'known') =>
      new Promise<{ status: number; json: unknown }>((resolve, reject) => {
        const headers = { authorization: `Bearer ${token}` };
        const place = { host: '127.0.0.1', port: api.port, method, path, headers, ca: authority.certificate };
        request({ ...place, agent: false }, (reply) => {
          let text = '';
          reply.on('data', (piece: Buffer) => (text += String(piece)));
          reply.on('end', () =>
            resolve({ status: reply.statusCode ?? 0, json: text === '' ? undefined : JSON.parse(text) }),
          );
        })
          .once('error', reject)
          .end(body);
      });
    assert.equal((await ask('GET', '/customers', undefined, 'guess')).status, 401);
    const { json } = await ask('GET', '/customers?country=DE&limit=1');
    const ada = {
      id: 1,
      name: 'Ada Adler',
      email: 'ada.adler1@example.com',
      phone: '+49 30 23125 000',
      country: 'DE',
      created: '2026-01-05T08:00:00.000Z',
    };
    assert.deepEqual(json, { customers: [ada], total: 40 });
    assert.deepEqual(await ask('GET', '/customers/1'), { status: 200, json: ada });
    assert.equal((await ask('GET', '/customers/201')).status, 404);
    const order = {
      id: 521,
      customer: 1,
      item: 'Kettle',
      quantity: 2,
      status: 'placed',
      placed: '1970-01-01T00:00:00.000Z',
    };
    const placed = await ask('POST', '/orders', '{"customer":1,"item":"Kettle","quantity":2}');
    assert.deepEqual(placed, { status: 201, json: order });
    assert.deepEqual((await ask('GET', '/orders/521')).json, order);
    assert.equal((await ask('DELETE', '/orders/521')).status, 204);
    assert.equal((await ask('GET', '/orders/521')).status, 404);
    assert.equal((await ask('POST', '/orders', '{"item":1}')).status, 422);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
