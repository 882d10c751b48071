import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function OverviewPage() {
  return (
    <Page title="Overview">
      <Skeleton lines={6} />
    </Page>
  );
}
