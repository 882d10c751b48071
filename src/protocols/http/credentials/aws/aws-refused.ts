import { type Refusal, Refused } from '../../../../model/refusal.ts';

/** A refusal that AWS has a word of its own for, by which its clients go. */
export class AwsRefused extends Refused {
  readonly awsCode: string;

  constructor(awsCode: string, refusal: Refusal) {
    super(refusal);
    this.awsCode = awsCode;
  }
}
