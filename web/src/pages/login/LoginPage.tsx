import { useQuery } from '@tanstack/react-query';
import { withQuery } from '../../api/client.ts';
import { gatewayQuery, loginWaysQuery } from '../../api/queries.ts';
import type { LoginWays } from '../../api/types.ts';
import { buttonClass } from '../../ui/Button.tsx';
import { classes } from '../../ui/class-names.ts';
import { Command } from '../../ui/EmptyState.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { useSearchState } from '../../ui/routing.tsx';
import { loginWords } from './login-words.ts';
import { OutsidePage } from './OutsidePage.tsx';

/** The login is the provider's; here is the way to it. */
export function LoginPage() {
  const ways = useQuery(loginWaysQuery);
  const gateway = useQuery(gatewayQuery).data;
  const [search] = useSearchState();
  const failed = loginWords(search['problem']);
  return (
    <OutsidePage title="Log in" note={gateway && `${new URL(gateway.url).host} · version ${gateway.version}`}>
      {failed !== undefined && (
        <p role="alert" className="rounded-md border border-deny bg-deny-soft p-3 text-deny">
          {failed}
        </p>
      )}
      <Loaded query={ways} skeleton={<div className="skeleton h-11 w-full" />}>
        {(data) => <Ways ways={data} returnTo={search['return_to']} />}
      </Loaded>
    </OutsidePage>
  );
}

function Ways({ ways, returnTo }: { readonly ways: LoginWays; readonly returnTo: string | undefined }) {
  if (ways.provider === undefined) return ways.demo ? <DemoLogin /> : <NotConfigured />;
  return (
    <div className="grid gap-3">
      {/* A link, not a form: a form's redirect to the provider is one that `form-action 'self'` forbids. */}
      <a
        href={withQuery('/v1/login/start', { return_to: returnTo })}
        className={classes(buttonClass('primary', 'lg'), 'w-full')}
      >
        Continue with {ways.provider}
      </a>
      {returnTo?.startsWith('/approvals/') && (
        <p className="text-sm text-muted">Then you are taken to the approval that you were asked for.</p>
      )}
    </div>
  );
}

function DemoLogin() {
  return (
    <div className="grid justify-items-start gap-3">
      <p>
        This is the demo: it has no login provider. In the folder where you started it, this logs you in as its
        administrator:
      </p>
      <Command text="npx chaperone open --admin" />
    </div>
  );
}

function NotConfigured() {
  return (
    <div className="grid justify-items-start gap-3">
      <p>No login provider is configured here, so nobody can log in this way yet.</p>
      <p className="text-muted">
        Any OpenID Connect provider will do; <code className="font-mono text-sm">docs/operating/people.md</code> shows
        how. Until then, whoever has the administrator's token can make a one-time link:
      </p>
      <Command text="chaperone open --admin" />
    </div>
  );
}
