import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kubectlLine } from './kubectl-line.ts';

const LINES = `
GET /api/v1/namespaces/shop/pods | get pods -n shop
GET /api/v1/namespaces/shop/pods/web | get pods/web -n shop
GET /api/v1/nodes | get nodes
GET /api/v1/namespaces/shop | get namespaces/shop
GET /api/v1/namespaces/shop/pods?watch=1&labelSelector=app%3Dweb | get pods -n shop -l app=web --watch
GET /api/v1/pods?fieldSelector=metadata.name%3Dweb | get pods --field-selector metadata.name=web
POST /apis/apps/v1/namespaces/shop/deployments?dryRun=All | create deployments -n shop --dry-run=server
PUT /apis/apps/v1/namespaces/shop/deployments/web | replace deployments/web -n shop
PATCH /apis/apps/v1/namespaces/shop/deployments/web/scale | patch deployments/web -n shop --subresource=scale
DELETE /api/v1/namespaces/shop/pods/web | delete pods/web -n shop
DELETE /api/v1/namespaces/shop/pods | delete pods -n shop --all
DELETE /api/v1/namespaces/shop/pods?labelSelector=a | delete pods -n shop -l a
GET /apis/cert-manager.io/v1/issuers/x | get issuers.cert-manager.io/x
GET /api/v1/namespaces/shop/pods/web/log?follow=true&container=c | logs web -n shop -c c -f
POST /api/v1/namespaces/shop/pods/web/exec?command=sh&command=-c&command=rm%20-rf%20%2F | exec web -n shop -- sh -c 'rm -rf /'
POST /api/v1/namespaces/shop/pods/web/portforward | port-forward web -n shop
POST /api/v1/namespaces/shop/pods/web/eviction | create pods/web -n shop --subresource=eviction
GET /healthz | get --raw /healthz
`;

describe('a request as kubectl would say it', () => {
  for (const line of LINES.trim().split('\n')) {
    const [request = '', expected] = line.split(' | ');
    test(`is ${expected}`, () => {
      const [method = '', target = ''] = request.split(' ');
      assert.equal(kubectlLine(method, target), expected);
    });
  }

  test('is apply where its body is one to be applied', () => {
    const path = '/api/v1/namespaces/shop/configmaps/c?fieldManager=kubectl';
    assert.equal(kubectlLine('PATCH', path, 'application/apply-patch+yaml'), 'apply configmaps/c -n shop');
  });

  test('is nothing of what could be read in two ways', () => {
    assert.equal(kubectlLine('GET', '/api/v1//pods'), undefined);
    assert.equal(kubectlLine('BREW', '/api/v1/pods'), undefined);
  });
});
