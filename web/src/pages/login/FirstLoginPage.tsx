import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call, get } from '../../api/client.ts';
import { paths } from '../../paths.ts';
import { Button } from '../../ui/Button.tsx';
import { Command } from '../../ui/EmptyState.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { useGo, useSearchState } from '../../ui/routing.tsx';
import { OutsidePage } from './OutsidePage.tsx';

/** The one-time link: opening it uses nothing up, pressing the button does. */
export function FirstLoginPage() {
  const [search] = useSearchState();
  const code = search['code'] ?? '';
  const look = useQuery({
    queryKey: ['login', 'first', code],
    queryFn: ({ signal }) =>
      // On the way out the address has no code any more.
      code === '' ? { good: false } : get<{ good: boolean }>('/v1/login/first', { code }, signal),
  });
  return (
    <OutsidePage title="Become the administrator">
      <Loaded query={look} skeleton={<div className="skeleton h-11 w-full" />}>
        {({ good }) => (good ? <UseCode code={code} /> : <NotGood />)}
      </Loaded>
    </OutsidePage>
  );
}

function UseCode({ code }: { readonly code: string }) {
  const go = useGo();
  const queries = useQueryClient();
  const use = useMutation({
    mutationFn: () => call('POST', '/v1/login/first', { body: { code } }),
    onSuccess: () => {
      queries.clear();
      go(paths.overview(), { replace: true });
    },
  });
  return (
    <div className="grid gap-3">
      <p>This link is good once. It logs this browser in as the local administrator of the gateway.</p>
      <Button variant="primary" size="lg" className="w-full" busy={use.isPending} onClick={() => use.mutate()}>
        Log in as administrator
      </Button>
      {use.error !== null && <Problem error={use.error} />}
    </div>
  );
}

function NotGood() {
  return (
    <div className="grid justify-items-start gap-3">
      <p>This link was used, is too old, or never was one.</p>
      <p className="text-muted">Whoever has the administrator's token can make another:</p>
      <Command text="chaperone open --admin" />
    </div>
  );
}
