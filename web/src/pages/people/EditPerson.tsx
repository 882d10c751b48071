import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem } from '../../api/problem.ts';
import type { Role } from '../../api/types.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox, Field, Input } from '../../ui/Field.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { useToast } from '../../ui/Toast.tsx';
import { editPerson, type PersonVersion } from './queries.ts';
import { ROLE_WORDS, ROLES } from './roles.ts';

/** What is given here, beside what the provider says. */
export function EditPerson({
  version: { person, etag },
  isMe,
}: {
  readonly version: PersonVersion;
  readonly isMe: boolean;
}) {
  const [roles, setRoles] = useState<readonly Role[]>(person.localRoles);
  const [groups, setGroups] = useState(person.localGroups.join(', '));
  const [handles, setHandles] = useState(person.localHandles.join(', '));
  const [isSure, setIsSure] = useState(false);
  const queries = useQueryClient();
  const say = useToast();
  const save = useMutation({
    mutationFn: () =>
      editPerson(person.id, etag, { localRoles: roles, localGroups: namesIn(groups), localHandles: namesIn(handles) }),
    onSuccess: () => say(`Saved ${person.login}`, 'permit'),
    // After a conflict too: the form then shows what is there now.
    onSettled: () => queries.invalidateQueries({ queryKey: ['people'] }),
  });
  const losesAdmin =
    isMe && person.roles.includes('admin') && !person.claimedRoles.includes('admin') && !roles.includes('admin');
  const isChanged =
    roles.length !== person.localRoles.length ||
    roles.some((role) => !person.localRoles.includes(role)) ||
    groups !== person.localGroups.join(', ') ||
    handles !== person.localHandles.join(', ');
  return (
    <Section title="Given here">
      <form
        className="grid max-w-3xl gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <RoleChoices claimed={person.claimedRoles} chosen={roles} onChange={setRoles} />
        <Field label="Groups" hint="Separated by commas. Policies name the group whose people are asked.">
          {(control) => <Input {...control} value={groups} onChange={(event) => setGroups(event.target.value)} />}
        </Field>
        <Field
          label="Handles"
          hint="How CI systems and channels know them: github:octocat, slack:U024BE7LH. Nobody approves a run of their own."
        >
          {(control) => (
            <Input
              {...control}
              value={handles}
              spellCheck={false}
              onChange={(event) => setHandles(event.target.value)}
            />
          )}
        </Field>
        {losesAdmin && <LosesAdmin isSure={isSure} onSure={setIsSure} />}
        {save.error !== null && <SaveProblem error={save.error} />}
        <div className="flex gap-2">
          <Button
            type="submit"
            variant="primary"
            busy={save.isPending}
            disabled={!isChanged || (losesAdmin && !isSure)}
          >
            Save
          </Button>
        </div>
      </form>
    </Section>
  );
}

interface RoleChoicesProps {
  readonly claimed: readonly Role[];
  readonly chosen: readonly Role[];
  readonly onChange: (roles: readonly Role[]) => void;
}

function RoleChoices({ claimed, chosen, onChange }: RoleChoicesProps) {
  return (
    <fieldset className="grid gap-2">
      <legend className="pb-1 text-sm font-medium">Roles</legend>
      {ROLES.map((role) => (
        <RoleChoice key={role} role={role} isClaimed={claimed.includes(role)} chosen={chosen} onChange={onChange} />
      ))}
    </fieldset>
  );
}

function LosesAdmin({ isSure, onSure }: { readonly isSure: boolean; readonly onSure: (isSure: boolean) => void }) {
  return (
    <div role="alert" className="rounded-md border border-hold bg-hold-soft px-3 py-2">
      <p>You are taking the role admin from yourself: you will not be able to give it back.</p>
      <Checkbox checked={isSure} onChange={(event) => onSure(event.target.checked)}>
        I know, and somebody else has it
      </Checkbox>
    </div>
  );
}

interface RoleChoiceProps {
  readonly role: Role;
  readonly isClaimed: boolean;
  readonly chosen: readonly Role[];
  readonly onChange: (roles: readonly Role[]) => void;
}

function RoleChoice({ role, isClaimed, chosen, onChange }: RoleChoiceProps) {
  return (
    <div className="grid gap-x-3 sm:grid-cols-[8rem_minmax(0,1fr)]">
      <Checkbox
        checked={chosen.includes(role)}
        onChange={(event) =>
          onChange(event.target.checked ? [...chosen, role] : chosen.filter((each) => each !== role))
        }
      >
        {role}
      </Checkbox>
      <span className="text-sm text-muted">
        {ROLE_WORDS[role]}
        {isClaimed && ' They have it from the provider already.'}
      </span>
    </div>
  );
}

function SaveProblem({ error }: { readonly error: unknown }) {
  if (!(error instanceof ApiProblem) || error.status !== 412) return <Problem error={error} />;
  return (
    <p role="alert" className="rounded-md border border-hold bg-hold-soft px-3 py-2">
      Somebody else changed this person while you were editing; nothing of yours was saved. The form now shows what they
      have.
    </p>
  );
}

function namesIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
