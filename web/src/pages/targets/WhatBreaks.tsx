import { useQuery } from '@tanstack/react-query';
import type { ConfigurationObject } from '../../api/types.ts';
import { objectsQuery } from '../../parts/configuration/queries.ts';
import { yamlField } from '../../parts/configuration/yaml-field.ts';
import { Mono } from '../../ui/Code.tsx';

/** The rules that name a target, and would let nobody in any more. */
export function WhatBreaks({ target }: { readonly target: string }) {
  const policies = useQuery(objectsQuery('policy')).data ?? [];
  const trust = useQuery(objectsQuery('trust')).data ?? [];
  const named = [...trust, ...policies].filter(({ text }) => yamlField(text, 'targets').includes(target));
  return (
    <div className="grid gap-2">
      <p>Its live sessions end, and no job is let into it any more.</p>
      {named.length > 0 && (
        <>
          <p>These rules name it:</p>
          <ul className="list-disc pl-5">
            {named.map((object) => (
              <Named key={`${object.kind} ${object.name}`} object={object} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Named({ object: { kind, name } }: { readonly object: ConfigurationObject }) {
  return (
    <li>
      {kind === 'trust' ? 'trust rule' : kind} <Mono text={name} />
    </li>
  );
}
