/** Recordings of bundles in asciinema's own player: what it makes of them, in a real browser. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { castView } from '../../src/audit/bundle/replay/cast-view.ts';
import { readSession } from '../../src/audit/read/read-session.ts';
import { sessionTerminal } from '../../src/cli/replay/terminal.ts';
import { aRun, aSession, ask, auditDirectory, DENY, openLog } from '../support/audit-log.ts';
import { startBrowser, visit } from '../support/browser.ts';
import { ROOT } from '../support/source-tree.ts';

const PLAYER = join(ROOT, 'node_modules', 'asciinema-player', 'dist', 'bundle', 'asciinema-player.min.js');

/** In the page: plays it to its end, and resolves with the markers that it came by. */
const PLAY = `async (data) => {
  const player = AsciinemaPlayer.create({ data }, document.querySelector('#player'), { fit: false });
  const markers = [];
  player.addEventListener('marker', ({ label }) => markers.push(label));
  const ended = new Promise((resolve) => player.addEventListener('ended', resolve));
  await player.play();
  await ended;
  return markers;
}`;

async function aCast(): Promise<string> {
  const audit = auditDirectory(after);
  await using log = await openLog(audit);
  const run = aRun('run_1');
  await log.openRun(run, {});
  const session = await aSession(log, run, 'ses_1');
  const one = ask(session, 1, "select 'ü <b>' -- \u001b[2J");
  await one.end({ status: 'ok', rows: 0 }, []);
  const two = ask(session, 2, 'drop table orders', DENY);
  await two.refuse({ code: 'policy-denied', message: 'dropping is not allowed' });
  await session.close('completed');
  await log.sync();
  let text = '';
  const viewed = { run: 'run_1', session: 'ses_1', events: readSession(audit, 'ses_1') };
  for await (const piece of castView(viewed, sessionTerminal('shop'))) text += piece;
  return text;
}

test("asciinema's player plays what a session looked like, to its end, with a marker where a request was refused", async () => {
  const cast = await aCast();
  await using parts = new AsyncDisposableStack();
  const browser = parts.adopt(await startBrowser(), (open) => open.close());
  const { page, faults } = parts.use(await visit(browser));
  await page.setContent('<div id="player"></div>');
  await page.addScriptTag({ content: readFileSync(PLAYER, 'utf8') });
  const markers = await page.evaluate<readonly string[]>(`(${PLAY})(${JSON.stringify(cast)})`);
  assert.deepEqual(markers, ['refused: policy-denied']);
  await page.getByText('session ended').waitFor();
  const lines = await page.locator('.ap-line').allTextContents();
  const text = lines.join('\n');
  assert.match(text, /shop=> select 'ü <b>' -- \\e\[2J/);
  assert.match(text, /shop=> drop table orders/);
  assert.match(text, /ERROR: {2}chaperone: dropping is not allowed/);
  assert.deepEqual(faults, []);
});
