import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function TargetPage() {
  return (
    <Page title="Target">
      <Skeleton lines={6} />
    </Page>
  );
}
