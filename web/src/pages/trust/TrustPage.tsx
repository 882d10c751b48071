import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function TrustPage() {
  return (
    <Page title="Trust">
      <Skeleton lines={6} />
    </Page>
  );
}
