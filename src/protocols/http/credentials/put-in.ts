import type { OutgoingRequest } from '../message.ts';

/** With one field of this name (lower case), and none of the client's. */
export function withField(request: OutgoingRequest, name: string, value: string): OutgoingRequest {
  return { ...request, fields: [...request.fields.filter(([other]) => other !== name), [name, value]] };
}

/** With one parameter of this name in the query, behind all others, and none of the client's. */
export function withParameter(request: OutgoingRequest, name: string, value: string): OutgoingRequest {
  const at = request.target.indexOf('?');
  const path = at < 0 ? request.target : request.target.slice(0, at);
  const pairs = at < 0 ? [] : request.target.slice(at + 1).split('&');
  const others = pairs.filter((pair) => pair !== '' && !names(pair, name));
  return { ...request, target: `${path}?${[...others, `${name}=${encodeURIComponent(value)}`].join('&')}` };
}

/** Servers split at `;` as well, and some take `name[]` for `name`; a name that is in doubt is the client's no more. */
function names(pair: string, wanted: string): boolean {
  return pair.split(';').some((part) => {
    const written = (part.split('=', 1)[0] ?? '').replaceAll('+', ' ');
    try {
      return decodeURIComponent(written).replace(/\[.*$/s, '').trim().toLowerCase() === wanted.toLowerCase();
    } catch {
      // What is no UTF-8 is not the name, which is ASCII.
      return false;
    }
  });
}
