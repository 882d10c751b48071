import { ObjectEditor } from '../../parts/configuration/ObjectEditor.tsx';
import { paths } from '../../paths.ts';
import { Page } from '../../ui/Page.tsx';
import { AppLink, useGo } from '../../ui/routing.tsx';
import { TARGET_WORDS } from './target-words.ts';

const DRAFT = `targets:
  - name: 
    protocol: postgres
    address: db.internal:5432
    database: app
    credential:
      user: chaperone
      password: { env: APP_DB_PASSWORD }
    labels: {}
    classified: []
`;

export function NewTargetPage() {
  const go = useGo();
  return (
    <Page
      title="New target"
      above={<AppLink href={paths.targets()}>Targets</AppLink>}
      description="Give the password by reference (env, file), or once as text: then it is sealed, and never shown again."
    >
      <ObjectEditor
        kind="target"
        text={DRAFT}
        words={TARGET_WORDS}
        onSaved={(name) => go(paths.target(name), { replace: true })}
      />
    </Page>
  );
}
