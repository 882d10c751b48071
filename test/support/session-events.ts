/** What the record says of the sessions of a run, as an auditor reads it by the API. */
import assert from 'node:assert/strict';
import type { TestApi } from './api.ts';

export interface SessionOpening {
  readonly carrier: string;
  readonly grant: { readonly id: string; readonly keyThumbprint?: string };
}

/** The only session of a run: what its first event says in clear, and all of its lines as text. */
export async function onlySession(api: TestApi, run: string): Promise<{ opening: SessionOpening; text: string }> {
  const { json } = await api.call('GET', `/v1/sessions?run=${run}`, { auth: api.admin });
  const sessions = json['sessions'] as readonly { readonly id: string }[];
  assert.equal(sessions.length, 1, `the run has ${sessions.length} sessions`);
  const { text } = await api.call('GET', `/v1/sessions/${sessions[0]?.id}/recording`, { auth: api.admin });
  const [first = '{}'] = text.split('\n');
  return { opening: (JSON.parse(first) as { opening: SessionOpening }).opening, text };
}

/** The details of the log's entries of a kind. */
export async function logNotes(api: TestApi, kind: string): Promise<readonly Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for (let start = 0; ; ) {
    const { json } = await api.call('GET', `/v1/log/entries?start=${start}&limit=100`, { auth: api.admin });
    const entries = json['entries'] as readonly { readonly kind: string; readonly text: string }[];
    if (entries.length === 0) return found;
    for (const entry of entries) {
      if (entry.kind === kind) found.push((JSON.parse(entry.text) as { detail: Record<string, unknown> }).detail);
    }
    start += entries.length;
  }
}

export async function runOf(api: TestApi, run: string): Promise<Record<string, unknown>> {
  return (await api.call('GET', `/v1/runs/${run}`, { auth: api.admin })).json;
}
