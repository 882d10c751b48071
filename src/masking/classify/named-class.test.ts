import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SurveyedColumn } from '../../model/survey.ts';
import { wordsOf } from './name-words.ts';
import { namedClass } from './named-class.ts';

const column = (name: string, more: Partial<SurveyedColumn> = {}): SurveyedColumn => ({
  name,
  type: 'text',
  unique: false,
  readable: true,
  ...more,
});
const classOf = (name: string, table = 'things') => namedClass(column(name), { name: table })?.class;

test('a name is taken apart into words, whatever its case, joints and accents', () => {
  assert.deepEqual(wordsOf('customerEmailAddress'), ['customer', 'email', 'address']);
  assert.deepEqual(wordsOf('E-Mail'), ['e', 'mail']);
  assert.deepEqual(wordsOf('IBANNumber'), ['iban', 'number']);
  assert.deepEqual(wordsOf('Straße_Nr'), ['strasse', 'nr']);
  assert.deepEqual(wordsOf('correo_electrónico'), ['correo', 'electronico']);
  assert.deepEqual(wordsOf('phone2'), ['phone']);
  assert.deepEqual(wordsOf('__$'), []);
});

test('names in ten languages say what they hold', () => {
  const said = {
    email: ['email', 'e_mail', 'userEmail', 'correo_electronico', 'courriel', 'epost', 'EMAIL_ADDRESS', 'kundenemail'],
    phone: ['phone', 'mobile_number', 'telefon', 'Telefonnummer', 'celular', 'puhelin', 'handynummer', 'tel'],
    iban: ['iban', 'payout_iban'],
    card: ['card_number', 'creditCardNumber', 'kreditkarte', 'pan'],
    birthday: ['dob', 'date_of_birth', 'born', 'Geburtsdatum', 'fecha_nacimiento', 'date_naissance', 'data_nascita'],
    name: ['first_name', 'lastName', 'vorname', 'Nachname', 'apellidos', 'prénom', 'cognome', 'etunimi', 'nazwisko'],
    salary: ['salary', 'base_salary', 'Gehalt', 'sueldo', 'salaire', 'stipendio'],
    address: ['street', 'billing_address', 'Straße', 'postleitzahl', 'dirección', 'rue', 'indirizzo', 'zip_code'],
    'us-ssn': ['ssn', 'social_security_number'],
    'national-id': ['cpf', 'pesel', 'personnummer', 'codice_fiscale', 'NINO'],
    'tax-id': ['tax_id', 'Steuernummer'],
    passport: ['passport_no', 'passport_number', 'Reisepassnummer'],
    credential: ['password_hash', 'api_key', 'refreshToken', 'passwort', 'client_secret'],
    'ip-address': ['ip', 'client_ip', 'remote_addr', 'ipAddress'],
    gender: ['gender', 'Geschlecht', 'sexo'],
    health: ['diagnosis', 'blood_type'],
  };
  for (const [expected, names] of Object.entries(said)) {
    assert.deepEqual(
      names.map((name) => [name, classOf(name)]),
      names.map((name) => [name, expected]),
    );
  }
});

test('a name that is about the thing, and does not hold it, says nothing', () => {
  const names = [
    'email_sent_at',
    'email_template',
    'emailVerified',
    'phone_type',
    'card_brand',
    'card_last4',
    'password_changed_at',
    'token_count',
    'salary_band',
    'birth_country',
    'address_id',
    'ip_version',
    'zipfile',
    'description',
    'shipment',
    'mailbox',
    'pandas',
    'telemetry',
    'recipe',
    'scale',
  ];
  assert.deepEqual(
    names.map((name) => [name, classOf(name)]),
    names.map((name) => [name, undefined]),
  );
});

test('a bare name is one of a person in a table of people alone', () => {
  assert.equal(classOf('name', 'customers'), 'name');
  assert.equal(classOf('Nombre', 'clientes'), 'name');
  assert.equal(classOf('name', 'products'), undefined);
  assert.equal(classOf('file_name', 'users'), undefined);
});

test('where the name says nothing the domain does, and else the comment', () => {
  const things = { name: 'things' };
  assert.deepEqual(namedClass(column('c1', { domain: 'email_address', comment: 'a phone number' }), things), {
    class: 'email',
    term: 'email address',
    isEnding: false,
    in: 'domain',
  });
  assert.equal(namedClass(column('c1', { comment: 'Phone number of the guest' }), things)?.in, 'comment');
  assert.equal(namedClass(column('c1', { comment: 'the pan is in the cell' }), things), undefined);
});
