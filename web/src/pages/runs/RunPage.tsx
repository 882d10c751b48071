import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function RunPage() {
  return (
    <Page title="Run">
      <Skeleton lines={6} />
    </Page>
  );
}
