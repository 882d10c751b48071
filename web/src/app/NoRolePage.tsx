import type { Me } from '../api/types.ts';
import { Visible } from '../ui/Code.tsx';
import { Page } from '../ui/Page.tsx';

/** For somebody who is logged in and may nothing here. */
export function NoRolePage({ me }: { readonly me: Me }) {
  return (
    <Page title="Nothing here for you yet" narrow>
      <div className="grid max-w-prose gap-3">
        <p>
          You are logged in as <Visible text={me.person?.login ?? me.name} />, and have neither a role nor a group at
          this gateway.
        </p>
        <p className="text-muted">
          An administrator gives roles and groups to people, under People. What they give holds at once; what your login
          provider says of you, from your next login on.
        </p>
      </div>
    </Page>
  );
}
