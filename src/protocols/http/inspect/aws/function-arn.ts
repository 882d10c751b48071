import { type AwsAsked, arn } from './aws-asked.ts';

/** The ARN of a function of Lambda by `name`, `name:version`, `account:function:name` or itself; undefined of other names. */
export function functionArn(name: string, asked: AwsAsked): string | undefined {
  if (name.startsWith('arn:')) return name;
  const [, account, own] = /^(\d{12}):function:([A-Za-z0-9_-]+(?::[A-Za-z0-9_$-]+)?)$/.exec(name) ?? [];
  if (own !== undefined) return arn(asked, 'lambda', `function:${own}`).replace('::', `:${account}:`);
  return /^[A-Za-z0-9_-]+(?::[A-Za-z0-9_$-]+)?$/.test(name) ? arn(asked, 'lambda', `function:${name}`) : undefined;
}
