import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { applyEvent } from './events.ts';

test('what is told while a page loads for the first time is loaded again, and shown', async () => {
  const queries = new QueryClient();
  const answers: ((text: string) => void)[] = [];
  const observer = new QueryObserver(queries, {
    queryKey: ['approval', 'one', 'apr_1'],
    queryFn: () => new Promise<string>((resolve) => void answers.push(resolve)),
  });
  const shown: (string | undefined)[] = [];
  const unsubscribe = observer.subscribe(({ data }) => {
    if (data !== shown.at(-1)) shown.push(data);
  });
  applyEvent(queries, { type: 'approval', id: 'apr_1', state: 'pending' });
  answers[0]?.('without its estimate');
  await turn();
  assert.equal(answers.length, 2);
  answers[1]?.('with its estimate');
  await turn();
  assert.deepEqual(shown, ['without its estimate', 'with its estimate']);
  unsubscribe();
  queries.clear();
});

test('an event loads what it names, and nothing else', async () => {
  const queries = new QueryClient();
  const loaded: string[] = [];
  const ends = ['approval', 'session', 'configuration'].map((name) =>
    new QueryObserver(queries, {
      queryKey: [name],
      queryFn: () => Promise.resolve(loaded.push(name)),
      staleTime: Number.POSITIVE_INFINITY,
    }).subscribe(() => {}),
  );
  await turn();
  applyEvent(queries, { type: 'session', id: 'ses_1', run: 'run_1', state: 'closed' });
  await turn();
  assert.deepEqual(loaded, ['approval', 'session', 'configuration', 'session']);
  applyEvent(queries, { type: 'refresh' });
  await turn();
  assert.deepEqual(loaded.slice(4), ['approval', 'session', 'configuration']);
  applyEvent(queries, { type: 'opened' });
  await turn();
  assert.deepEqual(loaded.slice(7), ['approval', 'session', 'configuration']);
  for (const end of ends) end();
  queries.clear();
});

/** The client tells those who watch in a turn of its own. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
