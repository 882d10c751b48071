import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { requestInfoOf } from '../../model/kubernetes-request.ts';
import { queryOf } from '../http/path.ts';
import { accessOf } from './access.ts';

/** Method, address, then what the API server's own RequestInfo says: verb, group, version, namespace, resource, subresource, name. */
const CASES = `
GET /api/v1/namespaces | list - v1 - namespaces - -
GET /api/v1/namespaces/other | get - v1 other namespaces - other
GET /api/v1/namespaces/other/pods | list - v1 other pods - -
GET /api/v1/namespaces/other/pods/foo | get - v1 other pods - foo
HEAD /api/v1/namespaces/other/pods/foo | get - v1 other pods - foo
GET /api/v1/pods | list - v1 - pods - -
HEAD /api/v1/pods | list - v1 - pods - -
PATCH /api/v1/namespaces/new-namespace | patch - v1 new-namespace namespaces - new-namespace
GET /api/v1/proxy/namespaces/other/pods/foo | proxy - v1 other pods - foo
GET /api/v1/proxy/namespaces/other/pods/foo/subpath/not/a/subresource | proxy - v1 other pods - foo
GET /api/v1/watch/pods | watch - v1 - pods - -
GET /api/v1/watch/namespaces/other/pods/foo | watch - v1 other pods - foo
GET /api/v1/watch/namespaces | watch - v1 - namespaces - -
GET /api/v1/pods?watch=true | watch - v1 - pods - -
GET /api/v1/pods?watch | watch - v1 - pods - -
GET /api/v1/pods?watch=FALSE | list - v1 - pods - -
GET /api/v1/pods?watch=0 | list - v1 - pods - -
GET /api/v1/namespaces/other/pods?watch=1 | watch - v1 other pods - -
GET /api/v1/namespaces/other/pods/foo?watch=1 | get - v1 other pods - foo
GET /api/v1/namespaces/other/pods/foo/status | get - v1 other pods status foo
GET /api/v1/namespaces/other/pods/foo/proxy/subpath | get - v1 other pods proxy foo
PUT /api/v1/namespaces/other/finalize | update - v1 other namespaces finalize other
PUT /api/v1/namespaces/other/status | update - v1 other namespaces status other
PATCH /api/v1/namespaces/other/pods/foo | patch - v1 other pods - foo
DELETE /api/v1/namespaces/other/pods/foo | delete - v1 other pods - foo
POST /api/v1/namespaces/other/pods | create - v1 other pods - -
POST /api/v1/namespaces/other/pods/foo/exec?command=sh | create - v1 other pods exec foo
GET /api/v1/namespaces/other/pods/foo/exec?command=sh | get - v1 other pods exec foo
DELETE /api/v1/nodes | deletecollection - v1 - nodes - -
DELETE /api/v1/namespaces | deletecollection - v1 - namespaces - -
DELETE /api/v1/namespaces/other/pods | deletecollection - v1 other pods - -
DELETE /apis/extensions/v1/namespaces/other/pods | deletecollection extensions v1 other pods - -
POST /apis/extensions/v1beta3/namespaces/other/pods | create extensions v1beta3 other pods - -
PATCH /apis/apps/v1/namespaces/other/deployments/web/scale | patch apps v1 other deployments scale web
GET /apis/group/version/resource?fieldSelector=metadata.name=name1 | list group version - resource - name1
GET /apis/group/version/resource?watch=true&fieldSelector=metadata.name%3Dname1 | watch group version - resource - name1
GET /apis/group/version/resource?fieldSelector=foo=bar | list group version - resource - -
GET /apis/group/version/resource?fieldSelector=metadata.name!=name1 | list group version - resource - -
GET /apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aadmin | get rbac.authorization.k8s.io v1 - clusterroles - system:admin
GET /api/v1/namespaces/other/pods/ | list - v1 other pods - -
OPTIONS /api/v1/pods | ? - v1 - pods - -
`;

describe('what a request asks', () => {
  for (const line of CASES.trim().split('\n')) {
    const [request = '', expected = ''] = line.split(' | ');
    test(`${request} is ${expected}`, () => {
      const [method = '', address = ''] = request.split(' ');
      const [path = '', query] = address.split('?');
      const info = requestInfoOf(method, path, queryOf(query));
      assert.ok('verb' in info && info.resource !== undefined);
      const { group, version, namespace, resource, subresource, name } = info.resource;
      const said = [info.verb || '?', group, version, namespace, resource, subresource, name].map((one) => one || '-');
      assert.equal(said.join(' '), expected);
    });
  }

  const paths =
    '/ /api /api/v1 /api/version/ /apis /apis/apps /apis/extensions/v1beta1/ /healthz /badprefix/v/resource';
  for (const path of paths.split(' ')) {
    test(`${path} is none of a resource`, () => {
      const info = requestInfoOf('GET', path, {});
      assert.ok('verb' in info);
      assert.equal(info.resource, undefined);
      assert.equal(info.verb, 'get');
    });
  }

  const twofold = [
    '/api/v1//pods',
    '/api//v1/secrets',
    '//api/v1/secrets',
    '/api/v1/watch',
    '/api/v1/pods?watch=false&watch=true',
    '/api/v1/pods?fieldSelector=metadata.name=a&fieldSelector=metadata.name=b',
    '/api/v1/namespaces/a%2Fpods',
  ];
  test('a watch by another method than GET could be read in two ways', () => {
    assert.ok('ambiguous' in requestInfoOf('DELETE', '/api/v1/watch/namespaces/other/pods/foo', {}));
  });

  for (const address of twofold) {
    test(`${address} could be read in two ways`, () => {
      const [path = '', query] = address.split('?');
      assert.ok('ambiguous' in requestInfoOf('GET', path, queryOf(query)));
    });
  }
});

const ACCESS = `
GET /api/v1/pods read
GET /api/v1/pods?watch=1 read
POST /api/v1/namespaces/a/pods write
DELETE /api/v1/namespaces/a/pods write
GET /api/v1/namespaces/a/pods/p/exec admin
GET /api/v1/namespaces/a/pods/p/attach admin
GET /api/v1/namespaces/a/pods/p/portforward admin
GET /api/v1/namespaces/a/services/s/proxy admin
GET /api/v1/proxy/namespaces/a/pods/p admin
PATCH /api/v1/namespaces/a/pods/p/ephemeralcontainers admin
POST /api/v1/namespaces/a/pods/p/eviction write
GET /api/v1/namespaces/a/pods/p/log read
POST /api/v1/namespaces/a/serviceaccounts/s/token admin
POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings admin
GET /apis/rbac.authorization.k8s.io/v1/clusterrolebindings read
PATCH /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/w admin
POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions admin
PUT /apis/certificates.k8s.io/v1/certificatesigningrequests/c/approval admin
POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews read
POST /apis/authentication.k8s.io/v1/tokenreviews admin
GET /api session
GET /apis/apps/v1 session
GET /openapi/v3/apis/apps/v1 session
GET /version session
GET /metrics read
GET /logs/kube-apiserver.log read
POST /metrics admin
OPTIONS /api/v1/pods unknown
SEARCH /healthz unknown
`;

describe('how strong a request is', () => {
  for (const line of ACCESS.trim().split('\n')) {
    test(line, () => {
      const [method = '', address = '', expected] = line.split(' ');
      const [path = '', query] = address.split('?');
      const info = requestInfoOf(method, path, queryOf(query));
      assert.ok('verb' in info);
      assert.equal(accessOf(info), expected);
    });
  }
});
