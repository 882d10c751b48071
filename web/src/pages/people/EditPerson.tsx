import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem } from '../../api/problem.ts';
import type { Role } from '../../api/types.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox, Field, Input } from '../../ui/Field.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { useToast } from '../../ui/Toast.tsx';
import { editPerson, type PersonVersion, personQuery } from './queries.ts';
import { ROLE_WORDS, ROLES } from './roles.ts';

interface EditPersonProps {
  readonly version: PersonVersion;
  readonly isMe: boolean;
}

/** What is given here, beside what the provider says. What changes elsewhere takes no draft away, and none overwrites it. */
export function EditPerson({ version, isMe }: EditPersonProps) {
  const [base, setBase] = useState(version);
  const { person, etag } = base;
  const [roles, setRoles] = useState<readonly Role[]>(person.localRoles);
  const [groups, setGroups] = useState(person.localGroups.join(', '));
  const [handles, setHandles] = useState(person.localHandles.join(', '));
  const [isSure, setIsSure] = useState(false);
  const queries = useQueryClient();
  const say = useToast();
  const save = useMutation({
    mutationFn: () =>
      editPerson(person.id, etag, { localRoles: roles, localGroups: namesIn(groups), localHandles: namesIn(handles) }),
    onSuccess: async (saved) => {
      const { queryKey } = personQuery(person.id);
      await queries.cancelQueries({ queryKey });
      queries.setQueryData(queryKey, saved);
      take(saved);
      say(`Saved ${person.login}`, 'permit');
    },
    // After a conflict too: the form then offers what is there now.
    onSettled: () => queries.invalidateQueries({ queryKey: ['people'] }),
  });
  const take = (now: PersonVersion) => {
    setBase(now);
    setRoles(now.person.localRoles);
    setGroups(now.person.localGroups.join(', '));
    setHandles(now.person.localHandles.join(', '));
    setIsSure(false);
  };
  const losesAdmin =
    isMe && person.roles.includes('admin') && !person.claimedRoles.includes('admin') && !roles.includes('admin');
  const isChanged =
    !isSame(roles, person.localRoles) ||
    groups !== person.localGroups.join(', ') ||
    handles !== person.localHandles.join(', ');
  const isOutdated = version.etag !== etag;
  if (isOutdated && !isChanged && !save.isPending) take(version);
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
        <Names groups={groups} handles={handles} onGroups={setGroups} onHandles={setHandles} />
        {losesAdmin && <LosesAdmin isSure={isSure} onSure={setIsSure} />}
        {isOutdated && isChanged && <Outdated onTake={() => take(version)} />}
        {save.error !== null && !isConflict(save.error) && <Problem error={save.error} />}
        <div className="flex gap-2">
          <Button
            type="submit"
            variant="primary"
            busy={save.isPending}
            disabled={!isChanged || isOutdated || (losesAdmin && !isSure)}
          >
            Save
          </Button>
        </div>
      </form>
    </Section>
  );
}

interface NamesProps {
  readonly groups: string;
  readonly handles: string;
  readonly onGroups: (text: string) => void;
  readonly onHandles: (text: string) => void;
}

function Names({ groups, handles, onGroups, onHandles }: NamesProps) {
  return (
    <>
      <Field label="Groups" hint="Separated by commas. Policies name the group whose people are asked.">
        {(control) => <Input {...control} value={groups} onChange={(event) => onGroups(event.target.value)} />}
      </Field>
      <Field
        label="Handles"
        hint="How CI systems and channels know them: github:octocat, slack:U024BE7LH. Nobody approves a run of their own."
      >
        {(control) => (
          <Input {...control} value={handles} spellCheck={false} onChange={(event) => onHandles(event.target.value)} />
        )}
      </Field>
    </>
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

function Outdated({ onTake }: { readonly onTake: () => void }) {
  return (
    <div role="alert" className="grid gap-2 rounded-md border border-hold bg-hold-soft px-3 py-2">
      <p>This person was changed elsewhere while you were editing. Nothing of yours was saved.</p>
      <div>
        <Button size="sm" onClick={onTake}>
          Drop mine, show theirs
        </Button>
      </div>
    </div>
  );
}

/** Told beside what there is now, once that is loaded. */
function isConflict(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 412;
}

function isSame(roles: readonly Role[], others: readonly Role[]): boolean {
  return roles.length === others.length && roles.every((role) => others.includes(role));
}

function namesIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
