import { useQuery } from '@tanstack/react-query';
import type { Person } from '../../api/types.ts';
import { ReadOnlyNote } from '../../parts/configuration/ReadOnlyNote.tsx';
import { useCan, useMe } from '../../parts/me.ts';
import { paths } from '../../paths.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { visible } from '../../ui/hostile.ts';
import { Loaded } from '../../ui/Loaded.tsx';
import { Facts, Page, Section } from '../../ui/Page.tsx';
import { AppLink, useParam } from '../../ui/routing.tsx';
import { Time } from '../../ui/Time.tsx';
import { Access } from './Access.tsx';
import { EditPerson } from './EditPerson.tsx';
import { personQuery } from './queries.ts';
import { ROLE_WORDS } from './roles.ts';

export function PersonPage() {
  const id = useParam('person');
  const query = useQuery(personQuery(id));
  const mayWrite = useCan('people:write');
  const isMe = useMe()?.person?.id === id;
  return (
    <Page title={visible(query.data?.person.login ?? id)} above={<AppLink href={paths.people()}>People</AppLink>}>
      <Loaded query={query}>
        {(version) => (
          <>
            <div className="grid gap-x-10 gap-y-6 lg:grid-cols-2">
              <About person={version.person} isMe={isMe} />
              <Sources person={version.person} />
            </div>
            {mayWrite ? (
              <>
                <EditPerson key={version.person.id} version={version} isMe={isMe} />
                <Access version={version} isMe={isMe} />
              </>
            ) : (
              <ReadOnlyNote />
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function About({ person, isMe }: { readonly person: Person; readonly isMe: boolean }) {
  return (
    <Section title="About">
      <Facts
        items={[
          ['Name', person.name === undefined ? undefined : <Visible key="name" text={person.name} />],
          ['E-mail', person.email === undefined ? undefined : <Visible key="email" text={person.email} />],
          ['Provider', <Mono key="issuer" text={person.issuer} />],
          ['First login', <Time key="first" at={person.createdAt} />],
          ['Last seen', person.lastSeenAt === undefined ? 'never' : <Time key="seen" at={person.lastSeenAt} />],
          [
            'State',
            person.disabled ? (
              <Badge key="state" tone="deny">
                shut out
              </Badge>
            ) : isMe ? (
              'active, and you'
            ) : (
              'active'
            ),
          ],
        ]}
      />
    </Section>
  );
}

/** What somebody has, and from where. */
function Sources({ person }: { readonly person: Person }) {
  return (
    <Section title="What they may do">
      <ul className="grid gap-1.5">
        {person.roles.map((role) => (
          <li key={role} className="grid gap-0.5">
            <span className="flex flex-wrap items-center gap-2">
              <Badge tone={role === 'admin' ? 'accent' : 'neutral'}>{role}</Badge>
              <span className="text-sm text-muted">{sourceOf(role, person.claimedRoles, person.localRoles)}</span>
            </span>
            <span className="text-sm text-muted">{ROLE_WORDS[role]}</span>
          </li>
        ))}
        {person.roles.length === 0 && <li className="text-muted">Nothing yet: they have no role.</li>}
      </ul>
      <Facts
        items={[
          [
            'Groups',
            <Names
              key="groups"
              names={person.groups}
              of={(name) => sourceOf(name, person.claimedGroups, person.localGroups)}
            />,
          ],
          [
            'Handles',
            person.handles.length === 0 ? undefined : (
              <Names
                key="handles"
                names={person.handles}
                of={(name) => sourceOf(name, [], person.localHandles, 'from a login or a channel')}
              />
            ),
          ],
        ]}
      />
    </Section>
  );
}

function Names({ names, of }: { readonly names: readonly string[]; readonly of: (name: string) => string }) {
  if (names.length === 0) return <span className="text-muted">none</span>;
  return (
    <span className="inline-flex flex-wrap gap-x-3 gap-y-1">
      {names.map((name) => (
        <span key={name}>
          <Mono text={name} /> <span className="text-sm text-muted">{of(name)}</span>
        </span>
      ))}
    </span>
  );
}

function sourceOf(name: string, claimed: readonly string[], local: readonly string[], otherwise = ''): string {
  if (claimed.includes(name)) return local.includes(name) ? 'from the provider, and given here' : 'from the provider';
  return local.includes(name) ? 'given here' : otherwise;
}
