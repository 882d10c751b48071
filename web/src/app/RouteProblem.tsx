import { Page } from '../ui/Page.tsx';
import { Problem } from '../ui/Problem.tsx';

/** A page that failed to load or to draw. After an update of the gateway its old files are gone: loading anew helps. */
export function RouteProblem({ error }: { readonly error: unknown }) {
  return (
    <Page title="This page failed" narrow>
      <Problem error={error} onRetry={() => location.reload()} />
    </Page>
  );
}
