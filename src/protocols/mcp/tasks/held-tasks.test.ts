import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../../../model/limits.ts';
import { type HeldTask, type TaskAnswer } from './held-task.ts';
import { HeldTasks, type TaskLimits } from './held-tasks.ts';

const RUN = ['run_1', 'tracker'];
const OTHER = ['run_2', 'tracker'];
const answer = (text: string): TaskAnswer => ({ kind: 'result', result: { content: [{ type: 'text', text }] } });

function open(limits: Partial<TaskLimits>) {
  const clock = { nowMs: 0 };
  const tasks = new HeldTasks({ ...LIMITS, ...limits }, () => clock.nowMs);
  const begin = (whose = RUN): HeldTask | undefined => tasks.open(whose, false, () => Promise.resolve());
  const knows = (task: HeldTask | undefined, whose = RUN): boolean => tasks.find(whose, task?.id ?? '') === task;
  return { tasks, clock, begin, knows };
}

test('as many tasks of a run go on as may, and one that is over makes room', () => {
  const { begin, knows } = open({ maxMcpTasksOfRun: 2 });
  const [first, second] = [begin(), begin()];
  assert.equal(begin(), undefined);
  assert.ok(begin(OTHER) !== undefined);
  first?.settle(answer('done'));
  const third = begin();
  assert.ok(third !== undefined);
  assert.deepEqual([knows(first), knows(second), knows(third)], [false, true, true]);
});

test('as many tasks of all runs are kept as may be, and none that goes on is forgotten', () => {
  const { begin, knows } = open({ maxMcpTasks: 2 });
  const [first, second] = [begin(), begin(OTHER)];
  assert.equal(begin(), undefined);
  second?.settle(answer('done'));
  assert.ok(begin() !== undefined);
  assert.deepEqual([knows(first), knows(second, OTHER)], [true, false]);
});

test('what tasks have to say takes as much room as may be, and the one that ended longest ago goes first', () => {
  const { begin, knows } = open({ maxMcpTaskBytes: 300 });
  const all = [begin(), begin(), begin()];
  for (const task of all) task?.settle(answer('x'.repeat(60)));
  assert.deepEqual(
    all.map((task) => knows(task)),
    [false, true, true],
  );
});

test('a task is known for some time after its end, to its run alone', () => {
  const { begin, knows, clock, tasks } = open({ mcpTaskKeptMs: 1_000 });
  const task = begin();
  clock.nowMs = 5_000;
  assert.deepEqual([knows(task), knows(task, OTHER)], [true, false]);
  task?.settle(answer('done'));
  assert.equal(task?.told()['ttl'], 6_000);
  clock.nowMs = 5_999;
  assert.equal(tasks.list(RUN).length, 1);
  clock.nowMs = 6_000;
  assert.deepEqual([knows(task), tasks.list(RUN)], [false, []]);
});

test('a task that was cancelled stays so, whatever its call comes to', async () => {
  const { begin } = open({});
  const task = begin();
  assert.equal(task?.cancel(), true);
  task?.settle(answer('done'));
  assert.equal(task?.told()['status'], 'cancelled');
  assert.match(JSON.stringify(await task?.answered), /cancelled this call/);
  assert.equal(task?.cancel(), false);
});
