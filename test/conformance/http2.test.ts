import { defineConformance } from './conformance.ts';
import { CREDENTIAL, http } from './http.ts';
import { logInByHttp2 } from './http2-client.ts';
import { HTTP2_REQUESTS } from './http2-requests.ts';

const base = http(true, '2');

// Directly its server is asked over HTTP/1.1: replies are compared as messages, whatever carried them.
defineConformance({
  ...base,
  name: 'HTTP/2 over TLS, to a server of HTTP/2',
  breaksStreams: true,
  logIn: (login) => (login.user === CREDENTIAL.user ? base.logIn(login) : logInByHttp2(login)),
  requests: HTTP2_REQUESTS,
});
