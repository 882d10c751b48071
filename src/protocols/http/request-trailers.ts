import type { Operation } from '../../model/request.ts';
import type { Target } from '../../model/target.ts';
import { headersOf, isForwarded } from './forwarded-head.ts';
import { type Fields, MalformedHttp } from './message.ts';
import { isSecretField } from './secret-fields.ts';

/**
 * The fields behind a request's body, which are what their client may send as fields of its head (RFC 9110, 6.5). Throws
 * `MalformedHttp` for one that says who asks or how it is routed, that the head has as well, or that would not be signed.
 */
export function checkedTrailers(trailers: Fields, head: Fields, target: Target): Fields {
  if (trailers.length === 0) return trailers;
  if (target.http?.dialect === 'aws') throw new MalformedHttp(400, 'fields behind a body that no signature covers');
  for (const [name] of trailers) {
    if (!isForwarded(name, target) || isSecretField(name)) {
      throw new MalformedHttp(400, 'a field that may not stand behind a body');
    }
  }
  return notRepeated(trailers, head);
}

/** Which of the two counts, servers do not agree. Throws `MalformedHttp`. */
export function notRepeated(trailers: Fields, head: Fields): Fields {
  const repeats = trailers.some(([name]) => head.some(([other]) => other === name));
  if (repeats) throw new MalformedHttp(400, 'a field behind a body that its head has as well');
  return trailers;
}

/** What is asked, with the fields behind the body among its fields: a server may take them for some of its head. */
export function withTrailers(operations: readonly Operation[], trailers: Fields): readonly Operation[] {
  if (trailers.length === 0) return operations;
  const more = headersOf(trailers);
  return operations.map((operation) => {
    const { http } = operation;
    return http === undefined ? operation : { ...operation, http: { ...http, headers: { ...http.headers, ...more } } };
  });
}
