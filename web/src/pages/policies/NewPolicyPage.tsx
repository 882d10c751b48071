import { ObjectEditor } from '../../parts/configuration/ObjectEditor.tsx';
import { paths } from '../../paths.ts';
import { Page } from '../../ui/Page.tsx';
import { AppLink, useGo } from '../../ui/routing.tsx';
import { TryPolicy } from './TryPolicy.tsx';
import { usePolicyWords } from './use-policy-words.ts';

const DRAFT = `policies:
  - name: 
    principals: any
    targets: []
    operations: [read]
    effect: permit
`;

export function NewPolicyPage() {
  const go = useGo();
  return (
    <Page
      title="New policy"
      above={<AppLink href={paths.policies()}>Policies</AppLink>}
      description="Ctrl+Space shows what may stand where the cursor is."
    >
      <ObjectEditor
        kind="policy"
        text={DRAFT}
        words={usePolicyWords()}
        onSaved={(name) => go(paths.policy(name), { replace: true })}
        below={(text) => <TryPolicy text={text} />}
      />
    </Page>
  );
}
