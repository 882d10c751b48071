import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function TargetsPage() {
  return (
    <Page title="Targets">
      <Skeleton lines={6} />
    </Page>
  );
}
