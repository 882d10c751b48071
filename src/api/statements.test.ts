import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startApi, type TestApi } from '../../test/support/api.ts';

describe('statements', () => {
  let api: TestApi;
  const runs: string[] = [];
  before(async () => {
    api = await startApi();
    for (const name of ['first', 'second', 'third']) {
      const grant = await api.grant();
      runs.push(grant.run);
      const client = await api.connect(grant);
      await client.query(`select 1 as ${name}`);
      await client.query(`select email as ${name} from people`);
      await client.end();
    }
  });
  after(() => api[Symbol.asyncDispose]());

  interface Listed {
    readonly session: string;
    readonly run: string;
    readonly text: string;
    readonly masked?: number;
  }
  const search = async (query: string) => {
    const { json, status, text } = await api.call('GET', `/v1/statements?${query}`, { auth: api.admin });
    assert.equal(status, 200, text);
    return { found: json['statements'] as Listed[], next: json['next'] as string | undefined };
  };

  test('pages follow one another without a gap, whether or not the index narrows the search', async () => {
    const texts = [
      'select 1 as third',
      'select email as third from people',
      'select 1 as second',
      'select email as second from people',
      'select 1 as first',
      'select email as first from people',
    ];
    for (const narrowed of ['', '&target=people']) {
      const seen: string[] = [];
      let cursor: string | undefined = '';
      while (cursor !== undefined) {
        const page = await search(`limit=2${narrowed}${cursor && `&cursor=${cursor}`}`);
        seen.push(...page.found.map(({ text }) => text));
        cursor = page.next;
      }
      assert.deepEqual(seen, texts);
    }
  });

  test('the index finds whose they are, and the log what they were', async () => {
    const byRun = await search(`run=${runs[1]}`);
    assert.deepEqual(
      byRun.found.map(({ text, masked }) => [text, masked]),
      [
        ['select 1 as second', undefined],
        ['select email as second from people', 1],
      ],
    );
    assert.equal((await search('repository=shop&text=FIRST')).found.length, 2);
    assert.equal((await search('repository=nobody')).found.length, 0);
    assert.equal((await search('who=nobody')).found.length, 0);
    const [one] = byRun.found;
    assert.equal((await search(`session=${one?.session}&kind=select`)).found.length, 2);
    assert.equal((await search('session=..%2f..%2fkeys')).found.length, 0);
    assert.equal((await search('target=people&since=2999-01-01T00:00:00Z')).found.length, 0);
  });

  test('a condition that is no such thing is a problem', async () => {
    for (const query of ['decision=maybe', 'since=yesterday', 'limit=0', 'limit=1001']) {
      const { status } = await api.call('GET', `/v1/statements?${query}`, { auth: api.admin });
      assert.equal(status, 400, query);
    }
  });
});
