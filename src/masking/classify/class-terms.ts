/**
 * What columns are called that hold something of a class, in English, German, French, Spanish, Portuguese, Italian, Dutch,
 * Swedish, Finnish and Polish; words as `wordsOf` gives them, terms apart by commas. A detector's name is its class.
 */
export const CLASS_TERMS: Readonly<Record<string, readonly string[]>> = {
  email:
    terms(`email, email address, e mail address, mail address, e mail, mail, emailaddress, mailaddress, emailadresse, mailadresse, correo, correo electronico,
    courriel, adresse mail, epost, e post, epostadress, posta elettronica, emailadres, sahkoposti`),
  phone: terms(`phone, phone number, phonenumber, telephone, telefon, telefonnummer, telefono, telefone, telefoon,
    telefoonnummer, tel, mobile, mobile number, mobilnummer, mobil, mobiltelefon, handy, handynummer, rufnummer, cell,
    cellphone, cell phone, celular, movil, gsm, fax, faxnummer, msisdn, puhelin, puhelinnumero`),
  card: terms(`card, card number, card no, cardnumber, credit card, creditcard, credit card number, cc number, cc num,
    ccnumber, pan, kreditkarte, kreditkartennummer, tarjeta, numero tarjeta, carte bancaire, carta di credito, cartao`),
  iban: terms('iban'),
  'bank-account': terms(`account number, bank account, bank account number, kontonummer, kontonr, numero cuenta,
    numero de cuenta, cuenta bancaria, compte bancaire, routing number, sort code, rekeningnummer, numer konta`),
  'us-ssn': terms('ssn, social security, social security number, socialsecuritynumber'),
  'national-id': terms(`national id, national id number, national identity, personnummer, personal id number, dni, nie,
    cpf, curp, pesel, bsn, burgerservicenummer, nino, national insurance number, insee, nir, numero securite sociale,
    sozialversicherungsnummer, svnr, codice fiscale, fodselsnummer, hetu, henkilotunnus, egn, rodne cislo, aadhaar,
    ausweisnummer, personalausweis, id card number, identity card`),
  'tax-id': terms(`tax id, tax number, taxpayer id, tin, steuernummer, steuer id, steuerid,
    steueridentifikationsnummer, numero fiscal, nif, partita iva`),
  passport: terms(`passport, passport number, passportnumber, reisepass, reisepassnummer, pasaporte, passeport,
    passaporto, paspoort, paspoortnummer, numero passeport, numero pasaporte`),
  birthday: terms(`birth, birth date, birthdate, date of birth, dateofbirth, dob, birthday, birth year, year of birth,
    born, geburtsdatum, geburtstag, geboren, fecha nacimiento, fecha de nacimiento, nacimiento, date naissance,
    date de naissance, naissance, data nascita, data di nascita, nascita, data nascimento, data de nascimento, nascimento,
    geboortedatum, fodelsedatum, fodelsedag, syntymaaika, data urodzenia`),
  name: terms(`first name, firstname, last name, lastname, surname, full name, fullname, given name, givenname,
    family name, familyname, middle name, middlename, maiden name, forename, person name, customer name, contact name,
    patient name, employee name, legal name, vorname, nachname, familienname, nombre completo, primer nombre, apellido,
    apellidos, prenom, nom de famille, cognome, sobrenome, achternaam, voornaam, fornamn, efternamn, etunimi, sukunimi,
    imie, nazwisko, cardholder, cardholder name, account holder, kontoinhaber, recipient name`),
  address: terms(`address, address line, street, street address, home address, billing address, shipping address,
    postal address, delivery address, strasse, hausnummer, anschrift, adresse, direccion, calle, domicilio, rue,
    indirizzo, endereco, adres, straat, straatnaam, gatuadress, osoite, postal code, postcode, zip, zip code, zipcode,
    plz, postleitzahl, codigo postal, code postal`),
  salary: terms(
    `salary, salaries, wage, wages, gehalt, lohn, sueldo, salario, salaire, stipendio, salaris, loon, palkka, income, einkommen, compensation, remuneration, base pay, pay rate, annual pay, monthly pay`,
  ),
  credential: terms(`password, passwd, pwd, passphrase, passwort, kennwort, contrasena, mot de passe, motdepasse, senha,
    wachtwoord, losenord, salasana, haslo, password hash, passwordhash, password digest, secret, secret key,
    client secret, api key, apikey, api token, api secret, access token, access key, refresh token, auth token,
    session token, bearer token, private key, token, token hash, otp secret, totp secret, mfa secret, recovery code,
    recovery codes, encryption key`),
  'ip-address': terms(`ip, ip address, ipaddress, ip addr, ipaddr, client ip, remote ip, remote addr, remote address,
    source ip, login ip`),
  gender: terms('gender, sex, geschlecht, genero, sexo, sexe, sesso, geslacht, sukupuoli, plec'),
  health: terms(`diagnosis, diagnoses, diagnose, diagnostico, diagnostic, medication, medications, blood type,
    blood group, allergies, allergy, disability, medical history, medical notes, icd, prescription, krankheit`),
  'special-category': terms(`religion, ethnicity, ethnic group, sexual orientation, political party,
    political affiliation, union membership, konfession`),
  location: terms('latitude, longitude, lat, lng, lon, gps, geolocation'),
};

/** Of the terms of a credential those that leave no doubt: whatever stands in such a column is none of anybody's. */
export const PASSWORDS: ReadonlySet<string> = new Set(
  terms(`password, passwd, pwd, passphrase, passwort, kennwort, contrasena, mot de passe, motdepasse, senha, wachtwoord,
    losenord, salasana, haslo`),
);

/** What alone says nothing, and in a table of people their name. */
export const BARE_NAMES: ReadonlySet<string> = new Set('name nombre nom nome naam namn nimi imie'.split(' '));

export const PEOPLE: ReadonlySet<string> = new Set(
  `customer customers client clients user users person persons people employee employees staff patient patients member
   members contact contacts student students subscriber subscribers applicant applicants candidate candidates guest guests
   passenger passengers owner owners driver drivers recipient recipients borrower borrowers payee payees beneficiary
   beneficiaries teacher teachers doctor doctors lead leads profile profiles kunde kunden mitarbeiter kontakt kontakte
   personen patienten benutzer cliente clientes empleado empleados usuario usuarios persona personas utilisateur
   utilisateurs salarie salaries personne personnes dipendente dipendenti medewerker medewerkers klant klanten anvandare
   kund kunder`.split(/\s+/),
);

/** After a term, these say that the column is about the thing and does not hold it: `email_sent_at`, `phone_type`. */
export const QUALIFIERS: ReadonlySet<string> = new Set(
  `type types kind count counts total status state at on enabled disabled required verified confirmed valid policy template
   templates subject body format length size hint label version expires expiry expired changed updated created sent opened
   bounced clicked frequency provider id ids uuid index flag preference preferences setting settings optin opt allowed
   limit max min question last band grade currency country group category reset attempts attempt failed family brand network last4 url`.split(
    /\s+/,
  ),
);

/** Of those classes' terms that others would be mistaken for: `message_id` is written like an address. */
export const COUNTER_TERMS: Readonly<Record<string, readonly string[]>> = {
  email: ['message', 'thread', 'git', 'ssh', 'package', 'xmpp'],
  'ip-address': ['version', 'release', 'build', 'oid', 'section', 'chapter', 'revision'],
  card: ['imei', 'tracking', 'barcode', 'ean', 'serial', 'order', 'invoice', 'reference'],
  phone: ['sku', 'version'],
  'us-ssn': ['sku', 'part', 'order', 'invoice', 'case'],
};

function terms(list: string): readonly string[] {
  return list.split(',').map((term) => term.trim().replaceAll(/\s+/g, ' '));
}
