import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan, useMe } from '../../parts/me.ts';
import { Button } from '../../ui/Button.tsx';
import { Mono } from '../../ui/Code.tsx';
import { Copy } from '../../ui/Copy.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Checkbox, Field, Input, Select } from '../../ui/Field.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { createToken } from './queries.ts';
import { SCOPE_WORDS } from './scope-words.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const LASTING = [
  { days: '1', label: 'a day' },
  { days: '7', label: 'a week' },
  { days: '30', label: '30 days' },
  { days: '90', label: '90 days' },
  { days: '365', label: 'a year' },
  { days: 'never', label: 'never (not advised)' },
];

/** Makes a token, and shows it the one time that it can be seen. */
export function NewTokenDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  if (!open) return null;
  return <Making onClose={onClose} />;
}

function Making({ onClose }: { readonly onClose: () => void }) {
  const me = useMe();
  const isPerson = me?.kind === 'person';
  const mayMakeAny = useCan('tokens:write');
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const [days, setDays] = useState('30');
  const [personal, setPersonal] = useState(!mayMakeAny);
  const queries = useQueryClient();
  const make = useMutation({
    mutationFn: () => {
      const expiresAt = days === 'never' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
      return createToken({ name: name.trim(), scopes, expiresAt, personal });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['tokens'] }),
    gcTime: 0,
  });
  if (make.data !== undefined) return <Shown token={make.data.token} name={name} onClose={onClose} />;
  const offered = Object.keys(SCOPE_WORDS).filter((scope) => me?.scopes.includes(scope));
  return (
    <Dialog
      open
      onClose={onClose}
      title="New token"
      wide
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            busy={make.isPending}
            disabled={name.trim() === '' || scopes.length === 0}
            onClick={() => make.mutate()}
          >
            Create
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <div className="grid items-start gap-4 sm:grid-cols-[minmax(0,1fr)_12rem]">
          <Field label="Name" hint="What it is for; it stands in the log.">
            {(control) => (
              <Input {...control} value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
            )}
          </Field>
          <Lasting days={days} onChange={setDays} />
        </div>
        {isPerson && (
          <Checkbox checked={personal} disabled={!mayMakeAny} onChange={(event) => setPersonal(event.target.checked)}>
            My own: it ends with my access, and never does more than I may
          </Checkbox>
        )}
        <ScopeChoice offered={offered} chosen={scopes} onChange={setScopes} />
        {make.error !== null && <Problem error={make.error} />}
      </div>
    </Dialog>
  );
}

function Lasting({ days, onChange }: { readonly days: string; readonly onChange: (days: string) => void }) {
  return (
    <Field label="Expires after">
      {(control) => (
        <Select {...control} value={days} onChange={(event) => onChange(event.target.value)}>
          {LASTING.map((each) => (
            <option key={each.days} value={each.days}>
              {each.label}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

interface ScopeChoiceProps {
  /** What the maker may do, and so may give. */
  readonly offered: readonly string[];
  readonly chosen: readonly string[];
  readonly onChange: (scopes: readonly string[]) => void;
}

function ScopeChoice({ offered, chosen, onChange }: ScopeChoiceProps) {
  return (
    <fieldset className="grid gap-x-6 sm:grid-cols-2">
      <legend className="pb-1 text-sm font-medium">What it may do</legend>
      {offered.map((scope) => (
        <Checkbox
          key={scope}
          className="py-0.5"
          checked={chosen.includes(scope)}
          onChange={(event) =>
            onChange(event.target.checked ? [...chosen, scope] : chosen.filter((each) => each !== scope))
          }
        >
          {SCOPE_WORDS[scope]}
        </Checkbox>
      ))}
    </fieldset>
  );
}

function Shown({
  token,
  name,
  onClose,
}: {
  readonly token: string;
  readonly name: string;
  readonly onClose: () => void;
}) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={`The token ${name}`}
      footer={
        <Button variant="primary" onClick={onClose}>
          I have it
        </Button>
      }
    >
      <div className="grid gap-3">
        <p>This is the only time that it can be seen. Put it where your secrets are.</p>
        <div className="flex items-center gap-1 rounded-md border border-line bg-sunken py-1 pr-1 pl-3">
          <span className="min-w-0 grow break-all">
            <Mono text={token} />
          </span>
          <Copy text={token} label="Copy the token" />
        </div>
        <p className="text-sm text-muted">
          A program sends it as <code className="font-mono">Authorization: Bearer …</code>; the CLI takes it from{' '}
          <code className="font-mono">CHAPERONE_TOKEN</code>.
        </p>
      </div>
    </Dialog>
  );
}
