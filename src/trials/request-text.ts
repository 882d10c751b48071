import type { CaseRequest } from './case-schema.ts';

/** A request of a case as the text that `askedHttp` reads. */
export function requestText({ http }: CaseRequest): string {
  const { method = 'GET', path, query = {}, headers = {}, body } = http;
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  );
  const mark = path.includes('?') ? '&' : '?';
  const target = pairs.length === 0 ? path : `${path}${mark}${pairs.join('&')}`;
  const fields = Object.entries(headers).map(([name, value]) => `\n${name}: ${value}`);
  const text = body === undefined ? '' : `\n\n${typeof body === 'string' ? body : JSON.stringify(body)}`;
  return `${method} ${target}${fields.join('')}${text}`;
}
