import { useRef, useState } from 'react';
import { paths } from '../../paths.ts';
import { announce } from '../../ui/Announcer.tsx';
import { Button } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { Field, Select } from '../../ui/Field.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { AppLink } from '../../ui/routing.tsx';
import { incomplete, type Report, type Verdict, verdictOf } from '../../verify/report.ts';
import { verifySession } from '../../verify/verify-session.ts';
import { readPin } from './pin.ts';
import { fetchEvidence, newestSessions } from './queries.ts';
import { Mark } from './StepList.tsx';
import { VerdictLine } from './VerdictLine.tsx';

interface Row {
  readonly id: string;
  readonly principal: string;
  /** Absent while it is checked. */
  readonly report?: Report;
}

/** Checks the newest sessions, one after the other. */
export function VerifyNewest() {
  const [count, setCount] = useState('10');
  const { rows, state, problem, start, stop } = useNewest();
  const done = rows.flatMap(({ report }) => (report === undefined ? [] : [report.verdict]));
  return (
    <div className="grid gap-3">
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          void start(Number(count));
        }}
      >
        <div className="w-40">
          <Field label="How many">
            {(control) => (
              <Select {...control} value={count} onChange={(event) => setCount(event.target.value)}>
                {['10', '50', '200'].map((value) => (
                  <option key={value} value={value}>
                    The newest {value}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        {state === 'running' ? (
          <Button onClick={stop}>Stop</Button>
        ) : (
          <Button type="submit" variant="primary">
            Verify
          </Button>
        )}
      </form>
      {problem !== undefined && <Problem error={problem} />}
      {state === 'done' && <Summary verdicts={done} />}
      {rows.length > 0 && (
        <ul aria-label="Sessions that were verified" className="divide-y divide-line border-y border-line">
          {rows.map((row) => (
            <NewestRow key={row.id} row={row} />
          ))}
        </ul>
      )}
    </div>
  );
}

function useNewest() {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [state, setState] = useState<'idle' | 'running' | 'done'>('idle');
  const [problem, setProblem] = useState<unknown>();
  const stopped = useRef(false);
  async function start(count: number): Promise<void> {
    stopped.current = false;
    setRows([]);
    setProblem(undefined);
    setState('running');
    const knownKey = readPin(localStorage)?.verifierKey;
    try {
      for (const { id, principal } of await newestSessions(count)) {
        if (stopped.current) break;
        setRows((before) => [...before, { id, principal }]);
        const report = await verifyOne(id, knownKey);
        setRows((before) => before.map((row) => (row.id === id ? { ...row, report } : row)));
      }
      announce('Verification of the newest sessions is over');
    } catch (cause) {
      setProblem(cause);
    }
    setState('done');
  }
  return { rows, state, problem, start, stop: () => (stopped.current = true) };
}

/** One that cannot be fetched is incomplete; the others are checked all the same. */
async function verifyOne(id: string, knownKey: string | undefined): Promise<Report> {
  try {
    return await verifySession(await fetchEvidence(id), { session: id, ...(knownKey !== undefined && { knownKey }) });
  } catch (cause) {
    const findings = [incomplete(cause instanceof Error ? cause.message : String(cause))];
    return { verdict: 'INCOMPLETE', steps: [{ id: 'evidence', title: 'Evidence', verdict: 'INCOMPLETE', findings }] };
  }
}

function NewestRow({ row: { id, principal, report } }: { readonly row: Row }) {
  const first = report?.steps.flatMap(({ findings }) => findings)[0];
  return (
    <li className="grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-2 py-1.5">
      <Mark verdict={report?.verdict} />
      <div className="flex min-w-0 flex-wrap items-baseline gap-x-4">
        <AppLink
          href={`${paths.log()}?session=${encodeURIComponent(id)}`}
          className="font-mono text-[0.94em] underline"
        >
          {id}
        </AppLink>
        <span className="min-w-0 truncate text-muted">
          <Visible text={principal} />
        </span>
        {first !== undefined && (
          <span className={first.severity === 'fail' ? 'text-deny' : 'text-hold'}>
            {first.line !== undefined && `line ${first.line}: `}
            <Visible text={first.message} />
          </span>
        )}
      </div>
    </li>
  );
}

function Summary({ verdicts }: { readonly verdicts: readonly Verdict[] }) {
  const count = (verdict: Verdict) => verdicts.filter((one) => one === verdict).length;
  const all = verdictOf([
    ...(count('FAIL') > 0 ? [{ severity: 'fail' as const }] : []),
    ...(count('INCOMPLETE') > 0 ? [{ severity: 'incomplete' as const }] : []),
  ]);
  return (
    <VerdictLine verdict={verdicts.length === 0 ? 'INCOMPLETE' : all}>
      {verdicts.length === 0
        ? 'There are no sessions on this gateway yet.'
        : `${count('PASS')} of ${verdicts.length} passed, ${count('FAIL')} failed, ${count('INCOMPLETE')} incomplete.`}
    </VerdictLine>
  );
}
