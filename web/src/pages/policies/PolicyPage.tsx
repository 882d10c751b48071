import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function PolicyPage() {
  return (
    <Page title="Policy">
      <Skeleton lines={6} />
    </Page>
  );
}
