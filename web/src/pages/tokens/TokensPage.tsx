import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function TokensPage() {
  return (
    <Page title="Tokens">
      <Skeleton lines={6} />
    </Page>
  );
}
