import type { OpenAuditLog } from '../audit/open-audit-log.ts';
import { readLogEntries, readLogHead, readWitnessed } from '../audit/read/read-log.ts';
import type { Finding, VerifyReport } from '../audit/verify/verify-report.ts';
import { verifyInThread } from '../audit/verify/verify-thread.ts';
import { idsIn, type NameLookup } from './log-names.ts';
import type { LogEntryView, LogHealthView, LogServices, LogVerificationView } from './services.ts';

/** What this gateway says of its own log; whoever needs to be sure verifies it themselves. */
export function logServices(log: OpenAuditLog, names: NameLookup, nowMs: () => number): LogServices {
  let verified: LogHealthView['verified'];
  let running: Promise<LogVerificationView> | undefined;
  const health = async (): Promise<LogHealthView & { readonly root: string; readonly checkpoint: string }> => {
    const head = await readLogHead(log.directory);
    const { signing, witnessing, alarms, stopped } = log.published.status;
    const { signer: place, durable, signed, fault } = signing;
    return {
      origin: head?.origin ?? '',
      size: head?.size ?? 0,
      root: head?.root ?? '',
      checkpoint: head?.checkpoint ?? '',
      ok: log.fault === undefined && verified?.verdict !== 'FAIL' && !stopped,
      ...(head === undefined ? {} : { checkpointAt: new Date(head.signedAtMs).toISOString() }),
      ...(log.fault === undefined ? {} : { fault: log.fault.message }),
      signing: { place, durable, signed, ...(fault === undefined ? {} : { fault }) },
      ...(witnessing === undefined ? {} : { witnessed: witnessedView(witnessing) }),
      openAlarms: alarms.filter(({ acknowledged }) => acknowledged === undefined).length,
      stopped,
      ...(verified === undefined ? {} : { verified }),
    };
  };
  const verify = async (by: string): Promise<LogVerificationView> => {
    await log.sync();
    const report = await verifyInThread(log.directory);
    const at = new Date(nowMs()).toISOString();
    verified = { at, verdict: report.verdict, by };
    return verificationView(report, at);
  };
  return {
    health: async () => {
      const { root: _root, checkpoint: _checkpoint, ...rest } = await health();
      return rest;
    },
    status: async () => {
      const { keys, alarms, witnessing } = log.published.status;
      const lists = { keys: [...keys], alarms: [...alarms], witnesses: [...(witnessing?.witnesses ?? [])] };
      return { ...(await health()), ...lists, verifierKey: log.verifierKey };
    },
    witnessed: () => readWitnessed(log.directory),
    acknowledge: async (alarm, by) => (await log.published.acknowledge(alarm, by)) !== undefined,
    rotate: (by, overlapMs) => log.published.rotate(by, overlapMs),
    entries: async (start, limit) => {
      const entries = await readLogEntries(log.directory, start, limit);
      const known = await names(entries.flatMap(({ text }) => idsIn(text)));
      return entries.map((entry) => entryView(entry, known));
    },
    verify: (by) => {
      running ??= verify(by).finally(() => (running = undefined));
      return running;
    },
  };
}

function witnessedView({ size, at }: { readonly size: number; readonly at?: string }) {
  return { size, ...(at === undefined ? {} : { at }) };
}

function entryView(
  { index, text }: { readonly index: number; readonly text: string },
  known: ReadonlyMap<string, string>,
): LogEntryView {
  const { kind, at } = members(text);
  const names = idsIn(text).flatMap((id) => {
    const name = known.get(id);
    return name === undefined ? [] : [[id, name] as const];
  });
  const named = names.length === 0 ? {} : { names: Object.fromEntries(names) };
  return { index, kind: textOf(kind), at: textOf(at), text, ...named };
}

function textOf(member: unknown): string {
  return typeof member === 'string' ? member : '';
}

/** An altered entry says nothing that can be shown beside it. */
function members(text: string): { readonly kind?: unknown; readonly at?: unknown } {
  try {
    return JSON.parse(text) as { readonly kind?: unknown; readonly at?: unknown };
  } catch {
    return {};
  }
}

function verificationView(report: VerifyReport, at: string): LogVerificationView {
  const more = report.moreFindings > 0 ? [`and ${report.moreFindings} more`] : [];
  return {
    verdict: report.verdict,
    at,
    findings: [...report.findings.map(described), ...more],
    sessions: report.totals.sessions,
    entries: report.totals.logEntries,
  };
}

function described({ file, line, offset, message }: Finding): string {
  const place = line === undefined ? (offset === undefined ? '' : ` at byte ${offset}`) : `:${line}`;
  return `${file}${place}: ${message}`;
}
