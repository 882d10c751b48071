import type { ClassifiedColumn } from '../../../src/model/target.ts';

/** Tables whose letters of Greek, numbers above 10^14 and years beyond 3000 must never be called clear. */
const CLASSIFIED = `
rental.address phone
rental.staff email password
rental.customer last_name email birthday secrets profile reach
rental.payment card
rental.customer_log old_email
orders.suppliers contact_name
orders.customers contact_name phone
orders.employees last_name birth_date home_phone salary
bank.accounts abalance owner iban
bank.closed_records remark
`;

/** The classified columns of the three schemas beside this file. */
export function classifiedColumns(): readonly ClassifiedColumn[] {
  return CLASSIFIED.trim()
    .split('\n')
    .flatMap((line) => {
      const [relation = '', ...columns] = line.split(' ');
      const [schema = '', table = ''] = relation.split('.');
      return columns.map((column) => ({ schema, table, column, class: 'planted' }));
    });
}
