/** The address where a browser may safely be sent: http and https alone; a CI system's claim may say anything. */
export function httpUrl(text: string | undefined): string | undefined {
  const url = text === undefined ? null : URL.parse(text);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : undefined;
}
