import type { PolicyExplanation } from '../../api/types.ts';
import { Visible } from '../../ui/Code.tsx';

type Operation = PolicyExplanation['operations'][number];

const ANALYSES: Readonly<Record<PolicyExplanation['analysis'], string>> = {
  recorded: 'Judged by what the gateway found in it then.',
  catalogue: 'Judged by the database as a session last read it.',
  text: 'Judged by its text alone: no session has read the database yet.',
  request: 'Judged by what the gateway would read in it.',
};

/** A decision, what it rests on, and what of a result would be masked. */
export function Explanation({ explanation }: { readonly explanation: PolicyExplanation }) {
  const { effect, code, reason, obligations, operations, results, analysis } = explanation;
  return (
    <div className="grid gap-4" role="status">
      <p>
        <span className={`font-medium ${effect === 'permit' ? 'text-permit' : 'text-deny'}`}>{effect}</span>{' '}
        <Visible text={effect === 'permit' ? obligations.join(', ') : `${code ?? ''}: ${reason ?? ''}`} />
      </p>
      {operations.map((operation, index) => (
        <OperationRules key={`${index} ${operation.name}`} operation={operation} />
      ))}
      {results.map((columns, index) => (
        <ResultColumns key={`result ${index}`} columns={columns} />
      ))}
      <p className="text-sm text-muted">{ANALYSES[analysis]}</p>
    </div>
  );
}

function OperationRules({ operation: { name, outcome, facts, rules } }: { readonly operation: Operation }) {
  return (
    <div className="grid gap-1">
      <h3 className="font-medium">
        <Visible text={name} />{' '}
        <span className={outcome === 'permit' ? 'text-permit' : 'text-deny'}>
          <Visible text={outcome} />
        </span>
      </h3>
      <ul aria-label="What it does" className="text-sm text-muted">
        {facts.map((fact) => (
          <li key={fact}>
            <Visible text={fact} />
          </li>
        ))}
      </ul>
      <ul aria-label="Rules" className="divide-y divide-line border-y border-line text-sm">
        {rules.map(({ name: rule, effect, result, why }) => (
          <li key={rule} className={`flex flex-wrap gap-x-2 py-1 ${result === 'not-matched' ? 'text-muted' : ''}`}>
            <span className="w-24">{result}</span>
            <span className="w-14">{effect}</span>
            <Visible text={why === undefined ? rule : `${rule}: ${why}`} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function ResultColumns({ columns }: { readonly columns: PolicyExplanation['results'][number] }) {
  if (columns === null) {
    return <p className="text-sm">The columns of the result cannot be told; where one is masked, all are.</p>;
  }
  return (
    <ul aria-label="Columns of the result" className="text-sm">
      {columns.map(({ name, mask }, index) => (
        <li key={`${index} ${name}`}>
          <Visible text={name} />:{' '}
          {mask === undefined ? 'clear' : <Visible text={`${mask.kind} (${mask.name}, class ${mask.class})`} />}
        </li>
      ))}
    </ul>
  );
}
