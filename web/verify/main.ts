/** The page: takes files, has a worker verify them, and shows what it says. */
import type { BundleReport, Step } from '../../src/audit/verify/bundle/report.ts';
import type { TrustFiles } from '../../src/audit/verify/bundle/trust.ts';
import { type FileKind, KIND_WORDS, kindOf } from './chosen-files.ts';
import { byId, element } from './elements.ts';
import type { Answer, Order } from './messages.ts';
import { banner, runTable, stepList } from './show-report.ts';
// oxlint-disable-next-line import/default -- Vite makes a class of the worker's address
import VerifyWorker from './worker.ts?worker&inline';

const drop = byId('drop', HTMLElement);
const files = byId('files', HTMLInputElement);
const chosen = byId('chosen', HTMLElement);
const progress = byId('progress', HTMLElement);
const bar = byId('bar', HTMLProgressElement);
const fault = byId('fault', HTMLElement);
const result = byId('result', HTMLElement);

const kept = new Map<FileKind, File>();
let worker: Worker | undefined;

async function take(given: readonly File[]): Promise<void> {
  fault.hidden = true;
  for (const file of given) {
    const kind = await kindOf(file);
    if (kind === undefined) complain(`${file.name} is no bundle, no trust policy, no key and no certificate.`);
    else kept.set(kind, file);
  }
  showChosen();
  if (kept.has('bundle')) await start();
}

function showChosen(): void {
  chosen.replaceChildren(
    ...[...kept].map(([kind, file]) => {
      const remove = element('button', '', 'Remove');
      remove.setAttribute('type', 'button');
      remove.setAttribute('aria-label', `Remove ${file.name}`);
      remove.addEventListener('click', () => {
        kept.delete(kind);
        stop();
        result.hidden = true;
        showChosen();
        if (kept.has('bundle')) void start().catch(complain);
      });
      return element('li', '', element('span', 'kind', KIND_WORDS[kind]), element('span', 'name', file.name), remove);
    }),
  );
}

async function start(): Promise<void> {
  stop();
  // WebCrypto is there for pages that came safely, a file among them.
  if (!globalThis.isSecureContext)
    return complain('Browsers verify signatures on https pages and in saved files alone: save this page and open it.');
  const own: { -readonly [Kind in keyof TrustFiles]: Uint8Array } = {};
  for (const [kind, file] of kept) if (kind !== 'bundle') own[kind] = new Uint8Array(await file.arrayBuffer());
  const bundle = kept.get('bundle');
  if (bundle === undefined) return;
  const steps: Step[] = [];
  const started = new VerifyWorker();
  worker = started;
  progress.hidden = false;
  bar.value = 0;
  result.hidden = false;
  result.replaceChildren(stepList(steps));
  started.addEventListener('message', ({ data }: MessageEvent<Answer>) => hear(data, steps));
  started.addEventListener('error', (event) => complain(`The page broke: ${event.message}`));
  started.postMessage({ bundle, own } satisfies Order, []);
}

function hear(answer: Answer, steps: Step[]): void {
  switch (answer.kind) {
    case 'progress':
      bar.value = answer.done;
      return;
    case 'step':
      steps.push(answer.step);
      result.replaceChildren(stepList(steps));
      return;
    case 'report':
      stop();
      showReport(answer.report);
      return;
    case 'refused':
      stop();
      result.hidden = true;
      complain(answer.why);
      return;
    default:
      throw new Error(`the worker says ${String(answer satisfies never)}`);
  }
}

function showReport(report: BundleReport): void {
  const save = element('a', 'button', 'Save this answer as JSON');
  const text = JSON.stringify(report, undefined, 2);
  save.setAttribute('href', URL.createObjectURL(new Blob([text], { type: 'application/json' })));
  save.setAttribute('download', `${report.run?.id ?? 'bundle'}.verified.json`);
  const parts = [banner(report), runTable(report), stepList(report.steps), save];
  result.replaceChildren(...parts.filter((part) => part !== undefined));
}

function stop(): void {
  worker?.terminate();
  worker = undefined;
  progress.hidden = true;
}

function complain(why: unknown): void {
  fault.textContent = String(why);
  fault.hidden = false;
}

files.addEventListener('change', () => {
  const given = [...(files.files ?? [])];
  files.value = '';
  void take(given).catch(complain);
});
byId('stop', HTMLButtonElement).addEventListener('click', () => {
  stop();
  result.hidden = true;
});
for (const kind of ['dragenter', 'dragover'] as const) {
  addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
}
addEventListener('dragleave', () => drop.classList.remove('over'));
addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  void take([...(event.dataTransfer?.files ?? [])]).catch(complain);
});
