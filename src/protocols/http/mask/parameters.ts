/** A parameter of `Content-Type` (RFC 9110, 5.6.6), its quotes taken off; undefined where there is none, or more than one. */
export function parameterOf(contentType: string, wanted: string): string | undefined {
  const found: string[] = [];
  // A name and a value, either of which may be followed by blanks; a value may be quoted.
  for (const [, name = '', quoted, plain] of contentType.matchAll(PARAMETER)) {
    if (name.toLowerCase() === wanted) found.push(quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '');
  }
  return found.length === 1 ? found[0] : undefined;
}

const PARAMETER = /;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))/g;

/** RFC 2046, 5.1.1: 1 to 70 characters; undefined of what is none. */
export function boundaryOf(contentType: string): string | undefined {
  const boundary = parameterOf(contentType, 'boundary');
  return boundary !== undefined && /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(boundary)
    ? boundary
    : undefined;
}
