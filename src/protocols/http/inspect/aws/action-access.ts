import type { Access } from '../../../../model/request.ts';

/** What an action does, as far as its name says; what is not known to read is taken for a write. */
export function accessOf(action: string): Access {
  const [service = '', name = ''] = action.split(':');
  if (isCredential(action)) return 'admin';
  if (READS.test(name)) return 'read';
  return ADMINISTRATION.has(service) || RIGHTS.test(name) ? 'admin' : 'write';
}

/** True of what is answered by something that lets its holder into AWS past the gateway. */
export function isCredential(action: string): boolean {
  return CREDENTIALS.has(action) || /^sts:(?:AssumeRole|Get(?:Session|Federation|.*Access)Token)/.test(action);
}

const READS =
  /^(?:Get|List|Describe|Head|BatchGet|BatchDescribe|Query|Scan|Search|Lookup|Select|Simulate|Estimate|TransactGet|GET)(?![a-z])/;

/** Whatever they change are roles and rights. */
const ADMINISTRATION: ReadonlySet<string> = new Set([
  'iam',
  'organizations',
  'sts',
  'sso',
  'sso-admin',
  'identitystore',
]);
const RIGHTS =
  /(?:Policy|Permission|Permissions|Grant|Acl|PublicAccessBlock|OwnershipControls)$|^(?:AddPermission|RemovePermission|CreateFunctionUrlConfig)/;

const CREDENTIALS: ReadonlySet<string> = new Set([
  'iam:CreateAccessKey',
  'iam:CreateLoginProfile',
  'iam:CreateServiceSpecificCredential',
  'ecr:GetAuthorizationToken',
  'ecr-public:GetAuthorizationToken',
  'codeartifact:GetAuthorizationToken',
  'cognito-identity:GetCredentialsForIdentity',
  'cognito-identity:GetOpenIdToken',
  'cognito-identity:GetOpenIdTokenForDeveloperIdentity',
  'redshift:GetClusterCredentials',
  'redshift:GetClusterCredentialsWithIAM',
  'redshift-serverless:GetCredentials',
  'sso:GetRoleCredentials',
  's3:CreateSession',
  's3:GetDataAccess',
]);
