import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { key } from '../../api/queries.ts';
import type { Classification, ClassProposal } from '../../api/types.ts';
import { objectQuery } from '../../parts/configuration/queries.ts';
import { SaveDialog } from '../../parts/configuration/SaveDialog.tsx';
import { usePlan } from '../../parts/configuration/use-plan.ts';
import { Badge, type Tone } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { Checkbox } from '../../ui/Field.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { useToast } from '../../ui/Toast.tsx';
import { addClassified, columnName } from './add-classified.ts';

const TONES: Readonly<Record<ClassProposal['confidence'], Tone>> = { high: 'permit', medium: 'hold', low: 'neutral' };

/** The proposals, each to be taken or left; what is taken goes the way of every change of the target. */
export function ProposedClasses({ target, found }: { readonly target: string; readonly found: Classification }) {
  const [taken, setTaken] = useState<ReadonlySet<string>>(() => new Set(found.proposals.filter(isSure).map(keyOf)));
  const [reviewing, setReviewing] = useState(false);
  const [saved, setSaved] = useState<ReadonlySet<string>>(new Set());
  const open = found.proposals.filter((one) => !saved.has(keyOf(one)));
  const chosen = open.filter((one) => taken.has(keyOf(one)) && nameOf(one) !== undefined);
  const choose = (one: ClassProposal, isTaken: boolean) => {
    const next = new Set(taken);
    if (isTaken) next.add(keyOf(one));
    else next.delete(keyOf(one));
    setTaken(next);
  };
  return (
    <div className="grid min-w-0 gap-3">
      <ul aria-label="Proposed classes" className="divide-y divide-line border-y border-line">
        {open.map((one) => (
          <ProposalItem
            key={keyOf(one)}
            proposal={one}
            isTaken={taken.has(keyOf(one))}
            onChoose={(isTaken) => choose(one, isTaken)}
          />
        ))}
      </ul>
      <div className="flex flex-wrap items-center gap-2">
        <Button variant="primary" disabled={chosen.length === 0} onClick={() => setReviewing(true)}>
          Review {chosen.length} {chosen.length === 1 ? 'column' : 'columns'}…
        </Button>
        <Button disabled={taken.size === 0} onClick={() => setTaken(new Set())}>
          Take none
        </Button>
      </div>
      {reviewing && (
        <SaveProposals
          target={target}
          chosen={chosen}
          onClose={() => setReviewing(false)}
          onSaved={() => {
            setSaved(new Set([...saved, ...chosen.map(keyOf)]));
            setReviewing(false);
          }}
        />
      )}
    </div>
  );
}

interface ProposalItemProps {
  readonly proposal: ClassProposal;
  readonly isTaken: boolean;
  readonly onChoose: (isTaken: boolean) => void;
}

function ProposalItem({ proposal, isTaken, onChoose }: ProposalItemProps) {
  const { schema, table, column, type, class: of, confidence, why, shape } = proposal;
  const isNamed = nameOf(proposal) !== undefined;
  return (
    <li className="grid min-w-0 gap-1 py-2">
      <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
        <Checkbox
          checked={isTaken && isNamed}
          disabled={!isNamed}
          onChange={({ target: { checked } }) => onChoose(checked)}
          className="min-w-0 [&>span]:min-w-0 [&>span]:break-all"
        >
          <Mono text={`${schema}.${table}.${column}`} />
        </Checkbox>
        <Badge tone="mask">
          <Visible text={of} />
        </Badge>
        <Badge tone={TONES[confidence]}>{confidence}</Badge>
      </div>
      <p className="min-w-0 pl-6 text-sm break-words text-muted">
        <Visible text={type} />
        {shape !== undefined && (
          <>
            {' '}
            like <Mono text={shape} />
          </>
        )}
        : <Visible text={`${why.join('; ')}.`} />
        {!isNamed && ' A declaration cannot name it, because a part of its name has a dot.'}
      </p>
    </li>
  );
}

interface SaveProposalsProps {
  readonly target: string;
  readonly chosen: readonly ClassProposal[];
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

/** The usual last look before a target is changed, over its declaration with the chosen columns added. */
function SaveProposals({ target, chosen, onClose, onSaved }: SaveProposalsProps) {
  const queries = useQueryClient();
  const say = useToast();
  const object = useQuery(objectQuery('target', target));
  const { text: before, etag } = object.data ?? {};
  const text = useMemo(() => before && addClassified(before, chosen.flatMap(named)), [before, chosen]);
  const change = useMemo(
    () => ({ kind: 'target' as const, name: target, text: text ?? '', ...(etag !== undefined && { etag }) }),
    [target, text, etag],
  );
  const { plan, problems, error } = usePlan(change, text !== undefined);
  if (object.error !== null || error !== undefined) return <Problem error={object.error ?? error} />;
  if (before === undefined) return null;
  if (text === undefined || problems.length > 0) {
    return (
      <p role="alert" className="text-deny">
        {problems[0]?.message ?? 'The declaration has a form that columns cannot be added to here.'} Add them by hand
        below.
      </p>
    );
  }
  return (
    <SaveDialog
      open
      change={change}
      before={before}
      plan={plan}
      onClose={onClose}
      onSaved={() => {
        void queries.invalidateQueries({ queryKey: key.targets });
        onSaved();
      }}
      onConflict={() => {
        say('Somebody else changed the target: review again', 'hold');
        void object.refetch();
        onClose();
      }}
    />
  );
}

function isSure({ confidence }: ClassProposal): boolean {
  return confidence !== 'low';
}

function keyOf({ schema, table, column }: ClassProposal): string {
  return JSON.stringify([schema, table, column]);
}

function nameOf({ schema, table, column }: ClassProposal): string | undefined {
  return columnName([schema, table, column]);
}

function named(proposal: ClassProposal) {
  const column = nameOf(proposal);
  return column === undefined ? [] : [{ column, class: proposal.class }];
}
