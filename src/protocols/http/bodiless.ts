/** True where a reply has no body, whatever its fields say (RFC 9110, 6.4.1; RFC 9112, 6.3, 1). */
export function isBodiless(status: number, method: string): boolean {
  return method === 'HEAD' || status < 200 || status === 204 || status === 304;
}
