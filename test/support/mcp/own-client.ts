/** The gateway's own tools, called by the official client with a grant. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

export interface Called {
  readonly isError: boolean;
  readonly text: string;
  readonly data: Record<string, unknown>;
}

/** Calls one tool on a connection of its own, by its name at `path`. `port` is the HTTP port, on 127.0.0.1. */
export async function callOwn(
  port: number,
  { user, password }: { readonly user: string; readonly password: string },
  name: string,
  given: Record<string, unknown> = {},
  path = '/t/chaperone/',
): Promise<Called> {
  const client = new Client({ name: 'tests', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${user}.${password}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(path, `http://127.0.0.1:${port}`), { requestInit }));
  try {
    const result = await client.callTool({ name, arguments: given });
    const [{ text = '' } = {}] = result.content as readonly { readonly text?: string }[];
    const data = (result.structuredContent ?? {}) as Record<string, unknown>;
    return { isError: result.isError === true, text, data };
  } finally {
    await client.close();
  }
}
