import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call, get } from '../../api/client.ts';
import type { DeviceLogin } from '../../api/types.ts';
import { Button } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { Field, Input } from '../../ui/Field.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Facts, Page } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { useSearchState } from '../../ui/routing.tsx';
import { Time } from '../../ui/Time.tsx';

/** Where `chaperone login` sends somebody: they compare the code and let that terminal act in their name, or not. */
export function DevicePage() {
  const [search, change] = useSearchState();
  const code = search['code'];
  return (
    <Page
      title="Log in a terminal"
      narrow
      description="A program that you started, chaperone login for one, asks to act in your name."
    >
      {code === undefined ? <AskCode onCode={(value) => change({ code: value })} /> : <Device code={code} />}
    </Page>
  );
}

function AskCode({ onCode }: { readonly onCode: (code: string) => void }) {
  const [text, setText] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== '') onCode(text.trim().toUpperCase());
  };
  return (
    <form onSubmit={submit} className="grid max-w-xs gap-3">
      <Field label="Code" hint="As the terminal shows it.">
        {(control) => (
          <Input
            {...control}
            value={text}
            onChange={(event) => setText(event.target.value)}
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            className="font-mono tracking-widest uppercase"
          />
        )}
      </Field>
      <div>
        <Button type="submit" variant="primary">
          Continue
        </Button>
      </div>
    </form>
  );
}

function Device({ code }: { readonly code: string }) {
  const [, change] = useSearchState();
  const queries = useQueryClient();
  const path = `/v1/login/device/${encodeURIComponent(code)}`;
  const queryKey = ['login', 'device', code];
  const device = useQuery({
    queryKey,
    queryFn: ({ signal }) => get<DeviceLogin>(path, undefined, signal),
    retry: false,
  });
  const answer = useMutation({
    mutationFn: async (value: 'approve' | 'deny') =>
      (await call<DeviceLogin>('POST', path, { body: { answer: value } })).data,
    onSuccess: (data) => queries.setQueryData(queryKey, data),
  });
  return (
    <Loaded query={device}>
      {(data) => (
        <div className="grid gap-5">
          <Facts
            items={[
              ['Code', <Mono key="code" text={data.userCode} className="text-lg font-semibold tracking-widest" />],
              ['Program', <Visible key="name" text={data.name} />],
              ['Asks from', <Mono key="from" text={data.from} />],
              ['Asked', <Time key="at" at={data.requestedAt} />],
            ]}
          />
          {data.state === 'pending' ? (
            <>
              <p className="max-w-prose">
                Allow it only if you started it yourself just now, and your terminal shows this very code. It will be
                able to do what you may do, until its token expires.
              </p>
              <div className="flex gap-2">
                <Button variant="primary" busy={answer.isPending} onClick={() => answer.mutate('approve')}>
                  Allow
                </Button>
                <Button busy={answer.isPending} onClick={() => answer.mutate('deny')}>
                  Deny
                </Button>
              </div>
            </>
          ) : (
            <p role="status" className="font-medium">
              {OUTCOMES[data.state]}
            </p>
          )}
          {answer.error !== null && <Problem error={answer.error} />}
          <p>
            <button type="button" className="text-accent underline" onClick={() => change({ code: undefined })}>
              Another code
            </button>
          </p>
        </div>
      )}
    </Loaded>
  );
}

const OUTCOMES: Readonly<Record<Exclude<DeviceLogin['state'], 'pending'>, string>> = {
  approved: 'Allowed. The terminal goes on by itself; this page can be closed.',
  denied: 'Denied. The terminal was told no.',
  expired: 'Nobody answered in time. Start again in the terminal.',
};
