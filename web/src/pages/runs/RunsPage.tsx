import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function RunsPage() {
  return (
    <Page title="Runs">
      <Skeleton lines={6} />
    </Page>
  );
}
