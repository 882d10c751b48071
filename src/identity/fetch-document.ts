import { LIMITS } from '../model/limits.ts';

/**
 * Gets a JSON document of an issuer: no redirect is followed, and the time and the size (after decompression) are
 * bounded. Rejects with an `Error` that says what went wrong.
 */
export async function fetchDocument(url: string): Promise<string> {
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(LIMITS.issuerFetchMs),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url} answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the body, so an endless one stops here.
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > LIMITS.issuerDocumentBytes) throw new Error(`${url} is larger than ${LIMITS.issuerDocumentBytes} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}
