/** Asks with Node's own fetch (undici), and prints each reply on a line. BASE, TOKEN; a proxy by its variables. */
const base = process.env['BASE'] ?? '';
const token = process.env['TOKEN'];

async function ask(path: string, how: RequestInit & { readonly duplex?: 'half' } = {}): Promise<void> {
  const headers = new Headers(how.headers);
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  const reply = await fetch(base + path, { ...how, headers });
  const text = await reply.text();
  const told = ['content-type', 'content-range'].map((name) => reply.headers.get(name));
  console.log(
    JSON.stringify([how.method, path, reply.status, told, text.length, text.slice(0, 300), reply.redirected]),
  );
}

await ask('/text');
await ask('/json?q=1%202&r');
await ask('/chunked');
await ask('/sse');
await ask('/gzip');
await ask('/range', { headers: { range: 'bytes=2-4' } });
await ask('/moved');
await ask('/none');
await ask('/unchanged');
await ask('/error');
await ask('/large?lines=2500');
await ask('/a', { method: 'POST', body: JSON.stringify({ a: 1 }), headers: { 'content-type': 'application/json' } });
await ask('/form', { method: 'DELETE', body: new URLSearchParams({ a: '1', b: 'ü' }) });
await ask('/a', { method: 'PUT', body: new Blob(['in ', 'a stream']).stream(), duplex: 'half' });
await ask('/a', { method: 'PATCH', body: 'x'.repeat(2_000_000) });
