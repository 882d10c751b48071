/** Verifies in a thread of its own, so that the page goes on answering. */
import { readTrust } from '../../src/audit/verify/bundle/trust.ts';
import { verifyBundle } from '../../src/audit/verify/bundle/verify-bundle.ts';
import { looksLikePack } from '../../src/audit/verify/pack/looks-like-pack.ts';
import { blobSource, browserEngine } from './browser-engine.ts';
import type { Answer, Order } from './messages.ts';

/** A page needs no more than so many words a second on how far it is. */
const PROGRESS_MS = 80;

addEventListener('message', (event: MessageEvent<Order>) => {
  verify(event.data).catch((fault: unknown) =>
    tell({ kind: 'refused', why: `This cannot be verified: ${String(fault)}` }),
  );
});

const IS_PACK =
  'This is an auditor’s pack: `chaperone verify` checks it as a whole. Here you can drop the bundles in its folder samples, one by one.';

async function verify({ bundle, own }: Order): Promise<void> {
  if (await looksLikePack(blobSource(bundle))) return tell({ kind: 'refused', why: IS_PACK });
  const trust = await readTrust(browserEngine, own);
  if (typeof trust === 'string') return tell({ kind: 'refused', why: trust });
  let told = 0;
  const report = await verifyBundle(blobSource(bundle), {
    engine: browserEngine,
    trust,
    nowMs: Date.now(),
    onStep: (step) => tell({ kind: 'step', step }),
    onProgress: (done) => {
      if (performance.now() - told < PROGRESS_MS) return;
      told = performance.now();
      tell({ kind: 'progress', done });
    },
  });
  tell({ kind: 'report', report });
}

function tell(answer: Answer): void {
  postMessage(answer);
}
