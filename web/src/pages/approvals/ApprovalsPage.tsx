import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function ApprovalsPage() {
  return (
    <Page title="Approvals">
      <Skeleton lines={6} />
    </Page>
  );
}
