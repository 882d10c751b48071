import { CANARY, MALFORMED, raw, request } from './http-requests.ts';
import type { RawRequest, Requests } from './protocol-under-test.ts';

const NS = '/api/v1/namespaces/default';
const TABLE = 'accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

const get = (path: string, ...fields: readonly string[]): RawRequest => request(`GET ${path}`, ...fields);

function send(what: string, body: string, type = 'application/json', ...fields: readonly string[]): RawRequest {
  const length = `content-length: ${Buffer.byteLength(body)}`;
  return request(what, `content-type: ${type}`, length, ...fields, `\n${body}`);
}

const object = (name: string, data: object = { a: '1' }): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

const CONVERSATION: readonly RawRequest[] = [
  get('/version'),
  get('/api/v1'),
  get(`${NS}/configmaps`),
  get(`${NS}/configmaps/keep`),
  get(`${NS}/configmaps`, TABLE),
  get(`${NS}/configmaps/keep?includeObject=Object`, TABLE),
  get(`${NS}/configmaps/nothing`),
  get(`${NS}/pods/web/log`),
  send(`PATCH ${NS}/configmaps/keep?dryRun=All`, '{"data":{"b":"2"}}', 'application/merge-patch+json'),
  send(`POST ${NS}/configmaps?dryRun=All`, object('other')),
  request(`POST ${NS}/pods/web/exec?command=true&stdout=true`),
  get(`${NS}/configmaps/permitted`),
];

const DENIED: readonly RawRequest[] = [
  request(`DELETE ${NS}/configmaps/keep`),
  send(`DELETE ${NS}/configmaps/keep`, '{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background"}'),
  request(`DELETE ${NS}/configmaps/%6beep?gracePeriodSeconds=0`),
  request('DELETE /apis/apps/v1/namespaces/default/deployments/keep/'),
];

const HELD: readonly RawRequest[] = [
  send(`PUT ${NS}/configmaps/keep`, object('keep', { a: '9' })),
  send(`PUT ${NS}/configmaps/keep?fieldManager=someone`, object('keep', { a: '8' })),
];

const UNSUPPORTED: readonly RawRequest[] = [
  get(`${NS}/configmaps/keep`, 'impersonate-user: system:admin'),
  get(`${NS}/configmaps/keep?a=1;watch=true`),
  send(`PUT ${NS}/configmaps/keep`, '{"kind":"ConfigMap","kind":"Secret"}'),
  send(`PUT ${NS}/configmaps/keep`, 'k8s\0protobuf', 'application/vnd.kubernetes.protobuf'),
  send(`PATCH ${NS}/configmaps/keep`, '{}', 'application/json'),
  get(
    `${NS}/configmaps?watch=1`,
    'connection: Upgrade',
    'upgrade: websocket',
    'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
  ),
  request(
    `POST ${NS}/pods/web/exec?command=true&stdout=true`,
    'connection: Upgrade',
    'upgrade: SPDY/3.1',
    'x-stream-protocol-version: v9',
  ),
];

const CANARIES: readonly RawRequest[] = [
  get(`${NS}/configmaps/mail`),
  get(`${NS}/configmaps`),
  get(`${NS}/configmaps/mail?includeObject=Object`, TABLE),
  get(`${NS}/pods/web/log`),
  get(`${NS}/secrets`),
  get(`${NS}/secrets/login`),
  get(`${NS}/configmaps/${CANARY}@planted.test`),
  send(`PATCH ${NS}/configmaps/mail?dryRun=All`, '{"data":{"b":"2"}}', 'application/merge-patch+json'),
].filter(({ bytes }) => !Buffer.from(bytes).includes(CANARY));

export const GREETING = 'GET /version HTTP/1.1\r\nhost: shop.test\r\n\r\n';

export const REQUESTS: Requests = {
  conversation: CONVERSATION,
  permitted: get(`${NS}/configmaps/permitted`),
  permittedReached: /configmaps\/permitted/,
  denied: DENIED,
  deniedKind: 'delete',
  deniedReached: /DELETE/,
  held: HELD,
  heldKind: 'update',
  heldReached: /PUT .*configmaps\/keep/,
  marker: 'keep',
  tellsWaiting: false,
  unknown: [request(`FROB ${NS}/configmaps/keep`), request(`put ${NS}/configmaps/keep`)],
  unsupported: UNSUPPORTED,
  canaries: CANARIES,
  canary: CANARY,
  large: (bytes) => get(`${NS}/pods/web/log?limitBytes=${bytes}`),
  hanging: get(`${NS}/pods/hanging/log?follow=true`),
  garbage: {
    beforeLogin: MALFORMED,
    afterLogin: [
      ...MALFORMED,
      raw(
        'a chunk that is none',
        `POST ${NS}/configmaps HTTP/1.1\r\nhost: shop.test\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
      ),
    ],
  },
  codes: {
    badClaim: '407',
    noTarget: '403',
    denied: '403',
    withdrawn: '403',
    unrecorded: '503',
    upstreamUnavailable: '502',
    upstreamLost: 'broken off',
  },
};
