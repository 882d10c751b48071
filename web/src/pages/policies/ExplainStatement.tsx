import { useMutation, useQuery } from '@tanstack/react-query';
import { CircleHelp } from 'lucide-react';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import type { PolicyExplanation } from '../../api/types.ts';
import { targetsQuery } from '../../parts/targets.ts';
import { Button } from '../../ui/Button.tsx';
import { Field, Input, Select, TextArea } from '../../ui/Field.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { Explanation } from './Explanation.tsx';

/** How the policies in force would decide a statement that nobody asked yet, rule by rule. */
export function ExplainStatement() {
  const targets = useQuery(targetsQuery).data ?? [];
  const [statement, setStatement] = useState('');
  const [named, setTarget] = useState<string>();
  const [who, setWho] = useState('');
  const target = named ?? targets[0]?.name ?? '';
  const isHttp = targets.find(({ name }) => name === target)?.protocol === 'http';
  const asked = useMutation({
    mutationFn: async () => {
      const body = { statement, target, as: fieldsOf(who) };
      const { data } = await call<PolicyExplanation>('POST', '/v1/policies/explain', { body });
      return data;
    },
  });
  const isAskable = statement.trim() !== '' && target !== '';
  return (
    <Section title="Why a statement is decided so">
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (isAskable) asked.mutate();
        }}
      >
        <Field
          label="Statement"
          {...(isHttp && { hint: 'A request: GET /customers/17; below it its fields, an empty line, and its body' })}
        >
          {(control) => (
            <TextArea
              {...control}
              className="font-mono"
              spellCheck={false}
              value={statement}
              onChange={(event) => setStatement(event.target.value)}
            />
          )}
        </Field>
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Target">
            {(control) => (
              <Select {...control} value={target} onChange={(event) => setTarget(event.target.value)}>
                {targets.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Who" hint="Fields of the principal: run.sourceRepositoryId=74, run.sourceRef=refs/heads/main">
            {(control) => <Input {...control} value={who} onChange={(event) => setWho(event.target.value)} />}
          </Field>
        </div>
        <div>
          <Button type="submit" icon={<CircleHelp />} busy={asked.isPending} disabled={!isAskable}>
            Explain
          </Button>
        </div>
      </form>
      {asked.error !== null && <Problem error={asked.error} />}
      {asked.data !== undefined && <Explanation explanation={asked.data} />}
    </Section>
  );
}

/** `run.sourceRef=refs/heads/main, run.actor=ada` */
function fieldsOf(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(/[,\n]/u).flatMap((part): [string, string][] => {
    const at = part.indexOf('=');
    return at < 1 ? [] : [[part.slice(0, at).trim(), part.slice(at + 1).trim()]];
  });
  return Object.fromEntries(pairs);
}
