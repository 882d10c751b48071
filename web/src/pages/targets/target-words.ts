import type { WordTree } from '../../parts/configuration/words.ts';

const words = (labels: readonly string[]) => labels.map((label) => ({ label }));

/** What a target may say (docs/reference/targets.md). */
export const TARGET_WORDS: WordTree = {
  keys: {
    targets: {
      keys: {
        name: { info: 'As policies and clients call it.' },
        protocol: { info: 'What it speaks.', values: words(['postgres', 'http', 'mcp', 'kubernetes']) },
        address: { info: 'host:port; for IPv6 [::1]:5432.' },
        url: { info: 'Of an HTTP or MCP target or a cluster, in place of its address: https://HOST[:PORT][/PATH].' },
        http: {
          info: 'Of an HTTP target.',
          keys: {
            hosts: { info: 'Names by which clients of the forward proxy ask for it.' },
            version: { values: words(['auto', '1.1', '2']) },
            dialect: { info: 'How its requests say what is asked.', values: words(['graphql', 'aws']) },
            graphql: {
              keys: { path: { info: 'The path that takes documents, where it is another one than /graphql.' } },
            },
            openapi: {
              info: 'The service’s OpenAPI document, 3.0 or 3.1.',
              keys: {
                text: { info: 'JSON or YAML.' },
                file: { info: 'For chaperone apply, which puts the text in its place.' },
                base: { info: 'What its paths have before them, in place of its servers’.' },
              },
            },
            cookies: { info: 'Whether cookies pass, both ways.', values: words(['true', 'false']) },
          },
        },
        kubernetes: {
          info: 'Of a cluster.',
          keys: {
            impersonate: {
              info: 'Whom the gateway speaks for: {run}, {repository} and {subject} are put in.',
              keys: { user: {}, groups: {}, extra: {} },
            },
            secretResources: { info: 'Kinds whose data is secret, beside Secrets: certificates.example.com/issuers.' },
          },
        },
        mcp: {
          info: 'Of an MCP server.',
          keys: {
            transport: { values: words(['http', 'sse', 'stdio', 'run']) },
            command: { info: 'A program that the gateway starts: an absolute path.' },
            args: { info: 'What the program is given on its command line; no secrets.' },
            env: { info: 'Variables that are no secrets; those are in the credential’s env.' },
            directory: { info: 'Where the program starts.' },
            user: { info: 'Whom the program runs as.' },
            isolate: { info: 'Without a network, and without sight of other processes.', values: words(['true']) },
            memoryMib: {},
            cpuSeconds: {},
            tools: {
              info: 'What tools do; write where nothing is said.',
              keys: { name: {}, access: { values: words(['read', 'write', 'admin']) } },
            },
            firstUse: { info: 'Whether people accept what it offers at first.', values: words(['review', 'accept']) },
          },
        },
        database: { info: 'The one database that sessions enter.' },
        tls: {
          info: 'Verified unless said otherwise.',
          keys: {
            mode: { values: words(['verify-full', 'verify-ca', 'require', 'prefer', 'disable']) },
            ca: { info: 'Certificates in PEM of who signed the server’s.' },
            serverName: { info: 'The name on the certificate, where it is another.' },
          },
        },
        credential: {
          info: 'How the gateway logs in; no client ever sees it.',
          keys: {
            user: { info: 'Of a database.' },
            password: {},
            clientCertificate: { keys: { certificate: {}, key: {} } },
            none: { info: 'An HTTP target without a credential.', values: words(['true']) },
            bearer: { info: 'HTTP: Authorization: Bearer.', keys: { token: {} } },
            basic: { info: 'HTTP: a user and a password.', keys: { user: {}, password: {} } },
            header: { info: 'HTTP: a header of any name.', keys: { name: {}, value: {} } },
            oauth2: {
              info: 'HTTP: a token that the gateway fetches.',
              keys: {
                tokenUrl: {},
                clientId: {},
                clientSecret: {},
                authentication: {},
                scope: {},
                audience: {},
                resource: {},
              },
            },
            githubApp: {
              info: 'HTTP: the token of an installation.',
              keys: { appId: {}, installation: {}, key: {}, apiUrl: {}, repositories: {}, permissions: {} },
            },
            aws: {
              info: 'HTTP: signs requests to AWS, or what speaks as it does.',
              keys: { accessKeyId: {}, secretAccessKey: {}, sessionToken: {}, region: {}, service: {} },
            },
            exec: {
              info: 'Cluster: a plugin that gives tokens.',
              keys: { command: {}, args: {}, env: { info: 'Its variables that are secret.' } },
            },
            serviceAccount: { info: 'Cluster: that of the gateway’s own pod.', keys: { directory: {} } },
            eks: {
              info: 'Cluster: tokens of EKS, which the gateway makes.',
              keys: { cluster: {}, region: {}, accessKeyId: {}, secretAccessKey: {}, sessionToken: {} },
            },
            env: { info: 'Of a program that the gateway starts: its variables that are secret.' },
            query: { info: 'HTTP: a parameter of the query.', keys: { name: {}, value: {} } },
          },
        },
        labels: { info: 'Names and values that policies may select by.' },
        classified: {
          info: 'Columns whose values are masked where a policy masks their class.',
          keys: {
            column: { info: 'schema.table.column' },
            path: { info: 'Of an HTTP target: GET /customers/{id}' },
            field: { info: 'Of an HTTP target: customers[].email' },
            header: { info: 'Of an HTTP target: a header of replies' },
            cookie: { info: 'Of an HTTP target: a cookie that it sets' },
            class: { values: words(['email', 'phone', 'card', 'iban', 'salary', 'secret']) },
            mask: { values: words(['redact', 'partial', 'hash', 'null']) },
          },
        },
        record: { info: 'strict waits for the disk before every statement.', values: words(['strict', 'batched']) },
        limits: { keys: { storedReplyBytes: { info: 'What is kept of one reply.' } } },
      },
    },
  },
};
