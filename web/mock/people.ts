import { ROLE_SCOPES } from '../../src/model/person.ts';
import type { DeviceLogin, Me, Person } from '../src/api/types.ts';
import { Answered, type Route, route } from './route.ts';
import type { World } from './world.ts';

/** Login, people, devices. */
export function peopleRoutes(world: World): readonly Route[] {
  const device: DeviceLogin = {
    userCode: 'WDJB-MJHT',
    name: 'chaperone on build-laptop',
    requestedAt: new Date(world.now).toISOString(),
    from: '203.0.113.7',
    state: 'pending',
  };
  return [
    route('GET', '/v1/me', (): Me => {
      if (!world.loggedIn) throw new Answered(401, 'Log in first');
      const person = world.people[0] as Person;
      const scopes = [...new Set(person.roles.flatMap((role) => ROLE_SCOPES[role]))];
      return { kind: 'person', name: person.login, scopes, person, csrf: 'mock' };
    }),
    route('GET', '/v1/login', () => ({ provider: 'Example Login', demo: true })),
    route('GET', '/v1/login/start', ({ query, response }) => {
      world.loggedIn = true;
      response.writeHead(302, { location: query.get('return_to') ?? '/' }).end();
    }),
    route('GET', '/v1/login/first', () => ({ good: true })),
    route('POST', '/v1/login/first', () => {
      world.loggedIn = true;
    }),
    route('POST', '/v1/logout', () => {
      world.loggedIn = false;
    }),
    route('GET', '/v1/login/device/:userCode', ({ parts: [code] }) => {
      if (code !== device.userCode)
        throw new Answered(404, 'There is no such code', { hint: 'Codes last ten minutes.' });
      return device;
    }),
    route('POST', '/v1/login/device/:userCode', ({ body }) => {
      device.state = (body as { answer: string }).answer === 'approve' ? 'approved' : 'denied';
      return device;
    }),
    route('GET', '/v1/people', () => ({ items: world.people })),
    route('GET', '/v1/people/:person', ({ parts: [id], response }) => {
      const person = world.people.find((each) => each.id === id);
      if (person === undefined) throw new Answered(404, 'There is no such person');
      response.setHeader('etag', `"${JSON.stringify(person).length}"`);
      return person;
    }),
    route('PATCH', '/v1/people/:person', ({ parts: [id], body, request, response }) => {
      const person = world.people.find((each) => each.id === id);
      if (person === undefined) throw new Answered(404, 'There is no such person');
      if (request.headers['if-match'] !== `"${JSON.stringify(person).length}"`) throw new Answered(412, 'Changed');
      Object.assign(person, body);
      person.roles = [...new Set([...person.claimedRoles, ...person.localRoles])];
      person.groups = [...new Set([...person.claimedGroups, ...person.localGroups])];
      response.setHeader('etag', `"${JSON.stringify(person).length}"`);
      return person;
    }),
    route('DELETE', '/v1/people/:person/sessions', () => ({ ended: 2 })),
  ];
}
